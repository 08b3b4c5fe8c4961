import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Delivery, type Envelope, type Placed, type Store, StoreError } from '@restante/pop/maildrop';
import { MemoryStore } from '@restante/pop/testing';
import fc from 'fast-check';
import type { LetterFaults, Transaction } from './effects.ts';
import { MOST_HOPS } from './loops.ts';
import type { Outcome } from './outcome.ts';
import { Reception, type ReceptionOptions } from './reception.ts';

const CLEAN: LetterFaults = { bareLineEnd: false, nul: false, tooLarge: false };
const AT = Date.UTC(2026, 0, 1);

/** `pat+green@d` is an address that leads to two mailboxes, as `pat+green@e` does: to the same. */
function transaction(...addresses: string[]): Transaction {
  const lists = new Map(addresses.map((text) => text.split('@')[0] ?? '').map((local) => [local, local.split('+')]));
  return {
    number: 1,
    hello: 'mx.example',
    with: 'LMTP',
    returnPath: { text: 'chris@example.org', local: 'chris', domain: 'example.org' },
    parameters: {},
    recipients: addresses.map((text) => {
      const [local = '', domain = ''] = text.split('@');
      return { path: { text, local, domain }, maildrops: lists.get(local) ?? [] };
    }),
  };
}

function options(store: Pick<Store, 'beginDelivery'>, more: Partial<ReceptionOptions> = {}): ReceptionOptions {
  return {
    store,
    letterLimit: 1_000_000,
    bareLineEnds: 'refuse',
    together: false,
    trace: { hostname: 'store.example', protocol: 'LMTP', id: 'a-1', at: AT },
    ...more,
  };
}

interface Given {
  readonly to?: readonly string[];
  readonly faults?: Partial<LetterFaults>;
  readonly options?: Partial<ReceptionOptions>;
  readonly cuts?: readonly number[];
}

/** Takes a letter in, cut at these places, and answers the outcomes. */
async function receive(
  store: Pick<Store, 'beginDelivery'>,
  letter: string | Buffer,
  given: Given = {},
): Promise<Outcome[]> {
  const octets = Buffer.from(letter);
  const reception = new Reception(transaction(...(given.to ?? ['pat@d'])), options(store, given.options));
  const at = [0, ...(given.cuts ?? []).filter((cut) => cut < octets.length), octets.length].sort((a, b) => a - b);
  for (let index = 1; index < at.length; index += 1) {
    const piece = octets.subarray(at[index - 1], at[index]);
    if (piece.length > 0) await reception.write(piece);
  }
  return Promise.all(await reception.end({ ...CLEAN, ...given.faults }));
}

/** The letters of a mailbox, whole. */
function letters(store: MemoryStore, name: string): string[] {
  const maildrop = store.openMaildrop(name);
  return Array.from({ length: maildrop.count }, (_, index) => {
    let letter = '';
    for (let from = 0; ; from = letter.length) {
      const octets = Buffer.from(maildrop.read(index + 1, from) as Uint8Array).toString('latin1');
      if (octets === '') return letter;
      letter += octets;
    }
  });
}

const trace = (to: string) =>
  `Return-Path: <chris@example.org>\r\nDelivered-To: ${to}\r\nReceived: from mx.example\r\n\tby store.example with LMTP id a-1\r\n\tfor <${to}>; Thu, 01 Jan 2026 00:00:00 +0000\r\n`;

const why = (outcomes: readonly Outcome[]) =>
  outcomes.map((outcome) => (outcome.type === 'placed' ? 'placed' : outcome.why));

