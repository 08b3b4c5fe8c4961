import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change, LetterRecord, LetterState } from './journal.ts';
import { apply, type Before, TRANSITIONS } from './transitions.ts';

const SHA = 'ab'.repeat(32);

/** A change of each type, of the letter `k`. */
const CHANGES: { readonly [Type in Change['type']]: Extract<Change, { type: Type }> } = {
  listed: { type: 'listed', key: 'k', uniqueId: 'k', declaredOctets: 7, at: 70 },
  fetching: { type: 'fetching', key: 'k' },
  staged: {
    type: 'staged',
    key: 'k',
    octets: 7,
    sha256: SHA,
    fingerprint: 'f',
    headersOnly: false,
    place: 'p',
    destination: 'maildir:/m',
  },
  kept: { type: 'kept', key: 'k', at: 71 },
  adopted: { type: 'adopted', key: 'k', uniqueId: 'k', at: 72, why: 'kept by fetchmail' },
  failed: { type: 'failed', key: 'k', why: 'no', givenUp: false, counts: true },
  skipped: { type: 'skipped', key: 'k', why: 'too large' },
  held: { type: 'held', key: 'k', why: 'for nobody' },
  wanted: { type: 'wanted', key: 'k' },
  'delete-sent': { type: 'delete-sent', key: 'k' },
  gone: { type: 'gone', key: 'k', at: 73 },
  unknown: { type: 'unknown', key: 'k' },
  'still-there': { type: 'still-there', key: 'k' },
  rebound: { type: 'rebound', key: 'k', to: 'other', uniqueId: 'other' },
  forgotten: { type: 'forgotten', key: 'k' },
};

/** The shortest way to each state. */
const WAYS: { readonly [State in LetterState]: readonly Change[] } = (() => {
  const { listed, fetching, staged, kept, skipped, held, unknown, gone } = CHANGES;
  const safe = [listed, fetching, staged, kept];
  return {
    listed: [listed],
    fetching: [listed, fetching],
    staged: [listed, fetching, staged],
    kept: safe,
    'delete-sent': [...safe, CHANGES['delete-sent']],
    unknown: [...safe, CHANGES['delete-sent'], unknown],
    gone: [...safe, CHANGES['delete-sent'], gone],
    skipped: [listed, skipped],
    held: [listed, fetching, held],
    'given-up': [listed, fetching, { ...CHANGES.failed, givenUp: true }],
  };
})();

function after(changes: readonly Change[]): LetterRecord | undefined {
  return changes.reduce<LetterRecord | undefined>(apply, undefined);
}

/** What may follow what, as the contract says it (journal.ts): state before, changes that may come, state after. */
const MAY: Readonly<Record<Before, Readonly<Partial<Record<Change['type'], LetterState | 'forgotten'>>>>> = {
  'unheard-of': { listed: 'listed', adopted: 'kept' },
  listed: {
    listed: 'listed',
    fetching: 'fetching',
    adopted: 'kept',
    failed: 'listed',
    skipped: 'skipped',
    held: 'held',
    wanted: 'listed',
    gone: 'gone',
    rebound: 'listed',
  },
  fetching: {
    listed: 'fetching',
    fetching: 'fetching',
    staged: 'staged',
    adopted: 'kept',
    failed: 'listed',
    skipped: 'skipped',
    held: 'held',
    gone: 'gone',
    rebound: 'fetching',
  },
  staged: { listed: 'staged', kept: 'kept', failed: 'listed', held: 'held' },
  kept: { listed: 'kept', 'delete-sent': 'delete-sent', gone: 'gone', rebound: 'kept' },
  'delete-sent': {
    listed: 'delete-sent',
    gone: 'gone',
    unknown: 'unknown',
    'still-there': 'kept',
    rebound: 'delete-sent',
  },
  unknown: { listed: 'unknown', gone: 'gone', 'still-there': 'kept', rebound: 'unknown' },
  gone: { listed: 'kept', 'still-there': 'kept', rebound: 'gone', forgotten: 'forgotten' },
  skipped: {
    listed: 'skipped',
    adopted: 'kept',
    skipped: 'skipped',
    held: 'held',
    wanted: 'listed',
    gone: 'gone',
    rebound: 'skipped',
  },
  held: {
    listed: 'held',
    adopted: 'kept',
    skipped: 'skipped',
    held: 'held',
    wanted: 'listed',
    gone: 'gone',
    rebound: 'held',
  },
  'given-up': {
    listed: 'given-up',
    adopted: 'kept',
    skipped: 'skipped',
    held: 'held',
    wanted: 'listed',
    gone: 'gone',
    rebound: 'given-up',
  },
};

test('every change follows every state, or throws, as the contract says', () => {
  const states = Object.keys(MAY) as Before[];
  const types = Object.keys(CHANGES) as Change['type'][];
  assert.equal(types.length, Object.keys(TRANSITIONS).length);
  for (const state of states) {
    const record = state === 'unheard-of' ? undefined : after(WAYS[state]);
    assert.equal(record?.state ?? 'unheard-of', state);
    for (const type of types) {
      const expected = MAY[state][type];
      const step = () => apply(record, CHANGES[type])?.state ?? 'forgotten';
      if (expected !== undefined) assert.equal(step(), expected, `${type} of what is ${state}`);
      else assert.throws(step, { name: 'ImpossibleChange' }, `${type} of what is ${state}`);
    }
  }
});

