import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type PasswordLogin, Secret, type Verdict } from '@restante/pop/sasl';
import type { Peer } from '@restante/pop/server';
import { ManualClock, turns } from '@restante/pop/testing';
import type { Account } from './account.ts';
import { Authenticator, type LoginOutcome } from './authenticator.ts';
import { Guessing, type GuessingLimits } from './guessing.ts';
import { LoginCache } from './login-cache.ts';
import { hashPassword, PasswordChecks } from './passwords.ts';

let anna: Account;

before(async () => {
  const passwordHash = await hashPassword(new Secret('s3cret'));
  anna = { name: 'anna', addresses: [], credentialVersion: 1, disabled: false, policy: {}, created: 0, passwordHash };
});

/** Counts how many passwords it was asked to look at. */
class CountedChecks extends PasswordChecks {
  looks = 0;
  override check(...request: Parameters<PasswordChecks['check']>): ReturnType<PasswordChecks['check']> {
    this.looks += 1;
    return super.check(...request);
  }
}

function office(limits: Partial<GuessingLimits> = {}, passwords = new CountedChecks({ atOnce: 1, waiting: 4 })) {
  const clock = new ManualClock(0);
  const guessing = new Guessing({ limits, now: () => clock.now() });
  const outcomes: LoginOutcome[] = [];
  const rows = new Map([['anna', anna]]);
  const door = new Authenticator({
    findAccount: (identity) => rows.get(identity),
    passwords,
    cache: new LoginCache(),
    guessing,
    nameOf: (identity) => identity,
    isExempt: (peer) => peer.loopback,
    clock,
    onLogin: ({ outcome }) => outcomes.push(outcome),
  });
  const login = (name: string, password: string, address: string): Promise<Verdict> => {
    const peer: Peer = { address, localAddress: '192.0.2.250', loopback: address === '127.0.0.1' };
    const request: PasswordLogin = {
      mechanism: 'PLAIN',
      authenticationIdentity: name,
      password: new Secret(password),
    };
    return Promise.resolve(door.authenticate(request, peer));
  };
  return { clock, guessing, outcomes, rows, passwords, login };
}

const HOME = '192.0.2.1';
const ACCEPTED: Verdict = { type: 'accepted', account: 'anna' };

test('a storm on her account from everywhere: at home she is let in at once, remembered or not', async () => {
  const { login, outcomes, rows, clock } = office({ address: 0, network: 0, account: 4 });
  await login('anna', 's3cret', HOME);
  const storm = Array.from({ length: 300 }, (_, index) => login('anna', `guess-${index}`, `10.0.${index % 250}.1`));
  assert.deepEqual(await login('anna', 's3cret', HOME), ACCEPTED);
  assert.equal(outcomes.at(-1), 'cached');
  // Her password is looked at anew: no timer has to ring for it, and no stranger goes before her.
  rows.set('anna', { ...anna, credentialVersion: 2 });
  assert.deepEqual(await login('anna', 's3cret', HOME), ACCEPTED);
  assert.equal(outcomes.at(-1), 'verified');
  for (let minute = 0; minute < 2; minute++) await clock.advance(60_000);
  const verdicts = new Set((await Promise.all(storm)).map(({ type }) => type));
  assert.ok(!verdicts.has('accepted'));
});

test('a queue full of strangers keeps nobody out who is known, nor this machine’s own users', async () => {
  const { login, rows } = office({ address: 0, network: 0, account: 0 });
  await login('anna', 's3cret', HOME);
  rows.set('anna', { ...anna, credentialVersion: 2 });
  const storm = Array.from({ length: 50 }, (_, index) => login(`guess-${index}`, 'x', `10.0.${index}.1`));
  const [home, machine] = await Promise.all([login('anna', 's3cret', HOME), login('anna', 's3cret', '127.0.0.1')]);
  assert.deepEqual([home, machine], [ACCEPTED, ACCEPTED]);
  const verdicts = (await Promise.all(storm)).map(({ type }) => type);
  assert.equal(verdicts.filter((type) => type === 'unavailable').length, 45, 'one under way, four waiting');
});

