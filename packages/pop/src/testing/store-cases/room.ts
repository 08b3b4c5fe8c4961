import assert from 'node:assert/strict';
import type { MaybePromise } from '../../maildrop/maildrop.ts';
import type { Store } from '../../maildrop/store.ts';
import { StoreError } from '../../maildrop/store-error.ts';
import type { StoreCase } from '../store-conformance.ts';
import { place } from './steps.ts';

/** Whether there is room for a letter, and room that is kept for one (RFC 1870 §6.1, SM-33). */
export const roomCases: readonly StoreCase[] = [
  {
    name: 'there is room for as much as there is, and not for more (SM-21)',
    room: true,
    async run({ store, setRoom }) {
      await setRoom?.(5_000);
      assert.equal(await store.hasRoom?.(5_000), true);
      assert.equal(await store.hasRoom?.(5_001), false);
    },
  },
  {
    name: 'room that is kept for a letter is promised to nobody else, until it is let go of (SM-33)',
    room: true,
    async run({ store, addMaildrop, setRoom }) {
      await addMaildrop('one');
      await setRoom?.(5_000);
      const first = begin(store, 3_000);
      assert.equal(await store.hasRoom?.(5_000), true, 'nothing is kept before it is asked for');
      assert.equal(await first.hold('one'), undefined);
      assert.equal(await store.hasRoom?.(2_001), false);
      assert.equal(await store.hasRoom?.(2_000), true);
      const second = begin(store, 2_001);
      isA('no-room', await second.hold('one'));
      const third = begin(store, 2_000);
      assert.equal(await third.hold('one'), undefined);
      first.release();
      assert.equal(await second.hold('one'), undefined, 'it may be asked for again');
      second.release();
      third.release();
      assert.equal(await store.hasRoom?.(5_000), true);
    },
  },
  {
    name: 'a letter takes its room once, however many get it',
    room: true,
    async run({ store, addMaildrop, setRoom }) {
      for (const name of ['one', 'two', 'three']) await addMaildrop(name);
      await setRoom?.(5_000);
      const reservation = begin(store, 3_000);
      for (const name of ['one', 'two', 'three', 'one']) assert.equal(await reservation.hold(name), undefined);
      assert.equal(await store.hasRoom?.(2_000), true);
      assert.equal(await store.hasRoom?.(2_001), false);
      reservation.release();
    },
  },
  {
    name: 'room is let go of once, and never becomes more than there is',
    room: true,
    async run({ store, addMaildrop, setRoom }) {
      await addMaildrop('one');
      await setRoom?.(5_000);
      const kept = begin(store, 3_000);
      await kept.hold('one');
      const released = begin(store, 1_000);
      await released.hold('one');
      for (let times = 0; times < 3; times += 1) released.release();
      begin(store, 2_000).release();
      assert.equal(await store.hasRoom?.(2_001), false);
      kept.release();
      kept.release();
      assert.equal(await store.hasRoom?.(5_000), true);
      assert.equal(await store.hasRoom?.(5_001), false);
    },
  },
  {
    name: 'no room is kept for who is not there',
    room: true,
    async run({ store, addMaildrop, setRoom }) {
      await addMaildrop('one');
      await setRoom?.(5_000);
      const reservation = begin(store, 3_000);
      isA('no-maildrop', await reservation.hold('nobody'));
      assert.equal(await store.hasRoom?.(5_000), true);
      assert.equal(await reservation.hold('one'), undefined, 'others may still get the letter');
      isA('no-maildrop', await reservation.hold('nobody'));
      reservation.release();
    },
  },
  {
    name: 'reservations that are made at once are not all promised the same room',
    room: true,
    async run({ store, addMaildrop, setRoom }) {
      await addMaildrop('one');
      await setRoom?.(5_000);
      const all = Array.from({ length: 20 }, () => begin(store, 1_000));
      const answers = await Promise.all(all.map(async (reservation) => reservation.hold('one')));
      assert.equal(answers.filter((answer) => answer === undefined).length, 5);
      for (const reservation of all) reservation.release();
      assert.equal(await store.hasRoom?.(5_000), true);
    },
  },
  {
    name: 'what is kept for one letter keeps no other out that is there already',
    room: true,
    async run({ store, addMaildrop, setRoom }) {
      await addMaildrop('one');
      await setRoom?.(50_000);
      const reservation = begin(store, 50_000);
      assert.equal(await reservation.hold('one'), undefined);
      await place(store, 'one', 'Subject: a\r\n\r\n');
      reservation.release();
    },
  },
];

function begin(store: Store, octets: number): NonNullable<ReturnType<NonNullable<Store['reserve']>>> {
  const reservation = store.reserve?.(octets);
  assert.ok(reservation, 'a store that can tell whether there is room keeps it too');
  return reservation;
}

function isA(kind: StoreError['kind'], answer: Awaited<MaybePromise<StoreError | undefined>>): void {
  assert.ok(answer instanceof StoreError, 'it is answered why not');
  assert.equal(answer.kind, kind);
}
