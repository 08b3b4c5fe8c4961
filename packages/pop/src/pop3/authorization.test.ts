import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreError } from '../maildrop/index.ts';
import { login } from '../sasl/login.ts';
import type { SaslServerMechanism } from '../sasl/mechanism.ts';
import { afterLogin, base64, LOGIN, Rehearsal } from './rehearsal.test-support.ts';

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

test('QUIT before login is no UPDATE (P3-25)', () => {
  const rehearsal = new Rehearsal().play('QUIT\r\nNOOP\r\n');
  assert.deepEqual([rehearsal.ending, rehearsal.statuses], ['close quit-unauthenticated', ['+OK']]);
});
