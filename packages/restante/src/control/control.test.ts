import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { ManualClock } from '@restante/pop/testing';
import { Failure } from '../failure.ts';
import type { LetterDesk } from '../import/letter-desk.ts';
import type { Office } from '../office/office.ts';
import { connectOffice, type OpenOffice } from './client.ts';
import { controlSocket } from './protocol.ts';
import { ControlServer } from './server.ts';

const HASH = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA';

const none = () => Promise.reject(new Failure('no letters here'));
const NO_LETTERS: LetterDesk = { openIntake: none, openOutgoing: none };

let root: string;
let opened: (ControlServer | OpenOffice)[] = [];

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'restante-control-'));
});
afterEach(async () => {
  for (const each of opened.reverse()) await each.close();
  opened = [];
});
after(() => rm(root, { recursive: true }));

/** An office that writes down what it was asked. */
function fakeOffice(answers: Partial<Record<keyof Office, () => unknown>> = {}) {
  const asked: [string, unknown][] = [];
  const office = new Proxy({} as Office, {
    get: (_, verb: keyof Office) => async (request: unknown) => {
      asked.push([verb, request]);
      return answers[verb]?.();
    },
  });
  return { asked, office };
}

async function open(data: string, office: Office, errors: unknown[] = []): Promise<OpenOffice> {
  mkdirSync(data, { recursive: true });
  opened.push(
    await ControlServer.open({ data, office, letters: NO_LETTERS, onError: (thrown) => errors.push(thrown) }),
  );
  const client = await connectOffice(data);
  assert.ok(client);
  opened.push(client);
  return client;
}

test('what is asked reaches the office, and its answer comes back', async () => {
  const status = { open: true, data: 'd', accounts: 1, letters: 2, octets: 3, sessions: 4 };
  const { asked, office } = fakeOffice({ status: () => status });
  const client = await open(join(root, 'plain'), office);
  assert.deepEqual(await client.status({}), status);
  await client.addAccount({ name: 'anna', addresses: ['anna@example.org'], passwordHash: HASH });
  await Promise.all([client.setDisabled({ name: 'anna', disabled: true }), client.removeAccount({ name: 'anna' })]);
  assert.deepEqual(asked.slice(1), [
    ['addAccount', { name: 'anna', addresses: ['anna@example.org'], passwordHash: HASH }],
    ['setDisabled', { name: 'anna', disabled: true }],
    ['removeAccount', { name: 'anna' }],
  ]);
});

test('a failure that can be mended comes back whole; anything else only goes to the log', async () => {
  const errors: unknown[] = [];
  const { office } = fakeOffice({
    showAccount: () => {
      throw new Failure('there is no account anna');
    },
    status: () => {
      throw new Error('the disk is on fire');
    },
  });
  const client = await open(join(root, 'failures'), office, errors);
  await assert.rejects(client.showAccount({ name: 'anna' }), /^Failure: there is no account anna$/);
  await assert.rejects(client.status({}), /^Failure: .*log says why/);
  assert.match(String(errors), /the disk is on fire/);
});

test('a long answer comes whole', async () => {
  const many = Array.from({ length: 20_000 }, (_, index) => ({ name: `account-${index}`, addresses: [] }));
  const { office } = fakeOffice({ listAccounts: () => many });
  const client = await open(join(root, 'long'), office);
  assert.deepEqual(await client.listAccounts({}), many);
});

test('the socket is for its owner only, and works in a folder however deep', async (t) => {
  const temporary = join(root, 'tmp');
  mkdirSync(temporary);
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = temporary;
  t.after(() => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  });
  const deep = join(root, ...Array.from({ length: 12 }, (_, index) => `a-folder-with-a-long-name-${index}`));
  const { office } = fakeOffice({ status: () => 'here' });
  const client = await open(deep, office);
  assert.ok(Buffer.byteLength(controlSocket(deep)) > 250);
  assert.equal(statSync(controlSocket(deep)).mode & 0o777, 0o600);
  assert.equal(await client.status({}), 'here');
  assert.deepEqual(readdirSync(temporary), [], 'the way round a long path is cleared away');
});

test('where nothing listens there is no office: no socket, a stale one, no folder', async () => {
  const data = join(root, 'stale');
  mkdirSync(data);
  assert.equal(await connectOffice(data), undefined);
  assert.equal(await connectOffice(join(data, 'none')), undefined);
  writeFileSync(controlSocket(data), '');
  assert.equal(await connectOffice(data), undefined);
  const { office } = fakeOffice();
  await open(data, office);
});

test('closing finishes what is under way, and removes the socket', async () => {
  const data = join(root, 'closing');
  const work = Promise.withResolvers<string>();
  const begun = Promise.withResolvers<void>();
  const { office } = fakeOffice({
    status: () => {
      begun.resolve();
      return work.promise;
    },
  });
  const client = await open(data, office);
  const answer = client.status({});
  await begun.promise;
  const closed = (opened[0] as ControlServer).close();
  assert.ok(!existsSync(controlSocket(data)));
  work.resolve('done');
  assert.equal(await answer, 'done');
  await closed;
  await assert.rejects(client.status({}), /^Failure: the office closed/);
});

