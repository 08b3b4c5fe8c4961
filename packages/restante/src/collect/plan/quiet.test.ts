import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LONGEST_REMEMBERED } from '../journal/forget.ts';
import type { LetterState } from '../journal/journal.ts';
import type { Situation } from './plan.ts';
import { quietDigest, quietFact, stillQuiet } from './quiet.ts';
import { DAY, DELETE, KEEP } from './simulation.test-support.ts';
import { FACTS, header, kept, listed, NOW, planOf, situation } from './situation.test-support.ts';

const LISTING = [listed(1, 'u1', undefined), listed(2, 'u2', undefined)];
const NOTHING_NEW: Partial<Situation> = {
  listing: LISTING,
  counted: 2,
  countedOctets: 200,
  sized: false,
  records: [kept('u1'), kept('u2')],
};
const LATER = { ...KEEP, afterwards: { type: 'delete-after', milliseconds: 14 * DAY } } as const;

function factOf(changes: Partial<Situation> = {}): string | undefined {
  const asked = { ...NOTHING_NEW, ...changes };
  return quietFact('d', planOf(asked), situation(asked));
}

function untilOf(changes: Partial<Situation>): number | undefined {
  return stillQuiet(factOf(changes), 'd', NOW)?.until;
}

test('a call that found nothing to do is remembered, and what each run reports', () => {
  const held = kept('u1', {
    state: 'held',
    why: 'nobody knows where it belongs',
    sha256: undefined,
    octets: undefined,
  });
  const quiet = stillQuiet(factOf({ records: [held, kept('u2')], expire: 3 }), 'd', NOW);
  assert.deepEqual(quiet?.letters, 2);
  assert.deepEqual(quiet?.reported, [
    { key: 'u1', uniqueId: 'u1', state: 'held', why: 'nobody knows where it belongs' },
  ]);
  assert.match(quiet?.warnings.join() ?? '', /deletes letters after 3 days/);
});

test('nothing is remembered of a listing that is not sure, or of a call with anything to do', () => {
  const states: LetterState[] = ['listed', 'fetching', 'staged', 'delete-sent', 'unknown'];
  const some: Record<string, Partial<Situation>> = {
    'an empty listing': { listing: [], counted: 0, countedOctets: 0, records: [] },
    'STAT said nothing': { counted: undefined, countedOctets: undefined },
    'it is shorter than STAT says': { counted: 3, countedOctets: 300 },
    'it is longer than STAT says': { counted: 1, countedOctets: 200 },
    'LIST had to be asked': { sized: true },
    'a header had to be asked': { headers: new Map([[1, undefined]]) },
    'the maildrop was never seen': { facts: { ...FACTS, begun: undefined } },
    'a letter is new': { records: [kept('u1')] },
    'a letter is to be deleted': { policy: DELETE },
    'a letter has left': { records: [kept('u1'), kept('u2'), kept('u3')] },
    'two letters have one unique-id': { listing: [LISTING[0], listed(2, 'u1', 100)] as never },
    'a letter has none': { listing: [LISTING[0], listed(2, undefined)] as never },
    'most are missing': {
      counted: 2,
      records: [...Array(30).keys()].map((number) => kept(`u${number + 1}`)),
    },
    ...Object.fromEntries(
      states.map((state) => [
        `a letter is ${state}`,
        { records: [kept('u1'), kept('u2', { state, notBefore: NOW + 1 })] },
      ]),
    ),
    'a letter somewhere else is staged': { records: [kept('u1'), kept('u2'), kept('u3', { state: 'staged' })] },
    'more are reported than can be kept twice': {
      listing: [...Array(101).keys()].map((number) => listed(number + 1, `u${number + 1}`, undefined)),
      counted: 101,
      countedOctets: 10_100,
      records: [...Array(101).keys()].map((number) => kept(`u${number + 1}`, { state: 'held', why: 'w' })),
    },
  };
  for (const [name, changes] of Object.entries(some)) {
    // As if sizes and headers had been known, so that this is not why.
    const headers = new Map([1, 2].map((number) => [number, header(`u${number}`)]));
    const plan = planOf({ ...NOTHING_NEW, headers, ...changes, sized: true });
    assert.equal(quietFact('d', plan, situation({ ...NOTHING_NEW, ...changes })), undefined, name);
  }
});

test('it holds until time makes something else of a letter, and before that no longer than the clock goes on', () => {
  assert.equal(untilOf({}), Number.MAX_SAFE_INTEGER);
  const one = NOW - 3 * DAY;
  const records = [kept('u1', { kept: one }), kept('u2', { kept: one + 1 })];
  assert.equal(untilOf({ policy: LATER, records }), one + 14 * DAY);
  const gone = kept('u0', { state: 'gone', was: 'kept', gone: one });
  assert.equal(untilOf({ records: [...records, gone] }), one + LONGEST_REMEMBERED);
  const fact = factOf({ policy: LATER, records });
  assert.notEqual(stillQuiet(fact, 'd', one + 14 * DAY - 1), undefined);
  assert.equal(stillQuiet(fact, 'd', one + 14 * DAY), undefined);
  assert.equal(stillQuiet(fact, 'd', NOW - 1), undefined);
  assert.equal(stillQuiet(fact, 'e', NOW), undefined);
  assert.equal(stillQuiet(undefined, 'd', NOW), undefined);
});

test('another listing, count, destination, EXPIRE or policy makes it another question', () => {
  const asked = { counted: 2, countedOctets: 200, destination: 'maildir:/m', expire: undefined, policy: KEEP } as const;
  const octets = Buffer.from('1 u1\r\n2 u2\r\n');
  const questions = [
    quietDigest(asked, octets),
    quietDigest(asked, Buffer.from('1 u2\r\n2 u1\r\n')),
    quietDigest({ ...asked, counted: 3 }, octets),
    quietDigest({ ...asked, countedOctets: 201 }, octets),
    quietDigest({ ...asked, destination: 'maildir:/n' }, octets),
    quietDigest({ ...asked, expire: 0 }, octets),
    quietDigest({ ...asked, expire: 'never' }, octets),
    quietDigest({ ...asked, policy: DELETE }, octets),
    quietDigest({ ...asked, policy: { ...KEEP, deleteAdopted: true } }, octets),
    quietDigest({ ...asked, policy: { ...KEEP, largest: { octets: 5, larger: 'skip' } } }, octets),
  ];
  assert.equal(new Set(questions).size, questions.length);
  assert.equal(quietDigest({ ...asked }, Buffer.from(octets)), questions[0]);
});
