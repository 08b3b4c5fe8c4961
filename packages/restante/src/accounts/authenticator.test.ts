import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type PasswordLogin, Secret, type Verdict } from '@restante/pop/sasl';
import type { Peer } from '@restante/pop/server';
import type { Account } from './account.ts';
import { Authenticator, type LoginReport } from './authenticator.ts';
import { Guessing } from './guessing.ts';
import { LoginCache } from './login-cache.ts';
import { hashPassword, PasswordChecks } from './passwords.ts';

let anna: Account;
let bert: Account;
let rows: Map<string, Account>;

before(async () => {
  const row = { addresses: [], credentialVersion: 1, disabled: false, policy: {}, created: 0 };
  anna = { ...row, name: 'anna', passwordHash: await hashPassword(new Secret(' s3 cret ')) };
  bert = { ...row, name: 'bert', passwordHash: await hashPassword(new Secret('bertie')) };
});

function office(passwords = new PasswordChecks(), onLogin: (report: LoginReport) => void = () => {}) {
  rows = new Map([
    ['anna', anna],
    ['anna@localhost', anna],
    ['bert', bert],
  ]);
  return new Authenticator({
    findAccount: (identity) => rows.get(identity),
    passwords,
    cache: new LoginCache(),
    guessing: new Guessing(),
    nameOf: (identity) => identity.replace('@localhost', ''),
    isExempt: () => false,
    onLogin,
  });
}

const PEER: Peer = { address: '192.0.2.1', localAddress: '192.0.2.250', loopback: false };

function login(name: string, password: string, as?: string): PasswordLogin {
  const authorization = as === undefined ? {} : { authorizationIdentity: as };
  return { mechanism: 'PLAIN', authenticationIdentity: name, password: new Secret(password), ...authorization };
}

const ACCEPTED: Verdict = { type: 'accepted', account: 'anna' };
const REFUSED: Verdict = { type: 'refused' };
const UNAVAILABLE: Verdict = { type: 'unavailable' };

test('by name and by address, with the password as it is', async () => {
  const door = office();
  assert.deepEqual(await door.authenticate(login('anna', ' s3 cret '), PEER), ACCEPTED);
  assert.deepEqual(await door.authenticate(login('anna@localhost', ' s3 cret '), PEER), ACCEPTED);
  assert.deepEqual(await door.authenticate(login('anna', 's3 cret'), PEER), REFUSED);
  assert.deepEqual(await door.authenticate(login('nobody', ' s3 cret '), PEER), REFUSED);
});

test('a login that was verified is answered at once, without a promise', async () => {
  const door = office();
  assert.ok(door.authenticate(login('anna', ' s3 cret '), PEER) instanceof Promise);
  await door.authenticate(login('anna', ' s3 cret '), PEER);
  assert.deepEqual(door.authenticate(login('anna@localhost', ' s3 cret '), PEER), ACCEPTED);
  assert.ok(door.authenticate(login('anna', 'wrong'), PEER) instanceof Promise);
});

test('a cached login is void once the password changed or the account is disabled', async () => {
  const door = office();
  await door.authenticate(login('anna', ' s3 cret '), PEER);
  rows.set('anna', { ...anna, passwordHash: await hashPassword(new Secret('new')), credentialVersion: 2 });
  assert.deepEqual(await door.authenticate(login('anna', ' s3 cret '), PEER), REFUSED);
  assert.deepEqual(await door.authenticate(login('anna', 'new'), PEER), ACCEPTED);
  rows.set('anna', { ...anna, disabled: true, credentialVersion: 3 });
  assert.deepEqual(await door.authenticate(login('anna', ' s3 cret '), PEER), REFUSED);
});

test('disabled counts even where the credential version did not grow', async () => {
  const door = office();
  await door.authenticate(login('anna', ' s3 cret '), PEER);
  rows.set('anna', { ...anna, disabled: true });
  assert.deepEqual(await door.authenticate(login('anna', ' s3 cret '), PEER), REFUSED);
});

test('PLAIN-05: nobody acts for somebody else, under no name', async () => {
  const door = office();
  assert.deepEqual(await door.authenticate(login('anna', ' s3 cret ', 'anna'), PEER), ACCEPTED);
  assert.deepEqual(await door.authenticate(login('anna', ' s3 cret ', 'anna@localhost'), PEER), ACCEPTED);
  assert.deepEqual(await door.authenticate(login('anna', ' s3 cret ', 'bert'), PEER), REFUSED);
  assert.deepEqual(await door.authenticate(login('anna', ' s3 cret ', 'nobody'), PEER), REFUSED);
  assert.deepEqual(await door.authenticate(login('anna', ' s3 cret '), PEER), ACCEPTED, 'and it is cached by now');
  assert.deepEqual(await door.authenticate(login('anna', ' s3 cret ', 'bert'), PEER), REFUSED);
});

test('RC-03: what cannot be decided is unavailable, never refused', async () => {
  const failures: unknown[] = [];
  for (const findAccount of [
    () => {
      throw new Error('the index is closed');
    },
    () => Promise.reject(new Error('the index is closed')),
    () => ({ ...anna, passwordHash: 'not a hash' }),
  ]) {
    const options = {
      passwords: new PasswordChecks(),
      cache: new LoginCache(),
      guessing: new Guessing(),
      nameOf: (identity: string) => identity,
      isExempt: () => false,
    };
    const door = new Authenticator({ ...options, findAccount, onFailure: (thrown) => failures.push(thrown) });
    assert.deepEqual(await door.authenticate(login('anna', ' s3 cret '), PEER), UNAVAILABLE);
  }
  assert.equal(failures.length, 3);
});

test('a full queue makes logins unavailable, but not the cached ones', async () => {
  const door = office(new PasswordChecks({ atOnce: 1, waiting: 2 }));
  await door.authenticate(login('anna', ' s3 cret '), PEER);
  const storm = Array.from({ length: 10 }, (_, index) => door.authenticate(login(`guess-${index}`, 'x'), PEER));
  assert.deepEqual(door.authenticate(login('anna', ' s3 cret '), PEER), ACCEPTED);
  const verdicts = (await Promise.all(storm)).map((verdict) => verdict.type);
  assert.deepEqual(verdicts.toSorted(), [...Array(3).fill('refused'), ...Array(7).fill('unavailable')]);
});

test('each login is reported with what came of it, which the answer does not tell', async () => {
  const reports: LoginReport[] = [];
  const door = office(new PasswordChecks(), (report) => reports.push(report));
  rows.set('carl', { ...anna, name: 'carl', disabled: true });
  for (const [name, password, as] of [
    ['anna', ' s3 cret '],
    ['anna', ' s3 cret '],
    ['anna', 'wrong'],
    ['anna', ' s3 cret ', 'bert'],
    ['nobody', 'x'],
    ['carl', ' s3 cret '],
  ] as const) {
    await door.authenticate(login(name, password, as), PEER);
  }
  assert.deepEqual(
    reports.map(({ outcome }) => outcome),
    ['verified', 'cached', 'wrong-password', 'not-theirs', 'unknown', 'disabled'],
  );
  assert.ok(reports.every(({ milliseconds }) => milliseconds >= 0));
});
