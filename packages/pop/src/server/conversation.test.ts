import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine, MachineInput } from '../dialogue/machine.ts';
import { duplexPair, ManualClock, turns } from '../testing/index.ts';
import { Connection } from './connection.ts';
import { Conversation, type Ending } from './conversation.ts';

type Question = { readonly type: 'think' };
type Answer = { readonly type: 'think'; readonly answer: string };
type Thinker = Machine<Question, Answer, 'done'>;

const peer = { address: '192.0.2.1', localAddress: '192.0.2.2', loopback: false };

function converse(machine: Thinker, perform: () => Answer | Promise<Answer> = () => ({ type: 'think', answer: '' })) {
  const [server, client] = duplexPair();
  const clock = new ManualClock();
  const connection = new Connection(server, peer, { clock, handshake: 1, stalledReply: 600_000 });
  const endings: Ending<'done'>[] = [];
  const conversation = new Conversation(connection, {
    machine,
    perform,
    ended: (ending) => endings.push(ending),
    clock,
    pendingInput: 1_000,
    replyBacklog: 1_000,
    idle: 600_000,
  });
  conversation.start({ secure: false });
  let output = '';
  client.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  client.on('end', () => client.end());
  return { client, clock, endings, output: () => output };
}

/** A machine made of what it does with each input. */
function machine(step: (input: MachineInput | Answer) => ReturnType<Thinker['step']>): Thinker {
  return { step, pending: 0 };
}

test('a fault in a machine ends its own connection, and is reported', async () => {
  const { client, endings } = converse(
    machine((input) => {
      if (input.type === 'octets') throw new Error('a fault');
      return [];
    }),
  );
  client.write('x');
  await turns();
  assert.equal(endings.length, 1);
  assert.equal(endings[0]?.end, 'error');
  assert.match(endings[0]?.reason ?? '', /a fault/);
});

test('a performer that rejects ends the connection too, with nothing more sent', async () => {
  const { endings, output } = converse(
    machine((input) => (input.type === 'connected' ? [{ type: 'send', octets: 'half' }, { type: 'think' }] : [])),
    () => Promise.reject(new Error('a fault')),
  );
  await turns();
  assert.equal(endings[0]?.end, 'error');
  assert.equal(output(), 'half');
});

test('what was said is sent before a promise is waited for', async () => {
  let answer: (given: Answer) => void = () => {};
  const { output, clock, endings } = converse(
    machine((input) => {
      if (input.type === 'connected') return [{ type: 'send', octets: 'wait' }, { type: 'think' }];
      if (input.type === 'think')
        return [
          { type: 'send', octets: input.answer },
          { type: 'close', end: 'done' },
        ];
      return [];
    }),
    () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  );
  await turns();
  assert.equal(output(), 'wait');
  // Work under way is not idleness (P3-19).
  await clock.advance(3_600_000);
  answer({ type: 'think', answer: 'ed' });
  await turns();
  assert.equal(output(), 'waited');
  assert.deepEqual(endings, [{ end: 'done' }]);
});

test('a machine that asks without end lets others have their turn', async () => {
  let asked = 0;
  const { endings } = converse(
    machine((input) => {
      if (input.type === 'ended') return [{ type: 'close', end: 'done' }];
      asked += 1;
      return asked < 10_000
        ? [{ type: 'send', octets: 'x'.repeat(1_000) }, { type: 'think' }]
        : [{ type: 'close', end: 'done' }];
    }),
  );
  assert.ok(asked < 10, `${asked}`);
  while (endings.length === 0) await turns();
  assert.equal(asked, 10_000);
});

test('input waits in the socket while a question is open, and one unfinished line does not count as waiting', async () => {
  let pending = 0;
  let answer: () => void = () => {};
  const given: string[] = [];
  const { client } = converse(
    {
      get pending() {
        return pending;
      },
      step(input) {
        if (input.type === 'octets') {
          given.push(Buffer.from(input.octets).toString());
          pending += input.octets.length;
          if (given.at(-1) === 'ask') return [{ type: 'think' }];
        }
        return [];
      },
    },
    () =>
      new Promise((resolve) => {
        answer = () => resolve({ type: 'think', answer: '' });
      }),
  );
  for (const octets of ['x'.repeat(2_000), 'y', 'ask', 'z', 'later']) {
    client.write(octets);
    await turns();
  }
  assert.deepEqual(
    given.map((octets) => octets[0]),
    ['x', 'y', 'a'],
  );
  answer();
  await turns();
  assert.equal(given.slice(3).join(''), 'zlater');
});

test('a peer that sends commands one by one and takes no replies is no longer read, until it takes them', async () => {
  let commands = 0;
  const { client, output } = converse(
    machine((input) => {
      if (input.type !== 'octets') return [];
      commands += 1;
      return [{ type: 'send', octets: `${'x'.repeat(499)}\n` }];
    }),
  );
  client.pause();
  for (let sent = 0; sent < 500; sent += 1) {
    client.write('c');
    await turns(1);
  }
  const read = commands;
  assert.ok(read < 100, `${read} commands were read`);
  client.resume();
  while (output().length < 500 * commands || commands === read) await turns();
  assert.ok(commands > read);
});
