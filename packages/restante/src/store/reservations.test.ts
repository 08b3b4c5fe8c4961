import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreError } from '@restante/pop/maildrop';
import { deliver, expunge, letterOf, office, place } from './office.test.kit.ts';
import { Reservations } from './reservations.ts';

const megabyte = 1024 * 1024;
const UNLIMITED = { count: 0, octets: 0, quota: undefined };

test('room that the writer is asked for is kept while he is, and let go of when he says no', async () => {
  const asked: { octets: number; answer: (enough: boolean) => void }[] = [];
  const reservations = new Reservations({
    letter: 10_000,
    find: () => UNLIMITED,
    hasRoom: (octets) => new Promise((answer) => asked.push({ octets, answer })),
  });
  const first = reservations.begin(1_000);
  const answers = [first.hold('anna'), first.hold('bert')];
  const second = reservations.begin(500).hold('anna');
  assert.deepEqual(
    asked.map(({ octets }) => octets),
    [1_000, 1_500],
    'once for each letter',
  );
  assert.equal(reservations.octets, 1_500);
  asked[0]?.answer(false);
  for (const answer of answers) assert.equal(((await answer) as StoreError).kind, 'no-room');
  assert.equal(reservations.octets, 500);
  asked[1]?.answer(true);
  assert.equal(await second, undefined);
  assert.equal(reservations.octets, 500);
  const again = first.hold('anna');
  asked[2]?.answer(true);
  assert.equal(await again, undefined);
  assert.equal(reservations.octets, 1_500);
});

test('one that is released while the writer is asked keeps nothing', async () => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const reservations = new Reservations({ letter: 10_000, find: () => UNLIMITED, hasRoom: () => promise });
  const reservation = reservations.begin(1_000);
  const answer = reservation.hold('anna');
  reservation.release();
  reservation.release();
  assert.equal(reservations.octets, 0);
  resolve(true);
  await answer;
  assert.equal(reservations.octets, 0);
  assert.throws(() => reservation.hold('anna'), /released/);
});

test('a store that fails is an answer, and what is kept already stays', async () => {
  let failing = false;
  const fail = () => {
    if (failing) throw new StoreError('temporary', 'planted');
    return true;
  };
  const find = () => (fail() ? UNLIMITED : undefined);
  const reservations = new Reservations({ letter: 10_000, find, hasRoom: fail });
  const kept = reservations.begin(1_000);
  assert.equal(await kept.hold('anna'), undefined);
  failing = true;
  assert.equal(((await kept.hold('bert')) as StoreError).kind, 'temporary');
  assert.equal(((await reservations.begin(2_000).hold('bert')) as StoreError).kind, 'temporary');
  assert.equal(reservations.octets, 1_000);
  const rejecting = new Reservations({
    letter: 10_000,
    find: () => UNLIMITED,
    hasRoom: () => Promise.reject(new StoreError('temporary', 'planted')),
  });
  assert.equal(((await rejecting.begin(1_000).hold('anna')) as StoreError).kind, 'temporary');
  assert.equal(rejecting.octets, 0);
});

test('no room is kept for a letter that is larger than any that is taken', async (t) => {
  const store = await office(t, ['anna'], { limits: { letter: 10_000 } });
  const reservation = store.reserve(10_001);
  assert.equal(((await reservation.hold('anna')) as StoreError).kind, 'too-large');
  assert.equal(await store.reserve(10_000).hold('anna'), undefined);
});

test('what is reserved counts until nothing more can be destroyed to make room', async (t) => {
  const free = new SharedArrayBuffer(8);
  const setFree = (octets: number) => Atomics.store(new BigInt64Array(free), 0, BigInt(octets));
  setFree(100 * megabyte);
  const store = await office(t, ['anna'], { pretendFree: free, limits: { reserve: 50 * megabyte } });
  await place(store, 'anna', letterOf(2_000));
  await expunge(store, 'anna', [1]);
  setFree(50 * megabyte + 10_000);
  const first = store.reserve(8_000);
  assert.equal(first.hold('anna'), undefined, 'known at once');
  const early = store.reserve(8_000);
  assert.equal(await early.hold('anna'), undefined, 'what was expunged has not been destroyed yet');
  early.release();
  setFree(50 * megabyte);
  await deliver(store, ['anna'], letterOf(2_000));
  setFree(50 * megabyte + 10_000);
  const late = store.reserve(8_000);
  assert.equal(((await late.hold('anna')) as StoreError).kind, 'no-room');
  assert.equal(await store.hasRoom(2_001), false);
  assert.equal(await store.hasRoom(2_000), true);
  await place(store, 'anna', letterOf(9_000));
  first.release();
  assert.equal(await late.hold('anna'), undefined);
});

