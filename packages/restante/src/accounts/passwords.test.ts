import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '@restante/pop/sasl';
import { hashPassword, PasswordChecks } from './passwords.ts';

test('a hash is argon2id with 19 MiB and two passes, salted', async () => {
  const [one, two] = await Promise.all([hashPassword(new Secret('x')), hashPassword(new Secret('x'))]);
  assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.notEqual(one, two);
});

test('octets count as they are: spaces, case, and what is not UTF-8', async () => {
  const checks = new PasswordChecks();
  const passwords = [' a  b ', 'a  b', ' A  B ', Buffer.from([0xff, 0xfe, 0x20]), Buffer.from([0xff, 0xfd, 0x20])];
  for (const [index, password] of passwords.entries()) {
    const hash = await hashPassword(new Secret(password));
    for (const [other, tried] of passwords.entries()) {
      assert.equal(await checks.check(new Secret(tried), hash), index === other ? 'right' : 'wrong');
    }
  }
});

test('where there is no account no password is right, and the work is done all the same', async () => {
  const checks = new PasswordChecks();
  const hash = await hashPassword(new Secret('right'));
  const time = async (against: string | undefined): Promise<number> => {
    const from = performance.now();
    assert.equal(await checks.check(new Secret('wrong'), against), 'wrong');
    return performance.now() - from;
  };
  // The least of several is the work itself: whatever else the machine does only adds to one of them.
  const least = { unknown: Infinity, known: Infinity };
  for (let round = 0; round < 20; round++) {
    least.unknown = Math.min(least.unknown, await time(undefined));
    least.known = Math.min(least.known, await time(hash));
  }
  assert.ok(least.unknown > least.known / 2 && least.unknown < least.known * 2, JSON.stringify(least));
});

test('beyond the queue a password is not looked at', async () => {
  const checks = new PasswordChecks({ atOnce: 1, waiting: 3 });
  const hash = await hashPassword(new Secret('right'));
  await checks.check(new Secret('wrong'), undefined);
  const answers = await Promise.all(
    Array.from({ length: 7 }, (_, index) => checks.check(new Secret('right'), index % 2 === 0 ? hash : undefined)),
  );
  assert.deepEqual(answers, ['right', 'wrong', 'right', 'wrong', 'overloaded', 'overloaded', 'overloaded']);
  assert.equal(checks.waiting, 0);
  assert.equal(await checks.check(new Secret('right'), hash), 'right', 'the queue is open again');
});

test('a hash that cannot be read rejects, and frees its turn', async () => {
  const checks = new PasswordChecks({ atOnce: 1, waiting: 1 });
  await assert.rejects(checks.check(new Secret('x'), 'not a hash'));
  assert.equal(await checks.check(new Secret('x'), await hashPassword(new Secret('x'))), 'right');
});
