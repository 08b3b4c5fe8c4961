import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Maildrop, memoryMaildrop, StoreError } from '../maildrop/index.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { ExclusiveMaildrops } from './exclusive-maildrops.ts';
import type { SessionHandle, Visit } from './pop3-options.ts';

const IN_USE = { name: 'StoreError', kind: 'in-use' };
const open = () => memoryMaildrop([]);

function visit(address: string, login = 'anna', device?: string) {
  const state = { busy: false, activity: 0, over: false, probes: 0, ended: 0 };
  const handle: SessionHandle = {
    get busy() {
      return state.busy;
    },
    get activity() {
      return state.activity;
    },
    get over() {
      return state.over;
    },
    probe: () => {
      state.probes += 1;
    },
    end: () => {
      state.ended += 1;
    },
  };
  const peer: Visit['peer'] = { address, localAddress: '192.0.2.9', loopback: false };
  const visited: Visit = {
    session: address,
    peer,
    login,
    mechanism: 'USER',
    at: 0,
    handle,
    ...(device !== undefined && { device }),
  };
  return Object.assign(state, { visit: visited });
}

function scene() {
  const clock = new ManualClock();
  return { clock, maildrops: new ExclusiveMaildrops({ clock, patience: 2_000 }) };
}

test('two maildrops are two; one is for one session at a time, which gives it back by closing it (P3-21)', async () => {
  const { clock, maildrops } = scene();
  const [first, second] = [visit('192.0.2.1'), visit('192.0.2.2')];
  const held = maildrops.open('anna', first.visit, open) as Maildrop;
  assert.ok(!(maildrops.open('bert', second.visit, open) instanceof Promise));
  const waiting = maildrops.open('anna', second.visit, open);
  assert.equal(first.probes, 1, 'the network is asked whether it is there');
  held.close();
  held.close();
  const next = await waiting;
  const third = visit('192.0.2.3');
  const refused = assert.rejects(async () => maildrops.open('anna', third.visit, open), IN_USE);
  await clock.advance(2_000);
  await refused;
  next.close();
  assert.ok(!(maildrops.open('anna', third.visit, open) instanceof Promise));
});

test('a session that is over, and has nothing under way, holds nothing', async () => {
  const { clock, maildrops } = scene();
  const [first, second] = [visit('192.0.2.1'), visit('192.0.2.2')];
  const held = maildrops.open('anna', first.visit, open) as Maildrop;
  first.over = true;
  first.busy = true;
  const waiting = maildrops.open('anna', second.visit, open);
  await clock.advance(500);
  first.busy = false;
  await clock.advance(100);
  await waiting;
  held.close();
  const refused = assert.rejects(async () => maildrops.open('anna', visit('192.0.2.3').visit, open), IN_USE);
  await clock.advance(2_000);
  await refused;
});

test('the same client takes over from a session of its own that was silent meanwhile, and only then', async () => {
  for (const [name, other, before, taken] of [
    ['silent', visit('192.0.2.1'), () => {}, true],
    ['active', visit('192.0.2.1'), (first: { activity: number }) => (first.activity += 10), false],
    ['removing', visit('192.0.2.1'), (first: { busy: boolean }) => (first.busy = true), false],
    ['another address', visit('192.0.2.2'), () => {}, false],
    ['another login', visit('192.0.2.1', 'anna@example.org'), () => {}, false],
    ['another device', visit('192.0.2.1', 'anna', 'phone'), () => {}, false],
  ] as const) {
    const { clock, maildrops } = scene();
    const first = visit('192.0.2.1');
    await maildrops.open('anna', first.visit, open);
    const waiting = Promise.resolve(maildrops.open('anna', other.visit, open)).then(
      () => true,
      (error: unknown) => error instanceof StoreError && error.kind !== 'in-use',
    );
    await clock.advance(1_000);
    before(first);
    await clock.advance(1_000);
    assert.equal(await waiting, taken, name);
    assert.equal(first.ended, taken ? 1 : 0, name);
  }
});

test('what cannot be opened is given back, and so is what is opened for nobody', async () => {
  const { clock, maildrops } = scene();
  const broken = new StoreError('permanent', 'it is damaged');
  const [first, second] = [visit('192.0.2.1'), visit('192.0.2.2')];
  assert.throws(
    () =>
      maildrops.open('anna', first.visit, () => {
        throw broken;
      }),
    broken,
  );
  await assert.rejects(async () => maildrops.open('anna', first.visit, () => Promise.reject(broken)), broken);
  const held = (await maildrops.open('anna', first.visit, async () => open())) as Maildrop;
  const waiting = assert.rejects(async () => maildrops.open('anna', second.visit, open), IN_USE);
  second.over = true;
  held.close();
  await clock.advance(100);
  await waiting;
  assert.ok(!(maildrops.open('anna', first.visit, open) instanceof Promise));
});

test('no more than a few wait for one maildrop', async () => {
  const { clock, maildrops } = scene();
  await maildrops.open('anna', visit('192.0.2.1').visit, open);
  const tries = Array.from({ length: 17 }, () =>
    assert.rejects(async () => maildrops.open('anna', visit('192.0.2.2').visit, open), IN_USE),
  );
  await tries[16];
  await clock.advance(2_000);
  await Promise.all(tries);
});