describe('a letter that is received', () => {
  it('stands below its trace fields octet for octet, however it came cut (SM-23, SM-25)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.constantFrom('', 'A: b', '.', '\t', 'Received: x'), fc.string({ unit: 'binary-ascii' }))),
        fc.array(fc.nat({ max: 120 })),
        async (lines, cuts) => {
          const letter = lines.map((line) => `${line}\r\n`).join('');
          const store = new MemoryStore({ maildrops: ['pat'] });
          assert.deepEqual(why(await receive(store, letter, { cuts })), ['placed']);
          assert.deepEqual(letters(store, 'pat'), [trace('pat@d') + letter]);
        },
      ),
    );
  });

  it('keeps Return-Path, Delivered-To and Received fields of its own (SM-60, SM-61)', async () => {
    const letter = 'Return-Path: <a@b>\r\nReturn-Path: <c@d>\r\nDelivered-To: x@y\r\nReceived: from z\r\n\r\nhi\r\n';
    const store = new MemoryStore({ maildrops: ['pat'] });
    await receive(store, letter);
    assert.deepEqual(letters(store, 'pat'), [trace('pat@d') + letter]);
  });

  it('shows each recipient his own address and no other (SM-62, SM-66)', async () => {
    const store = new MemoryStore({ maildrops: ['pat', 'green'] });
    await receive(store, 'Subject: x\r\n\r\n', { to: ['pat@d', 'green@d'] });
    const [[pat = ''], [green = '']] = [letters(store, 'pat'), letters(store, 'green')];
    assert.match(pat, /^Delivered-To: pat@d\r$/m);
    assert.match(green, /^Delivered-To: green@d\r$/m);
    assert.doesNotMatch(pat, /green/);
    assert.doesNotMatch(green, /pat@/);
    assert.doesNotMatch(pat + green, /\tfor /);
  });

  it('tells the store what MAIL declared', async () => {
    let seen: Envelope | undefined;
    const store = new MemoryStore({ maildrops: ['pat'] });
    const reception = new Reception(
      { ...transaction('pat@d'), parameters: { size: 7 } },
      options({
        beginDelivery(envelope) {
          seen = envelope;
          return store.beginDelivery(envelope);
        },
      }),
    );
    await Promise.all(await reception.end(CLEAN));
    assert.equal(seen?.declaredOctets, 7);
    assert.equal(seen?.returnPath, 'chris@example.org');
  });
});

describe('a letter that is refused', () => {
  const LETTER = 'Subject: x\r\n\r\nhello\r\n';

  async function refusal(given: Given & { letter?: string }): Promise<string[]> {
    const store = new MemoryStore({ maildrops: ['pat', 'green'] });
    const outcomes = await receive(store, given.letter ?? LETTER, { to: ['pat@d', 'green@d'], ...given });
    for (const name of ['pat', 'green']) {
      const expected = outcomes.some(
        (outcome, index) => outcome.type === 'placed' && index === (name === 'pat' ? 0 : 1),
      );
      assert.equal(store.openMaildrop(name).count, expected ? 1 : 0, name);
    }
    return why(outcomes);
  }

  it('has a bare CR or LF (SM-21), or a NUL (SM-24): nobody gets it', async () => {
    assert.deepEqual(await refusal({ faults: { bareLineEnd: true } }), ['bare-line-end', 'bare-line-end']);
    assert.deepEqual(await refusal({ faults: { nul: true } }), ['nul', 'nul']);
    assert.deepEqual(await refusal({ faults: { nul: true, bareLineEnd: true } }), ['bare-line-end', 'bare-line-end']);
  });

  it('is larger than the limit by one octet; at the limit it is taken (SM-14, SM-37)', async () => {
    const letterLimit = LETTER.length;
    assert.deepEqual(await refusal({ options: { letterLimit } }), ['placed', 'placed']);
    for (const cuts of [[], [3], [letterLimit]]) {
      assert.deepEqual(await refusal({ options: { letterLimit }, letter: `${LETTER}x`, cuts }), [
        'too-large',
        'too-large',
      ]);
    }
  });

  it('has more than a hundred Received fields (SM-63)', async () => {
    const hops = (count: number) => `${'Received: from a by b\r\n'.repeat(count)}${LETTER}`;
    assert.deepEqual(await refusal({ letter: hops(MOST_HOPS) }), ['placed', 'placed']);
    assert.deepEqual(await refusal({ letter: hops(MOST_HOPS + 1) }), ['hops', 'hops']);
    assert.deepEqual(
      await refusal({ letter: `${LETTER}${hops(200)}` }),
      ['placed', 'placed'],
      'in the body they are text',
    );
  });

  it('has been at that address before: the others get it (SM-64)', async () => {
    assert.deepEqual(await refusal({ letter: `Delivered-To: Pat@D\r\n${LETTER}` }), ['loop', 'placed']);
    assert.deepEqual(await refusal({ letter: `Delivered-To: green@d\r\n${LETTER}` }), ['placed', 'loop']);
    assert.deepEqual(await refusal({ letter: `Delivered-To: green@d\r\nDelivered-To: pat@d\r\n${LETTER}` }), [
      'loop',
      'loop',
    ]);
  });

  it('is refused for the same reason however it is cut', async () => {
    const head = 'Delivered-To: pat@d\r\n';
    for (const letter of [head + LETTER, `${'Received: a\r\n'.repeat(101)}\r\n`, `A: ${'x'.repeat(300)}\r\n\r\n`]) {
      const whole = await refusal({ letter, options: { letterLimit: 2000 } });
      for (const size of [1, 2, 3, 7]) {
        const cuts = Array.from({ length: Math.ceil(letter.length / size) }, (_, index) => index * size);
        assert.deepEqual(await refusal({ letter, options: { letterLimit: 2000 }, cuts }), whole);
      }
    }
  });
});

