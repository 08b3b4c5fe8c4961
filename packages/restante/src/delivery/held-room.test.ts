import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type MaybePromise, type Reservation, StoreError } from '@restante/pop/maildrop';
import { HeldRoom } from './held-room.ts';

const full = new StoreError('over-quota', 'full');

/** A store whose reservations hold by this rule, what it was asked for, and how often one was let go of. */
function storeOf(hold: Reservation['hold']) {
  const asked: (number | string)[] = [];
  let released = 0;
  return {
    asked,
    get released() {
      return released;
    },
    reserve(octets: number): Reservation {
      asked.push(octets);
      return {
        hold: (maildrop) => {
          asked.push(maildrop);
          return hold(maildrop);
        },
        release: () => {
          released += 1;
        },
      };
    },
  };
}

describe('room for a letter that is announced (SM-31)', () => {
  for (const [how, answer] of [
    ['at once', (error?: StoreError): MaybePromise<StoreError | undefined> => error],
    ['later', (error?: StoreError) => Promise.resolve(error)],
  ] as const) {
    it(`is held in each mailbox in turn, up to the first that cannot take it, answered ${how}`, async () => {
      const store = storeOf((maildrop) => answer(maildrop === 'green' ? full : undefined));
      const room = new HeldRoom(store, 700);
      assert.equal(await room.hold(['pat', 'jones']), undefined);
      assert.deepEqual(await room.hold(['amy', 'green', 'bert']), {
        type: 'refused',
        why: 'over-quota',
        reason: 'full',
      });
      assert.deepEqual(store.asked, [700, 'pat', 'jones', 'amy', 'green']);
      room.release();
      assert.equal(store.released, 1);
    });
  }

  it('is guessed where MAIL declares no size', () => {
    const store = storeOf(() => undefined);
    new HeldRoom(store, undefined);
    assert.ok(Number(store.asked[0]) >= 4096, `${store.asked[0]}`);
  });

  it('is there until a store says otherwise: when it cannot tell, or fails', async () => {
    const fails = [
      {},
      { reserve: () => assert.fail('no reservation') },
      storeOf(() => assert.fail('cannot hold')),
      storeOf(() => Promise.reject(new Error('cannot hold'))),
    ];
    for (const store of fails) {
      const room = new HeldRoom(store, 1);
      assert.equal(await room.hold(['pat', 'green']), undefined);
      room.release();
    }
  });
});