test('letters that are announced and never sent do not keep everybody else out', async (t) => {
  const free = new SharedArrayBuffer(8);
  const setFree = (octets: number) => Atomics.store(new BigInt64Array(free), 0, BigInt(octets));
  setFree(50 * megabyte);
  const store = await office(t, ['anna'], { pretendFree: free, limits: { reserve: 50 * megabyte } });
  const [refused] = await deliver(store, ['anna'], letterOf(2_000));
  assert.equal((refused as StoreError).kind, 'no-room', 'nothing more can be destroyed to make room');
  setFree(1_050 * megabyte);
  for (let sender = 0; sender < 100; sender += 1) {
    assert.equal(await store.reserve(150 * megabyte).hold('anna'), undefined, `sender ${sender}`);
  }
  assert.equal(await store.hasRoom(150 * megabyte), true);
});

test('all of a letter has to fit beside what others keep', async () => {
  const reservations = new Reservations({
    letter: 100 * megabyte,
    find: () => UNLIMITED,
    hasRoom: (octets) => octets <= 10 * megabyte,
  });
  const hold = (octets: number) => reservations.begin(octets).hold('anna');
  assert.equal(((await hold(10 * megabyte + 1)) as StoreError).kind, 'no-room');
  assert.equal(await hold(10 * megabyte), undefined);
  assert.equal(((await hold(10 * megabyte)) as StoreError).kind, 'no-room');
  const second = reservations.begin(9 * megabyte);
  assert.equal(await second.hold('anna'), undefined);
  assert.equal(reservations.octets, 2 * megabyte);
  second.release();
  assert.equal(reservations.octets, megabyte);
});

test('a store that is closed keeps no room', async (t) => {
  const store = await office(t, ['anna']);
  const reservation = store.reserve(1_000);
  await store.close();
  assert.equal(((await reservation.hold('anna')) as StoreError).kind, 'temporary');
  reservation.release();
});

test('what an envelope reserves counts against others of the same maildrop, and is let go of with it (SM-31, SM-39)', async (t) => {
  const quota = { octets: 10_000, letters: 3, grace: 0, levels: [] };
  const store = await office(t, ['anna', 'bert'], { limits: { quota } });
  const kind = async (reservation: ReturnType<typeof store.reserve>, name = 'anna') =>
    ((await reservation.hold(name)) as StoreError | undefined)?.kind;
  const first = store.reserve(6_000);
  assert.equal(await kind(first), undefined);
  assert.equal(await kind(first), undefined, 'the same letter is there once');
  const second = store.reserve(5_000);
  assert.equal(await kind(second), 'over-quota');
  assert.equal(await kind(second, 'bert'), undefined);
  assert.equal(await kind(store.reserve(10_001)), 'exceeds-maildrop');
  first.release();
  assert.equal(await kind(second), undefined);
  second.release();

  const guesses = [1, 2, 3].map(() => store.reserve(16_384, true));
  assert.equal(
    await kind(guesses[0] ?? second),
    undefined,
    'a guess is no reason to refuse, where there is room at all',
  );
  assert.equal(await kind(store.reserve(1)), 'over-quota', 'and takes that room from others');
  guesses[0]?.release();
  const small = [1, 2, 3].map(() => store.reserve(1));
  for (const each of small) assert.equal(await kind(each), undefined);
  assert.equal(await kind(guesses[1] ?? second), 'over-quota', 'three letters are promised');
  for (const each of small) each.release();
  for (let letter = 0; letter < 3; letter += 1) await place(store, 'anna', 'x\r\n');
  assert.equal(await kind(guesses[2] ?? second), 'over-quota', 'three letters are there');
});
