import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '@restante/pop/sasl';
import { type Admission, type Concluded, Guessing, type GuessingOptions } from './guessing.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
let guesses = 0;

/** Guessing against a clock of its own. */
function gate(options: GuessingOptions = {}) {
  let time = 1_000;
  const guessing = new Guessing({ ...options, now: () => time });
  const enter = (name: string, address: string, password = `guess-${guesses++}`): Admission =>
    guessing.enter({ name, address, password: new Secret(password), circumstances: '' });
  return {
    guessing,
    enter,
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
    /** One login from beginning to end; answers its delay, `held-off` or `known-wrong`. */
    login(name: string, address: string, concluded: Concluded, password?: string) {
      const admission = enter(name, address, password);
      if (admission.type !== 'go') return admission.type;
      guessing.leave(admission.ticket, concluded);
      return admission.delay;
    },
  };
}

/** An address for each number, each in a network of its own. */
function address(number: number): string {
  return `${10 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}.1`;
}

test('an address that fails waits longer and longer, and is then held off; time mends it', () => {
  const { login, pass } = gate({ limits: { address: 4, delay: 15_000, halfLife: HOUR } });
  const delays = Array.from({ length: 17 }, (_, index) => login(`name-${index}`, '192.0.2.1', 'wrong'));
  assert.deepEqual(delays.slice(0, 10), [0, 0, 0, 0, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  assert.equal(delays[15], 15_000);
  assert.equal(delays[16], 'held-off');
  assert.equal(login('anna', '192.0.2.9', 'good'), 0, 'its neighbour is let in');
  pass(3 * HOUR);
  assert.equal(login('anna', '192.0.2.1', 'good'), 0);
});

test('addresses of one IPv6 /64 are one address', () => {
  const { login } = gate({ limits: { address: 4, network: 0, account: 0 } });
  for (let index = 0; index < 16; index++) login('anna', `2001:db8::${index.toString(16)}:1`, 'wrong');
  assert.equal(login('bert', '2001:db8::ffff', 'wrong'), 'held-off');
  assert.equal(login('bert', '2001:db8:0:1::1', 'wrong'), 0);
});

test('many addresses of one network are delayed together: a /24, a /48', () => {
  const { login } = gate({ limits: { address: 0, network: 8, account: 0 } });
  for (let index = 0; index < 32; index++) login(`a${index}`, `192.0.2.${index}`, 'wrong');
  assert.equal(login('anna', '192.0.2.200', 'wrong'), 'held-off');
  assert.equal(login('anna', '192.0.3.200', 'wrong'), 0);
  for (let index = 0; index < 32; index++) login(`b${index}`, `2001:db8:7:${index}::1`, 'wrong');
  assert.equal(login('anna', '2001:db8:7:ffff::1', 'wrong'), 'held-off');
});

test('a name guessed from everywhere is held off, but not where its owner logged in well lately', () => {
  const { login, pass } = gate({ limits: { account: 8 } });
  assert.equal(login('anna', '192.0.2.1', 'good'), 0);
  pass(20 * 24 * HOUR);
  for (let index = 0; index < 1_000; index++) login('anna', address(index), 'wrong');
  assert.equal(login('anna', '198.51.100.1', 'good'), 'held-off');
  assert.equal(login('anna', '192.0.2.1', 'good'), 0, 'at home');
  assert.equal(login('anna', '192.0.2.77', 'good'), 0, 'by another address of the same network');
  pass(25 * 24 * HOUR);
  for (let index = 0; index < 1_000; index++) login('anna', address(index), 'wrong');
  assert.equal(login('anna', '192.0.2.1', 'good'), 'held-off', 'whoever has not called for weeks is no longer known');
});

test('at a known place others may guess other names: its owner does not wait for it; for her own she does', () => {
  const { login } = gate({ limits: { address: 4 } });
  login('anna', '192.0.2.1', 'good');
  for (let index = 0; index < 100; index++) login(`other-${index}`, '192.0.2.1', 'wrong');
  assert.equal(login('other', '192.0.2.1', 'wrong'), 'held-off');
  assert.equal(login('anna', '192.0.2.1', 'good'), 0);
  for (let index = 0; index < 4; index++) assert.equal(login('anna', '192.0.2.1', 'wrong'), 0);
  assert.equal(login('anna', '192.0.2.1', 'wrong'), 1_000);
});

test('AUTH-26: whether a name is anybody’s makes no difference: the gate is never told', () => {
  const { login } = gate({ limits: { address: 0, network: 0, account: 4 } });
  const of = (name: string) => Array.from({ length: 20 }, (_, index) => login(name, address(index), 'wrong'));
  assert.deepEqual(of('anna'), of('nobody'));
});

test('a phone with an old password is counted once; under new circumstances it is looked at', () => {
  const { guessing, login, enter } = gate({ limits: { address: 4 } });
  assert.equal(login('anna', '192.0.2.1', 'wrong', 'old'), 0);
  for (let index = 0; index < 1_000; index++) assert.equal(login('anna', '192.0.2.1', 'wrong', 'old'), 'known-wrong');
  assert.equal(login('anna', '192.0.2.1', 'wrong', 'another'), 0);
  assert.equal(login('bert', '192.0.2.1', 'wrong', 'old'), 0, 'of another name it is another password');
  const changed = { name: 'anna', address: '192.0.2.1', password: new Secret('old'), circumstances: 'version 2' };
  assert.equal(guessing.enter(changed).type, 'go');
  assert.equal(enter('anna', '192.0.2.2', 'old').type, 'go');
});

test('what is under way counts where something has failed: guesses side by side are no cheaper', () => {
  const { enter, login } = gate({ limits: { address: 4 } });
  login('anna', '192.0.2.1', 'wrong');
  const admissions = Array.from({ length: 100 }, (_, index) => enter(`name-${index}`, '192.0.2.1').type);
  assert.equal(admissions.filter((type) => type === 'go').length, 15, 'up to four times the limit');
  assert.equal(enter('bert', '192.0.2.2').type, 'go');
});

test('a household that comes back all at once after a power cut is not held up', () => {
  const { enter } = gate();
  for (let index = 0; index < 50; index++) {
    const admission = enter(`name-${index}`, '192.0.2.1');
    assert.ok(admission.type === 'go' && admission.delay === 0);
  }
});

test('logins that wait are bounded, and the waiting are told', () => {
  const { guessing, enter, login } = gate({ limits: { account: 4, waiting: 3 } });
  for (let index = 0; index < 5; index++) login('anna', address(index), 'wrong');
  const admissions = Array.from({ length: 5 }, (_, index) => enter('anna', address(100 + index)));
  assert.deepEqual(
    admissions.map(({ type }) => type),
    ['go', 'go', 'go', 'held-off', 'held-off'],
  );
  assert.deepEqual(guessing.figures(), { addresses: 0, networks: 0, accounts: 1, waiting: 3 });
  for (const admission of admissions) if (admission.type === 'go') guessing.leave(admission.ticket, 'neither');
  assert.equal(guessing.figures().waiting, 0);
});

test('a flood of addresses and names makes nobody’s penalty forgotten, and takes no memory', () => {
  const { guessing, login } = gate({ limits: { address: 8, account: 8 } });
  const before = guessing.octets;
  assert.ok(before < 5 * 2 ** 20, `${before} octets`);
  login('anna', '192.0.2.1', 'good');
  for (let index = 0; index < 40; index++) login('bert', '203.0.113.9', 'wrong');
  assert.equal(login('carl', '203.0.113.9', 'wrong'), 'held-off');
  for (let index = 0; index < 60_000; index++) login(`name-${index}`, address(index), 'wrong');
  assert.equal(login('carl', '203.0.113.9', 'wrong'), 'held-off');
  assert.equal(login('bert', '198.51.100.7', 'wrong'), 'held-off');
  assert.equal(login('anna', '192.0.2.1', 'good'), 0);
  assert.equal(login('dora', '198.51.100.8', 'good'), 0, 'who has failed nothing is not held up by it');
  assert.equal(guessing.octets, before);
});

test('good logins from thousands of places make nothing forgotten: neither penalties nor who is known', () => {
  const { login } = gate({ limits: { address: 8 } });
  login('anna', '192.0.2.1', 'good');
  for (let index = 0; index < 40; index++) login(`name-${index}`, '203.0.113.9', 'wrong');
  for (let index = 0; index < 60_000; index++) login('mallory', address(index), 'good');
  assert.equal(login('carl', '203.0.113.9', 'wrong'), 'held-off');
  for (let index = 0; index < 100; index++) login('anna', address(index), 'wrong');
  assert.equal(login('anna', '192.0.2.1', 'good'), 0);
});
