import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { memoryMaildrop, StoreError } from '../maildrop/index.ts';
import { login } from '../sasl/login.ts';
import type { SaslServerMechanism } from '../sasl/mechanism.ts';
import { cut } from '../wire/cut.test-support.ts';
import { COMMANDS, type CommandRow } from './commands.ts';
import type { ExtensionCommand } from './extension.ts';
import { afterLogin, LOGIN, Rehearsal } from './rehearsal.test-support.ts';

const two = () => memoryMaildrop(['A: b\n\nfirst\n.dotted\nlast', `B: c\n\n${'x'.repeat(190)}`]);
const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64');

test('the greeting is one positive line with no timestamp in it, so there is no APOP (P3-02, P3-32)', () => {
  assert.match(new Rehearsal().play().output, /^\+OK [^<[]+\r\n$/);
  const odd = new Rehearsal({ service: { hostname: '[::1]<x>\r\n' } }).play().output;
  assert.match(odd, /^\+OK [^[\r\n][^\r\n]*\r\n$/);
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
      const lines = afterLogin({ maildrop: two(), certificate: true }, line, 'STAT\r\n');
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

test('USER and PASS: the name stands for the very next command only (P3-26, P3-27)', () => {
  const statuses = (text: string) => new Rehearsal().play(text).statuses;
  assert.deepEqual(statuses(LOGIN), ['+OK', '+OK']);
  assert.deepEqual(statuses('PASS tanstaaf\r\n'), ['-ERR']);
  assert.deepEqual(statuses('USER other\r\nUSER tim\r\nPASS tanstaaf\r\n'), ['+OK', '+OK', '+OK']);
  for (const between of ['NOOP', 'FOO', '', 'USER', 'x'.repeat(300), 'AUTH FOO']) {
    assert.deepEqual(statuses(`USER tim\r\n${between}\r\nPASS tanstaaf\r\n`), ['+OK', '-ERR', '-ERR'], between);
  }
  assert.deepEqual(statuses('USER tim\r\nPASS wrong\r\nPASS tanstaaf\r\n'), ['+OK', '-ERR', '-ERR']);
  assert.equal(new Rehearsal().play('USER tim\r\nCAPA\r\nPASS tanstaaf\r\n').statuses.at(-1), '-ERR');
});

test('USER is answered alike whether the name is known or not (P3-29, RC-05)', () => {
  const reply = (name: string) => new Rehearsal().play(`USER ${name}\r\n`).lines[0];
  assert.equal(reply('tim'), reply('nobody'));
});

test('a password is every octet behind the space (P3-28, T7)', () => {
  const seen: string[] = [];
  const authenticate = (given: { password: { reveal(): Uint8Array } }) => {
    seen.push(Buffer.from(given.password.reveal()).toString('latin1'));
    return { type: 'refused' } as const;
  };
  new Rehearsal({ authenticate }).play('USER a\r\nPASS  a  b \r\n', 'USER a\r\nPASS \xe9\x01\r\n');
  assert.deepEqual(seen, [' a  b ', '\xe9\x01']);
});

test('names are prepared before anyone is asked (PLAIN-04, UTF-08)', () => {
  const names: string[] = [];
  const authenticate = (given: { authenticationIdentity: string }) => {
    names.push(given.authenticationIdentity);
    return { type: 'refused' } as const;
  };
  const decomposed = Buffer.from('USER e\u0301\u00ad\r\nPASS x\r\n');
  new Rehearsal({ authenticate }).play(decomposed, Buffer.from('USER \u00aa\r\nPASS x\r\n'));
  assert.deepEqual(names, ['\u00e9', 'a']);
  assert.deepEqual(new Rehearsal().play('USER \xff\r\nUSER a\x07\r\n').statuses, ['-ERR', '-ERR']);
});

test('refused credentials say [AUTH], a decision that cannot be had [SYS/TEMP], and nothing else says [AUTH] (RC-02, RC-03)', () => {
  const refused = new Rehearsal().play('USER tim\r\nPASS wrong\r\nAUTH PLAIN ', base64('\0tim\0wrong'), '\r\n');
  assert.match(refused.lines[1] ?? '', /^-ERR \[AUTH\] /);
  assert.match(refused.lines[2] ?? '', /^-ERR \[AUTH\] /);
  assert.equal(refused.lines[1], new Rehearsal().play('USER nobody\r\nPASS wrong\r\n').lines[1]);
  const away = new Rehearsal({ authenticate: () => ({ type: 'unavailable' }) }).play(LOGIN);
  assert.match(away.lines[1] ?? '', /^-ERR \[SYS\/TEMP\] /);
  for (const line of ['AUTH FOO', 'AUTH PLAIN !', `AUTH PLAIN ${base64('no NUL')}`, 'AUTH', 'STAT']) {
    assert.doesNotMatch(new Rehearsal().play(`${line}\r\n`).lines[0] ?? '', /^-ERR \[/, line);
  }
});

test('a failed login waits before its answer, and after so many the connection is closed (P3-23)', () => {
  const attempt = 'USER tim\r\nPASS wrong\r\n';
  const rehearsal = new Rehearsal().play(attempt, attempt, LOGIN);
  assert.deepEqual(rehearsal.statuses, ['+OK', '-ERR', '+OK', '-ERR', '+OK', '+OK']);
  assert.equal(rehearsal.questions.filter(({ type }) => type === 'delay').length, 2);
  const closed = new Rehearsal().play(attempt, attempt, attempt, LOGIN);
  assert.equal(closed.ending, 'close refused');
  assert.deepEqual(closed.statuses, ['+OK', '-ERR', '+OK', '-ERR', '+OK', '-ERR']);
  assert.equal(closed.session.tally.failedLogins, 3);
});

test('too many bad commands before login end the connection; after it they do not', () => {
  const bad = 'FOO\r\n'.repeat(12);
  const before = new Rehearsal().play(bad);
  assert.equal(before.ending, 'close limit');
  assert.equal(before.lines.length, 10);
  assert.equal(new Rehearsal().play(LOGIN, bad).ending, undefined);
});

test('a store that cannot be opened is an error, never an empty maildrop (P3-22, EXT-17)', () => {
  for (const [kind, code] of [
    ['temporary', 'SYS/TEMP'],
    ['permanent', 'SYS/PERM'],
    ['no-maildrop', 'SYS/PERM'],
    ['in-use', 'IN-USE'],
  ] as const) {
    let failures = 1;
    const rehearsal = new Rehearsal({
      answer: ({ type }) => {
        if (type !== 'open' || failures === 0) return undefined;
        failures -= 1;
        return { type: 'open', answer: new StoreError(kind, 'secret detail') };
      },
    }).play(LOGIN, 'STAT\r\n', LOGIN, 'STAT\r\n');
    assert.deepEqual(rehearsal.statuses, ['+OK', '-ERR', '-ERR', '+OK', '+OK', '+OK'], kind);
    assert.ok(rehearsal.lines[1]?.startsWith(`-ERR [${code}] `));
    assert.ok(!rehearsal.output.includes('secret'));
  }
});

test('STAT, LIST and UIDL: exact, without the deleted, and no number moves (P3-40..43, P3-47, T2, T4)', () => {
  assert.deepEqual(afterLogin({ maildrop: two() }, 'STAT\r\nLIST\r\nLIST 2\r\n'), [
    '+OK 2 230',
    '+OK 2 messages (230 octets)',
    '1 30',
    '2 200',
    '.',
    '+OK 2 200',
  ]);
  const lines = afterLogin(
    { maildrop: two() },
    'DELE 1\r\nSTAT\r\nLIST\r\nLIST 1\r\nUIDL 1\r\nRETR 1\r\nTOP 1 0\r\nDELE 1\r\n',
  );
  assert.deepEqual(lines.slice(1, 5), ['+OK 1 200', '+OK 1 message (200 octets)', '2 200', '.']);
  assert.deepEqual(
    lines.slice(5).map((line) => line.slice(0, 4)),
    ['-ERR', '-ERR', '-ERR', '-ERR', '-ERR'],
  );
  assert.match(afterLogin({ maildrop: two() }, 'UIDL 2\r\n')[0] ?? '', /^\+OK 2 [\x21-\x7e]{1,70}$/);
  const unique = afterLogin({ maildrop: two() }, 'DELE 1\r\nUIDL\r\n');
  assert.match(unique.slice(2).join('|'), /^2 [\x21-\x7e]{1,70}\|\.$/);
});

test('an empty maildrop is listed as nothing, and so is one with everything deleted (P3-43)', () => {
  assert.deepEqual(
    afterLogin({}, 'STAT\r\nLIST\r\nUIDL\r\n').map((line) => line.slice(0, 4)),
    ['+OK ', '+OK ', '.', '+OK ', '.'],
  );
  const all = afterLogin({ maildrop: two() }, 'DELE 1\r\nDELE 2\r\nSTAT\r\nLIST\r\n');
  assert.deepEqual(all.slice(2), ['+OK 0 0', '+OK 0 messages (0 octets)', '.']);
});

test('a number that names no message is -ERR, whatever it looks like (P3-41, P3-50, T1, T10)', () => {
  for (const number of [
    '0',
    '3',
    '99999999999999999999',
    '4294967297',
    '-1',
    '+1',
    '1.5',
    '0x1',
    '1e0',
    '',
    ' 1',
    '1 ',
    'a',
  ]) {
    for (const command of ['LIST', 'UIDL', 'RETR', 'DELE']) {
      const lines = afterLogin({ maildrop: two() }, `${command} ${number}\r\nSTAT\r\n`);
      assert.match(lines[0] ?? '', /^-ERR /, `${command} ${number}`);
      assert.equal(lines[1], '+OK 2 230');
    }
  }
  assert.equal(afterLogin({ maildrop: two() }, 'LIST 0002\r\n')[0], '+OK 2 200');
});

test('RETR sends the letter stuffed, TOP its head; sizes are those of LIST (P3-44..46, P3-51, P3-52)', () => {
  assert.deepEqual(afterLogin({ maildrop: two() }, 'RETR 1\r\n'), [
    '+OK 30 octets',
    'A: b',
    '',
    'first',
    '..dotted',
    'last',
    '.',
  ]);
  assert.deepEqual(afterLogin({ maildrop: two() }, 'TOP 1 0\r\n').slice(1), ['A: b', '', '.']);
  assert.deepEqual(afterLogin({ maildrop: two() }, 'TOP 1 2\r\n').slice(1), ['A: b', '', 'first', '..dotted', '.']);
  const whole = afterLogin({ maildrop: two() }, 'RETR 1\r\n').slice(1);
  assert.deepEqual(afterLogin({ maildrop: two() }, `TOP 1 ${'9'.repeat(30)}\r\n`).slice(1), whole);
  assert.deepEqual(afterLogin({ maildrop: memoryMaildrop(['']) }, 'LIST\r\nRETR 1\r\nTOP 1 5\r\n').slice(1), [
    '1 0',
    '.',
    '+OK 0 octets',
    '.',
    '+OK top of message follows',
    '.',
  ]);
});

test('RSET takes the marks off (P3-49)', () => {
  const lines = afterLogin({ maildrop: two() }, 'DELE 1\r\nDELE 2\r\nRSET\r\nSTAT\r\nRETR 2\r\n');
  assert.equal(lines[3], '+OK 2 230');
  assert.match(lines[4] ?? '', /^\+OK /);
});

test('only QUIT removes, exactly what was marked, and nothing behind it is executed (P3-60..62, EXT-34)', () => {
  const expunged = (...parts: string[]) => {
    const rehearsal = new Rehearsal({ maildrop: two() }).play(LOGIN, ...parts);
    const asked = rehearsal.questions.flatMap((question) => (question.type === 'expunge' ? [question.numbers] : []));
    return { asked, rehearsal };
  };
  const quit = expunged('DELE 1\r\nQUIT\r\nDELE 2\r\n');
  assert.deepEqual(quit.asked, [[1]]);
  assert.equal(quit.rehearsal.ending, 'close quit');
  assert.equal(quit.rehearsal.lines.length, 4);
  assert.deepEqual(expunged('DELE 1\r\nRSET\r\nDELE 2\r\nQUIT\r\n').asked, [[2]]);
  assert.deepEqual(expunged('QUIT\r\n').asked, []);
  const dropped = expunged('DELE 1\r\n');
  dropped.rehearsal.step({ type: 'ended' });
  assert.deepEqual([dropped.rehearsal.ending, dropped.asked], ['close closed', []]);
  const stopped = expunged('DELE 1\r\n');
  stopped.rehearsal.step({ type: 'shutdown' });
  assert.deepEqual([stopped.rehearsal.ending, stopped.asked], ['close shutdown', []]);
  assert.equal(expunged('DELE 1\r\nQUIT now\r\n').rehearsal.ending, undefined);
});

test('QUIT before login is no UPDATE (P3-25)', () => {
  const rehearsal = new Rehearsal().play('QUIT\r\nNOOP\r\n');
  assert.deepEqual([rehearsal.ending, rehearsal.statuses], ['close quit-unauthenticated', ['+OK']]);
});

test('a removal that failed, or failed in part, is -ERR (P3-61, T5)', () => {
  for (const answer of [new StoreError('temporary', 'disk'), { notRemoved: [2] }]) {
    const rehearsal = new Rehearsal({
      maildrop: two(),
      answer: ({ type }) => (type === 'expunge' ? { type, answer } : undefined),
    }).play(LOGIN, 'DELE 1\r\nDELE 2\r\nQUIT\r\n');
    assert.match(rehearsal.lines.at(-1) ?? '', /^-ERR \[SYS\/TEMP\] /);
    assert.equal(rehearsal.ending, 'close error');
    assert.equal(rehearsal.session.tally.deleted, answer instanceof StoreError ? 0 : 1);
  }
});

test('a store error before a reply began is [SYS/TEMP] and the session goes on; in the middle there is no terminator', () => {
  const failing = (type: 'entries' | 'read', nth: number) => {
    let calls = 0;
    return new Rehearsal({
      maildrop: { ...two(), read: (number, from) => two().read(number, from) },
      answer: (question) => {
        if (question.type !== type) return undefined;
        calls += 1;
        return calls === nth ? { type, answer: new StoreError('temporary', 'disk') } : undefined;
      },
    });
  };
  for (const command of ['RETR 1', 'TOP 1 1', 'LIST', 'UIDL', 'LIST 1', 'UIDL 1', 'DELE 1']) {
    const { lines, ending } = failing('entries', 1).play(LOGIN, `${command}\r\nSTAT\r\n`);
    assert.match(lines[2] ?? '', /^-ERR \[SYS\/TEMP\] /, command);
    assert.deepEqual([lines[3], ending], ['+OK 2 230', undefined]);
  }
  const first = failing('read', 1).play(LOGIN, 'RETR 1\r\nSTAT\r\n');
  assert.match(first.lines[2] ?? '', /^-ERR \[SYS\/TEMP\] /);
  assert.equal(first.lines[3], '+OK 2 230');
});

/** A maildrop of one letter that is read in slices of four octets, and listed with so many. */
function sliced(letter: string, octets: number, end = letter.length) {
  const content = Buffer.from(letter);
  const entry = { number: 1, uniqueId: 'a', octets, body: 0, dotted: false };
  return {
    count: 1,
    octets,
    entries: () => [entry],
    read: (_: number, from: number) => content.subarray(from, Math.min(from + 4, end)),
    expunge: async () => ({ notRemoved: [] }),
    close() {},
  };
}

test('a letter that is not the size it is listed with never gets its terminator', () => {
  const sent = (octets: number, letter = 'one\r\ntwo\r\n', end = letter.length) => {
    const { output, ending } = new Rehearsal({ maildrop: sliced(letter, octets, end) }).play(
      LOGIN,
      'RETR 1\r\nSTAT\r\n',
    );
    return { terminated: output.includes('\r\n.\r\n'), ending };
  };
  assert.deepEqual(sent(10), { terminated: true, ending: undefined });
  for (const octets of [1, 3, 8, 9, 11, 100])
    assert.deepEqual(sent(octets), { terminated: false, ending: 'destroy error' });
  assert.deepEqual(sent(10, 'one\r\ntwo\r\n', 7), { terminated: false, ending: 'destroy error' });
  assert.deepEqual(sent(8, 'one\r\ntwo'), { terminated: false, ending: 'destroy error' });
});

test('an error in the middle of a letter or listing ends the connection without terminator', () => {
  const inLetter = new Rehearsal({
    maildrop: sliced('one\r\ntwo\r\n', 10),
    answer: (question) =>
      question.type === 'read' && question.from > 0
        ? { type: 'read', answer: new StoreError('temporary', 'disk') }
        : undefined,
  }).play(LOGIN, 'RETR 1\r\nSTAT\r\n');
  assert.equal(inLetter.ending, 'destroy error');
  assert.ok(inLetter.output.endsWith('+OK 10 octets\r\none\r'));
  const many = memoryMaildrop(Array.from({ length: 1_500 }, () => 'A: b\n'));
  const inListing = new Rehearsal({
    maildrop: many,
    answer: (question) =>
      question.type === 'entries' && question.from > 1
        ? { type: 'entries', answer: new StoreError('temporary', 'disk') }
        : undefined,
  }).play(LOGIN, 'LIST\r\nSTAT\r\n');
  assert.equal(inListing.ending, 'destroy error');
  assert.equal(inListing.lines.at(-1), '1000 6');
});

test('entries that are not those asked for are as if they could not be read', () => {
  for (const entries of [[], [{ number: 2, uniqueId: 'a', octets: 1, body: 1, dotted: false }]]) {
    const rehearsal = new Rehearsal({
      maildrop: two(),
      answer: ({ type }) => (type === 'entries' ? { type, answer: entries } : undefined),
    }).play(LOGIN, 'LIST\r\nRETR 1\r\n');
    assert.match(rehearsal.lines[2] ?? '', /^-ERR \[SYS\/PERM\] /);
    assert.match(rehearsal.lines[3] ?? '', /^-ERR \[SYS\/PERM\] /);
  }
});

test('a long listing goes out in slices, each asked for when there is room', () => {
  const many = memoryMaildrop(Array.from({ length: 2_500 }, () => 'A: b\n'));
  const rehearsal = new Rehearsal({ maildrop: many }).play(LOGIN, 'DELE 1001\r\nUIDL\r\nLIST\r\n');
  const asked = rehearsal.questions.flatMap((question) => (question.type === 'entries' ? [question.from] : []));
  assert.deepEqual(asked, [1001, 1, 1001, 2001, 1, 1001, 2001]);
  const numbers = rehearsal.lines.filter((line) => /^\d+ 6$/.test(line)).map((line) => Number(line.split(' ')[0]));
  assert.deepEqual(
    numbers,
    Array.from({ length: 2_500 }, (_, index) => index + 1).filter((number) => number !== 1001),
  );
});

test('a store may answer less than was asked for', () => {
  const many = memoryMaildrop(Array.from({ length: 10 }, () => 'A: b\n'));
  const maildrop = { ...many, entries: (from: number, to: number) => many.entries(from, Math.min(to, from + 2)) };
  assert.deepEqual(afterLogin({ maildrop }, 'LIST\r\n').length, 12);
});

test('CAPA tells what is accepted: where a password must not be sent, neither is it listed nor looked at (AUTH-22, TLS-09, EXT-12)', () => {
  const scene = { cleartext: false, certificate: true };
  const capabilities = new Rehearsal(scene).play('CAPA\r\n').lines;
  assert.ok(!capabilities.includes('USER'));
  assert.ok(!capabilities.some((line) => line.startsWith('SASL')));
  assert.ok(capabilities.includes('STLS'));
  const rehearsal = new Rehearsal(scene).play(LOGIN, `AUTH PLAIN ${base64('\0tim\0tanstaaf')}\r\nAUTH LOGIN\r\n`);
  assert.deepEqual(rehearsal.statuses, ['-ERR', '-ERR', '-ERR', '-ERR']);
  assert.deepEqual(rehearsal.questions, []);
  const secured = new Rehearsal(scene).play('STLS\r\n').give('CAPA\r\n', LOGIN);
  assert.ok(secured.lines.includes('USER'));
  assert.ok(secured.lines.includes('SASL PLAIN LOGIN'));
  assert.ok(!secured.lines.includes('STLS'));
  assert.equal(secured.statuses.at(-1), '+OK');
});

test('CAPA is the same before and after login but for STLS, and has no argument (EXT-01, EXT-02, STLS-02, AUTH-02)', () => {
  const scene = { certificate: true, service: { implementation: 'Restante' } };
  const before = new Rehearsal(scene).play('CAPA\r\n').lines;
  const after = afterLogin(scene, 'CAPA\r\n');
  assert.deepEqual(
    before.filter((line) => line !== 'STLS'),
    after,
  );
  for (const tag of [
    'TOP',
    'UIDL',
    'USER',
    'SASL PLAIN LOGIN',
    'RESP-CODES',
    'AUTH-RESP-CODE',
    'PIPELINING',
    'IMPLEMENTATION Restante',
  ]) {
    assert.ok(after.includes(tag), tag);
  }
  assert.deepEqual(new Rehearsal().play('CAPA x\r\n').statuses, ['-ERR']);
});

test('STLS: once, before login, with a certificate, and USER is forgotten (STLS-03, STLS-04, STLS-09)', () => {
  const scene = { certificate: true };
  assert.deepEqual(new Rehearsal(scene).play('STLS x\r\n').statuses, ['-ERR']);
  assert.deepEqual(new Rehearsal().play('STLS\r\n').statuses, ['-ERR']);
  assert.deepEqual(new Rehearsal({ ...scene, secure: true }).play('STLS\r\n').statuses, ['-ERR']);
  assert.match(afterLogin(scene, 'STLS\r\n')[0] ?? '', /^-ERR/);
  const rehearsal = new Rehearsal(scene).play('USER tim\r\n', 'STLS\r\n', 'PASS tanstaaf\r\n', 'STLS\r\n');
  assert.deepEqual(rehearsal.statuses, ['+OK', '+OK', '-ERR', '-ERR']);
});

test('octets behind STLS end the connection, and nothing is answered (STLS-06, T6)', () => {
  for (const behind of ['NOOP\r\n', 'U', 'USER tim\r\nPASS tanstaaf\r\n']) {
    const rehearsal = new Rehearsal({ certificate: true }).play(`CAPA\r\nSTLS\r\n${behind}`);
    assert.equal(rehearsal.ending, 'close error');
    assert.equal(rehearsal.lines.at(-1), '.');
    assert.deepEqual(rehearsal.questions, []);
  }
});

test('AUTH: with and without initial response, cancelled, malformed (AUTH-01, AUTH-05, AUTH-07, AUTH-08, AUTH-10, AUTH-15)', () => {
  const right = base64('\0tim\0tanstaaf');
  assert.deepEqual(new Rehearsal().play(`auth plain ${right}\r\n`).statuses, ['+OK']);
  assert.deepEqual(new Rehearsal().play('AUTH PLAIN\r\n', `${right}\r\n`).lines[0], '+ ');
  assert.deepEqual(new Rehearsal().play('AUTH PLAIN\r\n', `${right}\r\n`).statuses, ['+', '+OK']);
  assert.deepEqual(new Rehearsal().play('AUTH PLAIN\r\n*\r\n', LOGIN).statuses, ['+', '-ERR', '+OK', '+OK']);
  assert.deepEqual(new Rehearsal().play('AUTH PLAIN =\r\n').statuses, ['-ERR']);
  for (const wrong of ['AHRpbQB0YW5zdGFhZg', ' AHRpbQB0YW5zdGFhZg==', 'AHRp=bQB0YW5zdGFhZg', 'QUIT', '=', '']) {
    const rehearsal = new Rehearsal().play('AUTH PLAIN\r\n', `${wrong}\r\n`, LOGIN);
    assert.deepEqual([rehearsal.ending, rehearsal.statuses], [undefined, ['+', '-ERR', '+OK', '+OK']], wrong);
  }
  assert.match(
    new Rehearsal().play(`AUTH LOGIN ${base64('tim')}\r\n${base64('tanstaaf')}\r\n`).lines[1] ?? '',
    /^\+OK/,
  );
  assert.match(afterLogin({}, `AUTH PLAIN ${right}\r\n`)[0] ?? '', /^-ERR/);
});

test('a line of an exchange is never a command (AUTH-27)', () => {
  const rehearsal = new Rehearsal().play('AUTH LOGIN\r\n', 'QUIT\r\n', 'STLS\r\n');
  assert.equal(rehearsal.ending, undefined);
  assert.equal(rehearsal.lines[1], '+ UGFzc3dvcmQ6');
});

test('a mechanism whose server speaks first takes no initial response (AUTH-09)', () => {
  const serverFirst: SaslServerMechanism = { ...login, clientFirst: false };
  const scene = { service: { mechanisms: [serverFirst] } };
  assert.deepEqual(new Rehearsal(scene).play('AUTH LOGIN dGlt\r\nAUTH LOGIN\r\n').statuses, ['-ERR', '+']);
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
  const { session } = new Rehearsal({ maildrop: two() });
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
  const maildrop = two();
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
  const maildrop = two();
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