describe('normalise (SM-21)', () => {
  it('makes each CR or LF that stands alone a CRLF, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('\r', '\n', '\r\n', 'a', '.', ':')).map((parts) => `${parts.join('')}\r\n`),
        fc.array(fc.nat({ max: 60 })),
        async (letter, cuts) => {
          const store = new MemoryStore({ maildrops: ['pat'] });
          await receive(store, letter, { cuts, options: { bareLineEnds: 'normalise' }, faults: { bareLineEnd: true } });
          const expected = letter.split(/\r\n|\r|\n/).join('\r\n');
          assert.deepEqual(letters(store, 'pat'), [trace('pat@d') + expected]);
        },
      ),
    );
  });
});

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

describe('a letter that came in chunks', () => {
  it('gets the CRLF that its last line lacks, and none where there is one or no line (SM-23, SM-49)', async () => {
    for (const bareLineEnds of ['refuse', 'normalise'] as const) {
      for (const [letter, kept] of [
        ['Subject: x\r\n\r\nhi', 'Subject: x\r\n\r\nhi\r\n'],
        ['Subject: x', 'Subject: x\r\n'],
        ['Subject: x\r\n', 'Subject: x\r\n'],
        ['', ''],
      ] as const) {
        const store = new MemoryStore({ maildrops: ['pat'] });
        await receive(store, letter, { cuts: [3], options: { bareLineEnds, letterLimit: letter.length } });
        assert.deepEqual(letters(store, 'pat'), [trace('pat@d') + kept]);
      }
    }
  });

  it('has a CR at its very end made CRLF, where lone ones are (SM-21)', async () => {
    const store = new MemoryStore({ maildrops: ['pat'] });
    await receive(store, 'a\rb\r', { cuts: [1, 2, 3], options: { bareLineEnds: 'normalise' } });
    assert.deepEqual(letters(store, 'pat'), [`${trace('pat@d')}a\r\nb\r\n`]);
  });

  it('is refused when more was announced than a letter may have (SM-37, SM-51)', async () => {
    const store = new MemoryStore({ maildrops: ['pat'] });
    assert.deepEqual(why(await receive(store, 'A: b\r\n', { faults: { tooLarge: true } })), ['too-large']);
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

describe('a letter broken off', () => {
  it('is aborted, and nothing is delivered', async () => {
    const store = new MemoryStore({ maildrops: ['pat'] });
    for (const begun of ['A: b', 'A: b\r\n\r\nhalf a let']) {
      const reception = new Reception(transaction('pat@d'), options(store));
      await reception.write(Buffer.from(begun));
      reception.abort();
    }
    assert.equal(store.openMaildrop('pat').count, 0);
  });
});
