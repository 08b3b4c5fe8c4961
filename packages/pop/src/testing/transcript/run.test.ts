import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { selfSignedCertificate } from '../certificate.ts';
import type { ManualClock } from '../manual-clock.ts';
import { alterations } from './alter.ts';
import type { Channel } from './open-connection.ts';
import { parseTranscript } from './parse.ts';
import { channels, runTranscript } from './run.ts';
import type { Situation, Subject } from './subject.ts';

const certificate = selfSignedCertificate();

/** A protocol of its own, so that the runner is not tested by what it tests: HI, SAY, SLEEP, TLS, BYE. */
const parrot: Subject = {
  directives: ['greeting'],
  words: ['SHOUT'],
  prelude: (state) => {
    if (state !== 'GREETED') throw new Error(`there is no state ${state}`);
    return 'S: hello {any}\nC: HI\nS: hi';
  },
  prepare: (transcript, clock) => {
    const greeting = transcript.directives.find(({ name }) => name === 'greeting')?.value ?? 'there';
    return perch(greeting, clock);
  },
};

function perch(greeting: string, clock: ManualClock): Situation {
  let over = 0;
  let waiting = () => {};
  const streams = new Set<Duplex>();
  const serve = (stream: Duplex, hello: boolean) => {
    streams.add(stream);
    stream.on('error', () => {});
    if (hello) stream.write(`hello ${greeting}\r\n`);
    let unread = '';
    stream.on('data', (octets) => {
      const lines = (unread + octets).split('\r\n');
      unread = lines.pop() ?? '';
      for (const line of lines) answer(line);
    });
    const answer = (line: string) => {
      const [word = '', ...rest] = line.split(' ');
      if (word === 'HI') stream.write('hi\r\n');
      if (word === 'SAY') stream.write(`${rest.join(' ')}\r\n`);
      if (word === 'TWICE') stream.write('1\r\n2\r\n');
      if (word === 'SLEEP') clock.set(() => stream.write('morning\r\n'), 60_000);
      if (word === 'BYE') stream.end('bye\r\n');
      if (word === 'TLS') {
        stream.removeAllListeners();
        streams.delete(stream);
        stream.write('begin\r\n');
        serve(secured(stream), false);
      }
    };
    stream.once('close', () => {
      streams.delete(stream);
      over += 1;
      waiting();
    });
    stream.once('end', () => stream.end());
  };
  return {
    certificate: certificate.cert,
    connect: (socket, _peer, { secure }) => serve(secure ? secured(socket) : socket, true),
    perform: (_word, rest) => {
      for (const stream of streams) stream.write(`${rest}!\r\n`);
    },
    ended: (count) =>
      new Promise((resolve) => {
        waiting = () => {
          if (over >= count) resolve();
        };
        waiting();
      }),
    close: () => assert.equal(streams.size, 0),
  };
}

function secured(socket: Duplex): TLSSocket {
  // node:tls takes any Duplex, though its types ask for a socket.
  return new TLSSocket(socket as never, { isServer: true, ...certificate });
}

const play = (text: string, channel: Channel = 'memory', patience?: number) =>
  runTranscript(parseTranscript(text, 'x.txt'), parrot, channel, patience);

const DIALOG = [
  '# a dialog with all that the runner does itself',
  'greeting: world',
  'S: hello {who}',
  'C: SAY a{b*3}c',
  'S: abbbc',
  'C> SAY one',
  'C: SAY two',
  'S: one',
  'S: two',
  'S2: hello {who}',
  'C2: SAY {who}',
  'S2: world',
  'SHOUT quiet',
  'S: quiet!',
  'S2: quiet!',
  'C: SLEEP\\c',
  'C:',
  'C: SAY x',
  'S: x',
  'WAIT 59s999ms',
  'C: SAY still',
  'S: still',
  'WAIT 1ms',
  'S: morning',
  'C: BYE',
  'S: bye',
  'EOF',
  'DROP 2',
  '--- next session',
  'S: hello {who}',
  'C: TWICE',
  'S*: 2',
  'S*: 1',
  'RESET',
].join('\n');

for (const channel of ['memory', 'octets', 'tcp', 'tls'] as const) {
  test(`a dialog over ${channel}`, async () => {
    const dialog = await play(DIALOG, channel);
    assert.deepEqual(
      dialog.filter(({ first }) => first).map(({ octets }) => octets),
      ['hello world', 'abbbc', 'one', 'hello world', 'world', 'x', 'still', 'bye', 'hello world', '1'],
    );
  });
}

test('TLS in the middle of a dialog, and from the start, also cut at every octet', async () => {
  const text = '# x\nS: hello {any}\nC: TLS\nS: begin\nTLS\nC: SAY secret\nS: secret\nC: BYE\nS: bye\nEOF';
  for (const channel of ['memory', 'octets', 'tcp'] as const) {
    await play(text, channel);
    await play('# x\ntls: active\nstate: GREETED\nC: SAY x\nS: x', channel);
    await play('# x\ntls: implicit\nTLS\nS: hello {any}', channel);
    await assert.rejects(play('# x\nS: hello {any}\nC: BYE\nS: bye\nTLS', channel), /TLS was refused/);
    await assert.rejects(play('# x\ntls: active\nalpn: pop3\nS: hello {any}', channel), /ALPN agreed on false/);
  }
});