test('nothing is deleted without proof: not what is kept as a header only, nor, unless somebody says so, what was adopted', () => {
  const header = after([CHANGES.listed, CHANGES.fetching, { ...CHANGES.staged, headersOnly: true }, CHANGES.kept]);
  assert.throws(() => apply(header, CHANGES['delete-sent']), /only its header is kept/);
  assert.throws(() => apply(header, { ...CHANGES['delete-sent'], adopted: true }), /only its header is kept/);

  const adopted = after([CHANGES.adopted]);
  assert.throws(() => apply(adopted, CHANGES['delete-sent']), /nothing proves that it is kept/);
  assert.equal(apply(adopted, { ...CHANGES['delete-sent'], adopted: true })?.state, 'delete-sent');

  const proved = after([{ ...CHANGES.adopted, proof: { octets: 7, sha256: SHA } }]);
  assert.equal(apply(proved, CHANGES['delete-sent'])?.state, 'delete-sent');
});

test('a proof has octets that can be counted and a whole SHA-256', () => {
  const fetching = after(WAYS.fetching);
  for (const wrong of [{ octets: -1 }, { octets: Number.NaN }, { sha256: 'AB'.repeat(32) }, { sha256: '' }]) {
    assert.throws(() => apply(fetching, { ...CHANGES.staged, ...wrong }), { name: 'ImpossibleChange' });
  }
});

test('what is kept whole is not fetched again; a header alone, or what was adopted, may be', () => {
  assert.throws(() => apply(after(WAYS.kept), CHANGES.wanted), /it is kept whole/);
  const header = after([...WAYS.fetching, { ...CHANGES.staged, headersOnly: true }, CHANGES.kept]);
  for (const record of [header, after([CHANGES.adopted])]) {
    const { state, octets, sha256, place, kept, headersOnly } = apply(record, CHANGES.wanted) ?? assert.fail();
    assert.deepEqual(
      { state, octets, sha256, place, kept, headersOnly },
      { state: 'listed', octets: undefined, sha256: undefined, place: undefined, kept: undefined, headersOnly: false },
    );
  }
});

test('attempts are those that did not end well, a crash among them, and not those that the letter is not to blame for', () => {
  const { listed, fetching, staged, kept, failed } = CHANGES;
  const attempts = (...changes: Change[]) => after(changes)?.attempts;
  assert.equal(attempts(listed, fetching), 1);
  assert.equal(attempts(listed, fetching, fetching), 2, 'the first was ended by a crash');
  assert.equal(attempts(listed, fetching, failed, fetching, failed), 2);
  assert.equal(attempts(listed, fetching, { ...failed, counts: false }), 0);
  assert.equal(attempts(listed, fetching, failed, fetching, staged, kept), 1);
  assert.equal(attempts(listed, fetching, staged, { ...failed, counts: false }), 0);
  assert.equal(attempts(listed, fetching, CHANGES.held), 0);
  assert.equal(attempts(listed, { ...failed, counts: false }), 0, 'no attempt was begun');
  assert.equal(attempts(listed, fetching, { ...failed, givenUp: true }, CHANGES.wanted), 0);
});

test('what failed is not at the destination, whatever was said of it before; by its header it is known again', () => {
  const { octets, sha256, place, destination, fingerprint, why, notBefore } =
    after([...WAYS.staged, { ...CHANGES.failed, notBefore: 99 }]) ?? assert.fail();
  assert.deepEqual(
    { octets, sha256, place, destination, fingerprint, why, notBefore },
    {
      octets: undefined,
      sha256: undefined,
      place: undefined,
      destination: undefined,
      fingerprint: 'f',
      why: 'no',
      notBefore: 99,
    },
  );
});

test('a letter that comes back is what it was before it was gone: a policy that left it alone still does', () => {
  const { gone, listed } = CHANGES;
  const was: Partial<Record<LetterState, LetterState>> = { fetching: 'listed', 'delete-sent': 'kept', unknown: 'kept' };
  for (const state of [
    'listed',
    'fetching',
    'kept',
    'delete-sent',
    'unknown',
    'skipped',
    'held',
    'given-up',
  ] as const) {
    const away = after([...WAYS[state], gone]);
    assert.equal(away?.gone, 73);
    for (const back of [apply(away, listed), apply(away, CHANGES['still-there'])]) {
      assert.equal(back?.state, was[state] ?? state);
      assert.equal(back?.gone, undefined);
      assert.equal(back?.was, undefined);
      assert.equal(back?.kept, after(WAYS[state])?.kept);
    }
  }
});

test('a letter is listed first when it is heard of first, and LIST is believed last', () => {
  const again = after([
    CHANGES.listed,
    { ...CHANGES.listed, declaredOctets: 8, at: 99 },
    { ...CHANGES.listed, declaredOctets: undefined, at: 100 },
  ]);
  assert.deepEqual([again?.listed, again?.declaredOctets], [70, 8]);
});

test('where it is in the end is what placing it said', () => {
  assert.equal(after([...WAYS.staged, { ...CHANGES.kept, place: 'elsewhere' }])?.place, 'elsewhere');
  assert.equal(after(WAYS.kept)?.place, 'p');
});

test('a letter is gone when QUIT was answered or a listing says so; until then nobody knows, and it is still kept (P3-64)', () => {
  const unknown = after(WAYS.unknown);
  const { sha256, place, kept } = after(WAYS.kept) ?? assert.fail();
  assert.ok(sha256 !== undefined && place !== undefined && kept !== undefined);
  for (const record of [after(WAYS['delete-sent']), unknown, apply(unknown, CHANGES['still-there'])]) {
    assert.deepEqual([record?.sha256, record?.place, record?.kept, record?.gone], [sha256, place, kept, undefined]);
  }
  assert.equal(apply(unknown, CHANGES.gone)?.gone, 73);
  assert.throws(
    () => apply(unknown, CHANGES['delete-sent']),
    { name: 'ImpossibleChange' },
    'the next listing tells first',
  );
});
