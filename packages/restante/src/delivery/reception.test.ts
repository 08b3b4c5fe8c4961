import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Envelope } from '@restante/pop/maildrop';
import { MemoryStore } from '@restante/pop/testing';
import fc from 'fast-check';
import { MOST_HOPS } from './loops.ts';
import { CLEAN, type Given, letters, options, receive, trace, transaction, why } from './reception.test-support.ts';
import { Reception } from './reception.ts';

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