test('what no command line of ours would send is refused and harms nobody', async () => {
  const data = join(root, 'hostile');
  const { asked, office } = fakeOffice({ status: () => 'fine' });
  const client = await open(data, office);
  const answerTo = async (line: string): Promise<string> => {
    const socket = connect(controlSocket(data));
    socket.write(`${line}\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return answer.toString();
  };
  for (const line of [
    'nonsense',
    '[]',
    '{"ask":"constructor","with":{}}',
    '{"ask":"__proto__","with":{}}',
    '{"ask":"showAccount","with":{"name":7}}',
    '{"ask":"setPassword","with":{"name":"anna","passwordHash":"plain"}}',
    '{"ask":"setPassword","with":{"name":"anna","passwordHash":"$argon2id$junk"}}',
    '{"ask":"backup","with":{"directory":"relative"}}',
    '{"ask":"status","with":{"more":1}}',
  ]) {
    assert.match(await answerTo(line), /"type":"failure"/, line);
  }
  assert.deepEqual(asked, []);

  const flood = connect(controlSocket(data));
  flood.on('error', () => {});
  flood.write(Buffer.alloc(1_000_000, 'x'));
  await new Promise((resolve) => flood.once('close', resolve));
  assert.equal(await client.status({}), 'fine');
});

/** A raw connection, open, that leaves with the test. */
async function raw(data: string): Promise<Socket> {
  const socket = connect(controlSocket(data));
  socket.on('error', () => {});
  opened.push({ close: async () => void socket.destroy() } as OpenOffice);
  await once(socket, 'connect');
  return socket;
}

/** The next so many lines. */
function lines(socket: Socket, count: number): Promise<string> {
  let text = '';
  return new Promise((resolve) => {
    socket.on('data', (octets: Buffer) => {
      text += octets.toString();
      if (text.split('\n').length > count) resolve(text);
    });
  });
}

const STATUS = '{"ask":"status","with":{}}\n';

test('questions that come in one piece are answered one after the other, and none waits for more octets', async () => {
  const data = join(root, 'pipelined');
  let under = 0;
  const { office } = fakeOffice({
    status: async () => {
      assert.equal(++under, 1, 'one at a time');
      await new Promise((resolve) => setImmediate(resolve));
      under--;
      return 'fine';
    },
  });
  await open(data, office);
  const socket = await raw(data);
  const [half, rest] = [STATUS.slice(0, 9), STATUS.slice(9)];
  socket.write(STATUS + STATUS + STATUS + half);
  assert.equal(await lines(socket, 3), '{"type":"done","value":"fine"}\n'.repeat(3));
  socket.write(rest);
  assert.equal(await lines(socket, 1), '{"type":"done","value":"fine"}\n');
});

test('whoever asks nothing is sent away after five minutes, not before, and not while it is answered', async () => {
  const data = join(root, 'idle');
  mkdirSync(data);
  const clock = new ManualClock();
  const work = Promise.withResolvers<string>();
  const begun = Promise.withResolvers<void>();
  const { office } = fakeOffice({
    status: () => {
      begun.resolve();
      return work.promise;
    },
  });
  opened.push(await ControlServer.open({ data, office, letters: NO_LETTERS, onError: () => {}, clock }));
  const [silent, asking] = [await raw(data), await raw(data)];
  asking.write(STATUS);
  await begun.promise;
  await clock.advance(299_999);
  assert.ok(!silent.readableEnded);
  silent.resume();
  await Promise.all([once(silent, 'close'), clock.advance(1)]);
  await clock.advance(600_000);
  work.resolve('done at last');
  assert.match(await lines(asking, 1), /done at last/);
});

test('idle connections never shut the command line out: the one that is idle longest makes room', async () => {
  const data = join(root, 'crowd');
  const { office } = fakeOffice({ status: () => 'fine' });
  const client = await open(data, office);
  const crowd: Socket[] = [];
  for (let count = 0; count < 16; count++) crowd.push(await raw(data));
  const late = await raw(data);
  late.write(STATUS);
  assert.match(await lines(late, 1), /fine/);
  await assert.rejects(client.status({}), /^Failure: the office closed before it answered/, 'it had been idle longest');
});

test('when all places are taken by work, the next one is told so', async () => {
  const data = join(root, 'busy');
  const work = Promise.withResolvers<string>();
  let begun = 0;
  const all = Promise.withResolvers<void>();
  const { office } = fakeOffice({
    status: () => {
      if (++begun === 16) all.resolve();
      return work.promise;
    },
  });
  const client = await open(data, office);
  const answers = [client.status({})];
  for (let count = 1; count < 16; count++) (await raw(data)).write(STATUS);
  await all.promise;
  const late = await connectOffice(data);
  assert.ok(late);
  opened.push(late);
  await assert.rejects(late.status({}), /^Failure: .*try again/);
  work.resolve('done');
  assert.deepEqual(await Promise.all(answers), ['done']);
});

test('a command line that leaves while its question is worked on does not have the store closed under the work', async () => {
  const data = join(root, 'left');
  const work = Promise.withResolvers<string>();
  const begun = Promise.withResolvers<void>();
  const { office } = fakeOffice({
    backup: () => {
      begun.resolve();
      return work.promise;
    },
  });
  await open(data, office);
  const socket = await raw(data);
  socket.write('{"ask":"backup","with":{"directory":"/b"}}\n');
  await begun.promise;
  socket.destroy();
  await once(socket, 'close');
  let closed = false;
  const closing = (opened[0] as ControlServer).close().then(() => {
    closed = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(!closed);
  work.resolve('done');
  await closing;
});
