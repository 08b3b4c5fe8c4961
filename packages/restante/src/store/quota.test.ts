import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Quota, type QuotaRules, reached } from './quota.ts';

const RULES: QuotaRules = { octets: 1_000, letters: 3, grace: 10, levels: [80, 95] };

function kind(quota: Quota | undefined, count: number, octets: number, letter: number): string | undefined {
  return quota?.refusal('anna', { count, octets }, letter)?.kind;
}

describe('a quota', () => {
  test('lets the last letter go over it by the grace and no more, and none in once it is reached', () => {
    const quota = Quota.of(RULES, {});
    assert.equal(kind(quota, 0, 0, 1_000), undefined);
    assert.equal(kind(quota, 0, 0, 1_100), undefined);
    assert.equal(kind(quota, 1, 999, 101), undefined);
    assert.equal(kind(quota, 1, 999, 102), 'over-quota');
    assert.equal(kind(quota, 1, 1_000, 1), 'over-quota');
    assert.equal(kind(quota, 2, 0, 1), undefined);
    assert.equal(kind(quota, 3, 0, 1), 'over-quota');
  });

  test('without a grace is what it says', () => {
    const quota = Quota.of({ ...RULES, grace: 0 }, {});
    assert.equal(kind(quota, 1, 900, 100), undefined);
    assert.equal(kind(quota, 1, 900, 101), 'over-quota');
  });

  test('tells a letter that no emptying makes room for from one that may come again (SM-36)', () => {
    const quota = Quota.of(RULES, {});
    assert.equal(kind(quota, 0, 0, 1_101), 'exceeds-maildrop');
    assert.equal(kind(quota, 3, 1_050, 1_101), 'exceeds-maildrop');
    assert.equal(kind(quota, 3, 1_050, 1_100), 'over-quota');
  });

  test('of an account stands before that for all, each for itself; null is no limit', () => {
    assert.equal(kind(Quota.of(RULES, { quotaOctets: 10 }), 0, 0, 12), 'exceeds-maildrop');
    assert.equal(kind(Quota.of(RULES, { quotaOctets: null }), 0, 10 ** 12, 10 ** 9), undefined);
    assert.equal(kind(Quota.of(RULES, { quotaOctets: null }), 3, 0, 1), 'over-quota');
    assert.equal(kind(Quota.of(RULES, { quotaLetters: null }), 1_000, 0, 1), undefined);
    assert.equal(Quota.of(RULES, { quotaOctets: null, quotaLetters: null }), undefined);
    assert.equal(Quota.of({ ...RULES, octets: null, letters: null }, {}), undefined);
    assert.equal(kind(Quota.of({ ...RULES, octets: null, letters: null }, { quotaLetters: 1 }), 1, 0, 1), 'over-quota');
  });

  test('of nothing takes nothing', () => {
    assert.equal(kind(Quota.of(RULES, { quotaOctets: 0 }), 0, 0, 1), 'exceeds-maildrop');
    assert.equal(kind(Quota.of(RULES, { quotaLetters: 0 }), 0, 0, 1), 'over-quota');
    assert.equal(Quota.of(RULES, { quotaLetters: 0 })?.used({ count: 0, octets: 0 }), 100);
  });

  test('is used by octets or letters, whichever is nearer to its end, and never rounded up to a level', () => {
    const quota = Quota.of(RULES, {});
    assert.equal(quota?.used({ count: 0, octets: 799 }), 79);
    assert.equal(quota?.used({ count: 2, octets: 100 }), 66);
    assert.equal(quota?.used({ count: 1, octets: 1_100 }), 110);
    assert.deepEqual(
      [0, 79, 80, 94, 95, 130].map((percent) => reached(RULES.levels, percent)),
      [0, 0, 80, 80, 95, 95],
    );
    assert.equal(reached([], 100), 0);
  });
});