test('a login that waits for its delay has no password looked at, and sees the account as it is by then', async () => {
  const { login, passwords, rows, clock } = office({ address: 4, delay: 15_000 });
  for (let index = 0; index < 4; index++) await login(`name-${index}`, `x${index}`, HOME);
  const looks = passwords.looks;
  let verdict: Verdict | undefined;
  void login('anna', 's3cret', HOME).then((decided) => {
    verdict = decided;
  });
  await turns();
  assert.equal(passwords.looks, looks);
  rows.set('anna', { ...anna, disabled: true, credentialVersion: 2 });
  await clock.advance(999);
  assert.equal(passwords.looks, looks);
  await clock.advance(1);
  while (verdict === undefined) await turns();
  assert.deepEqual(verdict, { type: 'refused' });
});

test('AUTH-26: an unknown name is answered and delayed like a known one, also for a password sent again and again', async () => {
  const answers = async (name: string) => {
    const { login, passwords, clock } = office({ address: 0, network: 0, account: 4, delay: 8_000 });
    const said: string[] = [];
    for (let index = 0; index < 40; index++) {
      let verdict: Verdict | undefined;
      const began = clock.now();
      void login(name, index % 3 === 0 ? 'old' : `guess-${index}`, HOME).then((decided) => {
        verdict = decided;
      });
      for (let patience = 0; verdict === undefined; patience++) {
        await turns();
        if (patience > 50 && clock.pending > 0) await clock.advance(100);
      }
      said.push(`${verdict.type} ${clock.now() - began} ${passwords.looks}`);
    }
    return said;
  };
  const known = await answers('anna');
  assert.deepEqual(await answers('nobody'), known);
  assert.ok(known.some((said) => said.startsWith('unavailable')));
});

test('RC-03: who is held off is told [SYS/TEMP], not that the password is wrong; it is not looked at', async () => {
  const { login, passwords, outcomes } = office({ address: 0, network: 0, account: 1 });
  await login('anna', 'x', '10.0.0.1');
  // From a place of its own: four times the limit are under way.
  for (let index = 1; index < 4; index++) void login('anna', `x${index}`, `10.0.${index}.1`);
  const looks = passwords.looks;
  assert.deepEqual(await login('anna', 's3cret', '10.1.0.1'), { type: 'unavailable' });
  assert.equal(outcomes.at(-1), 'held-off');
  assert.equal(passwords.looks, looks);
});

test('a phone with an old password costs no work and locks nobody out; with the new one it is let in', async () => {
  const { login, passwords, rows, outcomes } = office({ address: 4 });
  await login('anna', 'old', HOME);
  const looks = passwords.looks;
  for (let index = 0; index < 1_000; index++) assert.deepEqual(await login('anna', 'old', HOME), { type: 'refused' });
  assert.equal(passwords.looks, looks);
  assert.equal(outcomes.at(-1), 'repeated');
  assert.deepEqual(await login('anna', 's3cret', HOME), ACCEPTED);
  rows.set('anna', { ...anna, passwordHash: await hashPassword(new Secret('old')), credentialVersion: 2 });
  assert.deepEqual(await login('anna', 'old', HOME), ACCEPTED, 'the old one is the new one now');
});

test('what its policy forbids is refused like a wrong password: without TLS, from elsewhere, with the main password', async () => {
  const { login, rows, outcomes } = office();
  for (const policy of [{ requireTls: true }, { networks: ['198.51.100.0/24'] }, { requireDevice: true }]) {
    rows.set('anna', { ...anna, policy });
    assert.deepEqual(await login('anna', 's3cret', '127.0.0.1'), { type: 'refused' });
    assert.equal(outcomes.at(-1), 'not-allowed');
  }
  rows.set('anna', { ...anna, policy: { networks: ['127.0.0.0/8'] } });
  assert.deepEqual(await login('anna', 's3cret', '127.0.0.1'), ACCEPTED);
});