test('the channels that can show a transcript', () => {
  const of = (...directives: string[]) => channels(parseTranscript(['# x', ...directives, 'S: x'].join('\n'), 'x.txt'));
  assert.deepEqual(of(), ['memory', 'octets', 'tcp', 'tls']);
  assert.deepEqual(of('whole: yes'), ['memory', 'tcp', 'tls']);
  for (const clear of ['tls: available', 'peer: 192.0.2.7', 'alpn: pop3', 'cleartext: never']) {
    assert.deepEqual(of(clear), ['memory', 'octets', 'tcp'], clear);
  }
});

test('a failure tells where, what was expected, what came, and the dialog until then', async () => {
  await assert.rejects(play('# x\nS: hello {any}\nC: SAY a\nS: b'), {
    name: 'TranscriptFailure',
    line: 4,
    message: [
      'x.txt:4 (memory)',
      '       2 S: hello there',
      '       3 C: SAY a\\r\\n',
      '  -    4 S: b',
      '  +      S: a',
    ].join('\n'),
  });
});

test('whatever the transcript does not account for fails', async () => {
  const cases: readonly [string, RegExp][] = [
    ['C: TWICE\nS: 1', /S: 2\\r\\n \(which nothing asked for\)/],
    ['C: TWICE\nS: 2', /S: 1/],
    ['C: TWICE\nS*: 2\nS*: 2', /:4 .*S: 1/s],
    ['C> SAY .\nC: BYE\nEOF unfinished', /was finished/],
    ['C: BYE\nS: bye\nS: more', /the server has closed/],
    ['C: BYE\nEOF', /S: bye\\r\\n \(which/],
    ['C: SAY a\\c\nC: b\\c\nC:\nS: b', /S: ab/],
    ['C2: SAY a', /S: a\\r\\n \(which/],
    ['SHOUT a', /S: a!\\r\\n \(which/],
    ['C: BYE\nS: bye\nEOF\n--- next session\nC: SAY a\nS: b', /:8 .*S: a/s],
  ];
  for (const channel of ['memory', 'octets', 'tcp', 'tls'] as const) {
    for (const [text, message] of cases) {
      const failing = play(`# x\nstate: GREETED\n${text}`, channel);
      await assert.rejects(failing, { name: 'TranscriptFailure', message }, `${channel}: ${text}`);
    }
  }
});

test('a line that never comes, and a server that never closes, fail in the end', async () => {
  await assert.rejects(play('# x\nstate: GREETED\nC: SLEEP\nS: morning', 'memory', 50), /nothing came/);
  await assert.rejects(play('# x\nstate: GREETED\nEOF', 'memory', 50), /the server has not closed/);
});

test('a connection may have to end in the middle of a reply', async () => {
  await play('# x\nstate: GREETED\nC> SAY ..\nC: BYE\nEOF unfinished');
});

test('unknown directives, words and states are refused', async () => {
  await assert.rejects(play('# x\ngreting: x\nS: hello x'), /x\.txt:2: there is no directive "greting"/);
  await assert.rejects(play('# x\nS: hello there\nSHOT x'), /x\.txt:3: there is no word SHOT/);
  await assert.rejects(play('# x\nstate: NAPPING\nS: hello'), /there is no state NAPPING/);
});

test('each S: line is altered and left out once, and each of these fails', async () => {
  const transcript = parseTranscript(DIALOG, 'x.txt');
  const altered = alterations(transcript);
  const lines = DIALOG.match(/^S2?\*?: /gm)?.length ?? 0;
  assert.equal(altered.filter(({ what }) => what.includes('altered')).length, lines);
  // Six are of connections on which the client hangs up: it may miss that something more had come.
  assert.equal(altered.filter(({ what }) => what.includes('left out')).length, lines - 6);
  for (const { what, transcript } of altered) {
    await assert.rejects(runTranscript(transcript, parrot), { name: 'TranscriptFailure' }, what);
  }
});

test('an altered line keeps its shape: the other status, another digit, another last octet', () => {
  const altered = (text: string) =>
    alterations(parseTranscript(`# x\nS: ${text}`.trim(), 'x.txt'))[0]?.what.split(' to ')[1];
  assert.equal(altered('+OK {any}'), '"-ERR {any}"');
  assert.equal(altered('-ERR [AUTH] {any}'), '"+OK [AUTH] {any}"');
  assert.equal(altered('2 {id}'), '"3 {id}"');
  assert.equal(altered('{id} 29'), '"{id} 39"');
  assert.equal(altered('.'), '"x"');
  assert.equal(altered('x'), '"y"');
  assert.equal(altered(''), '"x"');
});
