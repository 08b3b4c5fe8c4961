import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Delivery, type Envelope, type Placed, type Store, StoreError } from '@restante/pop/maildrop';
import { MemoryStore } from '@restante/pop/testing';
import { letters, receive, why } from './reception.test-support.ts';

describe('an address that leads to several mailboxes', () => {
  const placed = (uniqueId: string): Placed => ({ uniqueId, octets: 1 });
  const full = new StoreError('over-quota', 'full');

  /** A store that gives these answers, and the envelope that it was given. */
  function storeOf(...answers: readonly (Placed | StoreError)[]) {
    const seen: Envelope[] = [];
    const delivery: Delivery = {
      write() {},
      commit: () => answers.map((answer) => Promise.resolve(answer)),
      async abort() {},
    };
    const beginDelivery = (envelope: Envelope) => {
      seen.push(envelope);
      return delivery;
    };
    return { seen, beginDelivery };
  }

  it('is one group of recipients of the store; who stands alone is none', async () => {
    const store = storeOf(placed('a'), placed('b'), placed('c'), placed('d'), placed('e'));
    const outcomes = await receive(store, '\r\n', { to: ['pat+green@d', 'alone@d', 'pat+jones@d'] });
    assert.deepEqual(
      store.seen[0]?.recipients.map(({ maildrop, group }) => [maildrop, group]),
      [
        ['pat', 0],
        ['green', 0],
        ['alone', undefined],
        ['pat', 2],
        ['jones', 2],
      ],
    );
    assert.deepEqual(
      outcomes.map((outcome) => outcome.type === 'placed' && outcome.placed.map((it) => it.uniqueId)),
      [['a', 'b'], ['c'], ['d', 'e']],
    );
  });

  it('is given to the store once, however many of them have the same list of mailboxes', async () => {
    const store = storeOf(placed('a'), full, placed('c'));
    const outcomes = await receive(store, '\r\n', { to: ['pat+green@d', 'alone@d', 'pat+green@e', 'alone@d'] });
    assert.deepEqual(
      store.seen[0]?.recipients.map(({ maildrop, group }) => [maildrop, group]),
      [
        ['pat', 0],
        ['green', 0],
        ['alone', undefined],
      ],
    );
    assert.deepEqual(why(outcomes), ['over-quota', 'placed', 'over-quota', 'placed']);
  });

  it('has one outcome: placed only where each of them has it', async () => {
    const to = ['pat+green@d', 'alone@d'];
    assert.deepEqual(why(await receive(storeOf(placed('a'), full, placed('c')), '\r\n', { to })), [
      'over-quota',
      'placed',
    ]);
    assert.deepEqual(why(await receive(storeOf(placed('a'), placed('b'), full), '\r\n', { to })), [
      'placed',
      'over-quota',
    ]);
    assert.deepEqual(why(await receive(storeOf(placed('a')), '\r\n', { to })), ['temporary', 'temporary']);
  });

  it('is what each of them reads in Delivered-To (SM-62)', async () => {
    const store = new MemoryStore({ maildrops: ['pat', 'green'] });
    await receive(store, 'Subject: x\r\n\r\n', { to: ['pat+green@d'] });
    for (const name of ['pat', 'green']) assert.match(letters(store, name)[0] ?? '', /^Delivered-To: pat\+green@d\r$/m);
  });
});

describe('recipients who share one reply', () => {
  const options = { together: true };
  const to = ['pat@d', 'green+jones@d', 'pat@d'];

  it('are one group of the store; who is alone is none (SM-33)', async () => {
    const seen: Envelope[] = [];
    const store = (): Pick<Store, 'beginDelivery'> => ({
      beginDelivery(envelope) {
        seen.push(envelope);
        return new MemoryStore({ maildrops: ['pat', 'green', 'jones'] }).beginDelivery(envelope);
      },
    });
    await receive(store(), '\r\n', { to, options });
    await receive(store(), '\r\n', { to: ['pat@d'], options });
    await receive(store(), '\r\n', { to: ['pat+green@d'], options });
    assert.deepEqual(
      seen.map(({ recipients }) => recipients.map(({ group }) => group)),
      [[0, 0, 0], [undefined], [0, 0]],
    );
  });

  it('are all refused when one of them is in a loop, and the store is asked for nothing (SM-64, SM-31)', async () => {
    const store = new MemoryStore({ maildrops: ['pat', 'green'] });
    const letter = 'Delivered-To: green@d\r\nSubject: x\r\n\r\n';
    assert.deepEqual(why(await receive(store, letter, { to: ['pat@d', 'green@d'], options })), ['loop', 'loop']);
    assert.equal(store.openMaildrop('pat').count, 0);
  });
});

describe('a store that fails', () => {
  const placed: Placed = { uniqueId: 'u', octets: 1 };
  const fullDisk = new StoreError('no-room', 'disk full');

  function storeOf(
    delivery: Partial<Delivery>,
    aborted: { count: number } = { count: 0 },
  ): Pick<Store, 'beginDelivery'> {
    return {
      beginDelivery: ({ recipients }) => ({
        write() {},
        commit: () => recipients.map(() => Promise.resolve(placed)),
        async abort() {
          aborted.count += 1;
        },
        ...delivery,
      }),
    };
  }

  const fails = {
    'throws in write': { write: () => assert.fail(fullDisk) },
    'rejects in write': { write: () => Promise.reject(fullDisk) },
    'throws in commit': { commit: () => assert.fail(fullDisk) },
    'rejects in commit': { commit: () => [Promise.reject(fullDisk), Promise.reject(fullDisk)] },
    'answers an error': { commit: () => [Promise.resolve(fullDisk), Promise.resolve(fullDisk)] },
  };
  for (const [how, delivery] of Object.entries(fails)) {
    it(`${how}: every recipient is answered so`, async () => {
      assert.deepEqual(why(await receive(storeOf(delivery), 'A: b\r\n\r\nc\r\n', { to: ['pat@d', 'x@d'] })), [
        'no-room',
        'no-room',
      ]);
    });
  }

  it('is aborted, once a write has failed, and given nothing more', async () => {
    const aborted = { count: 0 };
    let writes = 0;
    const write = () => {
      writes += 1;
      throw new Error('unforeseen');
    };
    const outcomes = await receive(storeOf({ write }, aborted), 'A: b\r\n\r\nc\r\n', { cuts: [8, 9, 10] });
    assert.deepEqual(why(outcomes), ['temporary']);
    assert.deepEqual({ writes, aborted: aborted.count }, { writes: 1, aborted: 1 });
  });

  it('fails for one recipient only (LM-05)', async () => {
    const commit = () => [Promise.resolve(placed), Promise.resolve(new StoreError('over-quota', 'full'))];
    assert.deepEqual(why(await receive(storeOf({ commit }), '\r\n', { to: ['a@d', 'b@d'] })), ['placed', 'over-quota']);
  });

  it('answers for too few: nobody is told that his letter is safe', async () => {
    const commit = () => [Promise.resolve(placed)];
    assert.deepEqual(why(await receive(storeOf({ commit }), '\r\n', { to: ['a@d', 'b@d'] })), ['placed', 'temporary']);
  });

  it('is waited for: no write or commit before the write under way has ended', async () => {
    const log: string[] = [];
    const store = storeOf({
      async write(octets) {
        log.push(`write ${octets.length}`);
        await new Promise(setImmediate);
        log.push('written');
      },
      commit: () => {
        log.push('commit');
        return [Promise.resolve(placed)];
      },
    });
    await receive(store, 'A: b\r\n', {});
    assert.deepEqual(log, ['write 6', 'written', 'commit']);
  });
});
