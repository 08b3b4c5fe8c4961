import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { memoryMaildrop } from '../maildrop/index.ts';
import { cut } from '../wire/cut.test-support.ts';
import { COMMANDS, type CommandRow } from './commands.ts';
import type { ExtensionCommand } from './extension.ts';
import { afterLogin, base64, LOGIN, Rehearsal, twoMessages } from './rehearsal.test-support.ts';

test('the greeting is one positive line with no timestamp in it, so there is no APOP (P3-02, P3-32)', () => {
  assert.match(new Rehearsal().play().output, /^\+OK [^<[]+\r\n$/);
  const odd = new Rehearsal({ service: { hostname: '[::1]<x>\r\n' } }).play().output;
  assert.match(odd, /^\+OK [^[<\r\n][^<\r\n]*\r\n$/);
});

test('each command only where its row says: in the other state -ERR, and nothing happens (P3-08, C.3)', () => {
  const examples: Record<string, string> = {
    RETR: 'RETR 1',
    DELE: 'DELE 1',
    TOP: 'TOP 1 0',
    USER: 'USER a',
    PASS: 'PASS b',
    AUTH: 'AUTH PLAIN',
  };
  for (const [keyword, row] of Object.entries<CommandRow>(COMMANDS)) {
    const line = `${examples[keyword] ?? keyword}\r\n`;
    if (!row.states.includes('AUTHORIZATION')) assert.deepEqual(new Rehearsal().play(line).statuses, ['-ERR'], keyword);
    if (!row.states.includes('TRANSACTION')) {
      const lines = afterLogin({ maildrop: twoMessages(), certificate: true }, line, 'STAT\r\n');
      assert.match(lines[0] ?? '', /^-ERR /, keyword);
      assert.equal(lines[1], '+OK 2 230');
    }
  }
});

test('commands that do not exist, history’s among them, are -ERR and the session goes on (P3-07, P3H-18, P3-35)', () => {
  const unknown = [
    'FOO',
    '',
    ':',
    'STATS',
    'APOP tim c4c9334bac560ecc979e58001b3e22fb',
    'LAST',
    'RPOP tim',
    'XTND BBOARDS',
  ];
  for (const line of unknown) {
    assert.deepEqual(new Rehearsal().play(`${line}\r\nCAPA\r\n`).statuses.slice(0, 2), ['-ERR', '+OK'], line);
    assert.deepEqual(
      afterLogin({}, `${line}\r\nNOOP\r\n`).map((each) => each.slice(0, 4)),
      ['-ERR', '+OK '],
    );
  }
});

test('too many bad commands before login end the connection; after it they do not', () => {
  const bad = 'FOO\r\n'.repeat(12);
  const before = new Rehearsal().play(bad);
  assert.equal(before.ending, 'close limit');
  assert.equal(before.lines.length, 10);
  assert.equal(new Rehearsal().play(LOGIN, bad).ending, undefined);
});

test('lines have 255 octets, AUTH’s and those of an exchange 12288 (EXT-09, AUTH-14)', () => {
  const seen: number[] = [];
  const authenticate = (given: { password: { reveal(): Uint8Array } }) => {
    seen.push(given.password.reveal().length);
    return { type: 'accepted', account: 'tim' } as const;
  };
  const longest = new Rehearsal({ authenticate }).play(`USER tim\r\nPASS ${'x'.repeat(248)}\r\n`);
  assert.deepEqual([longest.statuses, seen], [['+OK', '+OK'], [248]]);
  assert.deepEqual(new Rehearsal({ authenticate }).play(`USER tim\r\nPASS ${'x'.repeat(249)}\r\n`).statuses, [
    '+OK',
    '-ERR',
  ]);
  const token = base64(`\0tim\0${'x'.repeat(9_000)}`);
  assert.deepEqual(new Rehearsal({ authenticate }).play(`AUTH PLAIN ${token}\r\n`).statuses, ['+OK']);
  assert.deepEqual(new Rehearsal({ authenticate }).play(`AUTH PLAIN\r\n${token}\r\n`).statuses, ['+', '+OK']);
  const huge = new Rehearsal({ authenticate }).play('AUTH PLAIN\r\n', 'A'.repeat(1_000_000), '\r\n', LOGIN);
  assert.deepEqual(huge.statuses, ['+', '-ERR', '+OK', '+OK']);
});

test('an over-long line is one -ERR, and its tail no command (P3-11)', () => {
  const rehearsal = new Rehearsal().play(LOGIN, `${'x'.repeat(100_000)}QUIT\r\nNOOP\r\n`);
  assert.deepEqual(rehearsal.statuses.slice(2), ['-ERR', '+OK']);
});

test('a bare LF ends a line where that is tolerated, and is refused where it is not (P3-10)', () => {
  assert.deepEqual(new Rehearsal().play('USER tim\nPASS tanstaaf\nNOOP\n').statuses, ['+OK', '+OK', '+OK']);
  assert.deepEqual(new Rehearsal({ service: { bareLineFeed: false } }).play('CAPA\n').statuses, ['-ERR']);
  assert.deepEqual(new Rehearsal().play(LOGIN, 'NOOP\r').lines.length, 2);
});

test('an embedder’s command runs in its states, is listed, and its answer is tamed (EXT-32)', () => {
  const xfoo: ExtensionCommand = {
    keyword: 'XFOO',
    states: ['TRANSACTION'],
    capability: 'X-FOO bar',
    handle: (line) => ({ ok: line !== 'no', text: `[${line}]`, lines: ['.a', 'b\r\nc'] }),
  };
  const scene = { service: { commands: [xfoo] } };
  assert.deepEqual(new Rehearsal(scene).play('XFOO\r\n').statuses, ['-ERR']);
  assert.deepEqual(afterLogin(scene, 'xfoo  two words \r\n'), ['+OK - [ two words ]', '..a', 'b??c', '.']);
  assert.deepEqual(afterLogin(scene, 'XFOO no\r\n'), ['-ERR - [no]']);
  assert.ok(afterLogin(scene, 'CAPA\r\n').includes('X-FOO bar'));
});

test('further lines wait while a question is open (EXT-22)', () => {
  const rehearsal = new Rehearsal();
  const { session } = rehearsal;
  session.step({ type: 'connected' });
  const effects = session.step({ type: 'octets', octets: Buffer.from(`${LOGIN}STAT\r\nQUIT\r\n`) });
  assert.equal(effects.at(-1)?.type, 'authenticate');
  assert.deepEqual(session.step({ type: 'octets', octets: Buffer.from('NOOP\r\n') }), []);
  assert.deepEqual(session.step({ type: 'shutdown' }), []);
  assert.throws(() => session.step({ type: 'room', answer: undefined }), /not asked/);
});

test('200 commands in one packet get 200 replies, in order (EXT-22)', () => {
  const maildrop = memoryMaildrop(Array.from({ length: 200 }, (_, index) => 'x'.repeat(index)));
  const commands = Array.from({ length: 200 }, (_, index) => `LIST ${index + 1}\r\n`).join('');
  const lines = afterLogin({ maildrop }, commands);
  assert.deepEqual(
    lines,
    Array.from({ length: 200 }, (_, index) => `+OK ${index + 1} ${index === 0 ? 0 : index + 2}`),
  );
});

test('a shutdown finishes the command under way and takes no other', () => {
  const { session } = new Rehearsal({ maildrop: twoMessages() });
  session.step({ type: 'connected' });
  session.step({ type: 'octets', octets: Buffer.from('USER tim\r\nPASS tanstaaf\r\nSTAT\r\n') });
  session.step({ type: 'shutdown' });
  const open = session.step({ type: 'authenticate', answer: { type: 'accepted', account: 'tim' } });
  assert.equal(open.at(-1)?.type, 'open');
  const effects = session.step({ type: 'open', answer: { count: 0, octets: 0 } });
  assert.deepEqual(
    effects.map(({ type }) => type),
    ['send', 'close'],
  );
});

const words = fc.constantFrom(
  'USER tim\r\n',
  'PASS tanstaaf\r\n',
  'PASS no\r\n',
  'AUTH PLAIN\r\n',
  'AHRpbQB0YW5zdGFhZg==\r\n',
  '*\r\n',
  'AUTH LOGIN\r\n',
  'STAT\r\n',
  'LIST\r\n',
  'LIST 1\r\n',
  'UIDL\r\n',
  'RETR 1\r\n',
  'RETR 2\r\n',
  'TOP 1 1\r\n',
  'DELE 1\r\n',
  'DELE 2\r\n',
  'RSET\r\n',
  'NOOP\n',
  'CAPA\r\n',
  'QUIT\r\n',
  'FOO\r\n',
  '\r',
  '\n',
  ' ',
  '1',
  '\0',
  '\xff',
  'x'.repeat(260),
);

const scripts = fc.array(words, { maxLength: 30 }).map((parts) => Buffer.from(parts.join(''), 'latin1'));

test('any cut of any input gives the same output and ending', () => {
  const maildrop = twoMessages();
  fc.assert(
    fc.property(scripts, fc.array(fc.nat(400)), (script, places) => {
      const whole = new Rehearsal({ maildrop }).play(script);
      const parts = new Rehearsal({ maildrop }).play(...cut(script, places));
      assert.equal(parts.output, whole.output);
      assert.equal(parts.ending, whole.ending);
    }),
    { numRuns: 1_000 },
  );
});

test('no octets make a session throw, and each command’s answer is bounded', () => {
  const octets = fc.oneof(
    scripts,
    fc.uint8Array({ maxLength: 600 }),
    fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
  );
  const maildrop = twoMessages();
  const longest = 1_000;
  fc.assert(
    fc.property(fc.array(octets, { maxLength: 8 }), (parts) => {
      const { output } = new Rehearsal({ maildrop }).play(...parts);
      const lines = Buffer.concat(parts).filter((octet) => octet === 0x0a).length;
      assert.ok(output.length <= (lines + 1) * longest);
      for (const line of output.split('\r\n')) assert.ok(line.length <= 510);
    }),
    { numRuns: 1_000 },
  );
});

test('one step answers with little more than a slice, however much was asked for', () => {
  const { session } = new Rehearsal();
  session.step({ type: 'connected' });
  const octets = Buffer.from('CAPA\r\n'.repeat(10_000));
  const effects = session.step({ type: 'octets', octets });
  const sent = effects.reduce((sum, effect) => sum + (effect.type === 'send' ? effect.octets.length : 0), 0);
  assert.ok(sent < 20_000, `${sent}`);
  assert.equal(effects.at(-1)?.type, 'room');
});
