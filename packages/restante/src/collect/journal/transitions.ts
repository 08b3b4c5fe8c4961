import type { Change, LetterRecord, LetterState } from './journal.ts';
import { possibleOctets, wholeTime } from './whole.ts';

/** A change that cannot follow what is known of the letter: a mistake in this program. */
export class ImpossibleChange extends Error {
  override readonly name = 'ImpossibleChange';
}

/** What a letter may be when something becomes true of it; `unheard-of` is one that the journal does not have. */
export type Before = LetterState | 'unheard-of';

/** What it is then: a state, `same` for no other than before, `as-it-was` for what it was before it was gone. */
export type After = LetterState | 'same' | 'as-it-was' | 'unheard-of';

/**
 * Each step that there is. `failed` leads to `given-up` where the attempts are spent. What a step asks for besides is in
 * `refusal`.
 */
export const TRANSITIONS: Readonly<Record<Change['type'], Readonly<Partial<Record<Before, After>>>>> = {
  listed: {
    'unheard-of': 'listed',
    listed: 'same',
    fetching: 'same',
    staged: 'same',
    kept: 'same',
    'delete-sent': 'same',
    unknown: 'same',
    gone: 'as-it-was',
    skipped: 'same',
    held: 'same',
    'given-up': 'same',
  },
  // A letter that is `fetching` already was so when we died.
  fetching: { listed: 'fetching', fetching: 'fetching' },
  staged: { fetching: 'staged' },
  kept: { staged: 'kept' },
  adopted: {
    'unheard-of': 'kept',
    listed: 'kept',
    fetching: 'kept',
    skipped: 'kept',
    held: 'kept',
    'given-up': 'kept',
  },
  failed: { listed: 'listed', fetching: 'listed', staged: 'listed' },
  skipped: { listed: 'skipped', fetching: 'skipped', skipped: 'skipped', held: 'skipped', 'given-up': 'skipped' },
  // A letter that is `staged` is held where nobody can tell what came of it.
  held: { listed: 'held', fetching: 'held', staged: 'held', skipped: 'held', held: 'held', 'given-up': 'held' },
  wanted: { listed: 'listed', kept: 'listed', skipped: 'listed', held: 'listed', 'given-up': 'listed' },
  'delete-sent': { kept: 'delete-sent' },
  // Not one that is `staged`: it has to be settled first.
  gone: {
    listed: 'gone',
    fetching: 'gone',
    kept: 'gone',
    'delete-sent': 'gone',
    unknown: 'gone',
    skipped: 'gone',
    held: 'gone',
    'given-up': 'gone',
  },
  unknown: { 'delete-sent': 'unknown' },
  'still-there': { 'delete-sent': 'kept', unknown: 'kept', gone: 'as-it-was' },
  // Not one that is `staged`: what is in the staging folder goes by its key.
  rebound: {
    listed: 'same',
    fetching: 'same',
    kept: 'same',
    'delete-sent': 'same',
    unknown: 'same',
    gone: 'same',
    skipped: 'same',
    held: 'same',
    'given-up': 'same',
  },
  forgotten: { gone: 'unheard-of' },
};

/** What the letter is once the change is true of it; undefined when it is forgotten. Throws an ImpossibleChange. */
export function apply(record: LetterRecord | undefined, change: Change): LetterRecord | undefined {
  const before = record?.state ?? 'unheard-of';
  const after = TRANSITIONS[change.type][before];
  const why = after === undefined ? `it is ${before}` : refusal(record, change);
  if (after === undefined || why !== undefined) {
    throw new ImpossibleChange(`${change.type} cannot become true of ${JSON.stringify(change.key)}: ${why}`);
  }
  if (after === 'unheard-of') return undefined;
  const known = record ?? newRecord(change);
  const state = after === 'same' ? known.state : after === 'as-it-was' ? (known.was ?? 'listed') : after;
  return { ...known, state, ...(before === 'gone' && state !== 'gone' ? BACK : {}), ...novelty(known, change) };
}

const BACK = { gone: undefined, was: undefined } as const;

/** What a step asks for besides the state. */
function refusal(record: LetterRecord | undefined, change: Change): string | undefined {
  switch (change.type) {
    case 'staged':
      return proofRefusal(change);
    case 'adopted':
      return change.proof === undefined ? undefined : proofRefusal(change.proof);
    case 'wanted':
      if (record?.state !== 'kept' || record.headersOnly || record.sha256 === undefined) return undefined;
      return 'it is kept whole';
    case 'delete-sent':
      if (record?.headersOnly) return 'only its header is kept';
      return record?.sha256 === undefined && change.adopted !== true ? 'nothing proves that it is kept' : undefined;
    default:
      return undefined;
  }
}

function proofRefusal(proof: { readonly octets: number; readonly sha256: string }): string | undefined {
  if (!Number.isSafeInteger(proof.octets) || proof.octets < 0) return `${proof.octets} is no number of octets`;
  return /^[0-9a-f]{64}$/.test(proof.sha256) ? undefined : 'its SHA-256 is none';
}

/** What the change says of the letter, beyond its state. */
function novelty(record: LetterRecord, change: Change): Partial<LetterRecord> {
  switch (change.type) {
    case 'listed':
      return {
        uniqueId: change.uniqueId ?? record.uniqueId,
        declaredOctets: possibleOctets(change.declaredOctets) ?? record.declaredOctets,
        fingerprint: change.fingerprint ?? record.fingerprint,
      };
    case 'fetching':
      return { attempts: record.attempts + 1, notBefore: undefined };
    case 'staged': {
      const { octets, sha256, fingerprint, headersOnly, place, destination } = change;
      return { octets, sha256, fingerprint, headersOnly, place, destination };
    }
    case 'kept':
      return {
        ...ENDED_WELL,
        place: change.place ?? record.place,
        kept: wholeTime(change.at),
        attempts: withoutThisOne(record),
      };
    case 'adopted':
      return {
        ...NOT_HERE,
        uniqueId: change.uniqueId ?? record.uniqueId,
        octets: change.proof?.octets,
        sha256: change.proof?.sha256,
        place: change.place,
        destination: change.destination,
        kept: wholeTime(change.at),
        why: change.why,
        notBefore: undefined,
        attempts: withoutThisOne(record),
      };
    case 'failed':
      return {
        ...NOT_HERE,
        ...(change.givenUp ? { state: 'given-up' } : {}),
        why: change.why,
        notBefore: change.notBefore === undefined ? undefined : wholeTime(change.notBefore),
        attempts: change.counts ? record.attempts : withoutThisOne(record),
      };
    case 'skipped':
    case 'held':
      return { why: change.why, notBefore: undefined, attempts: withoutThisOne(record) };
    case 'wanted':
      return { ...NOT_HERE, ...ENDED_WELL, attempts: 0 };
    case 'gone':
      return { gone: wholeTime(change.at), was: beforeItWasGone(record.state) };
    case 'rebound':
      return { key: change.to, uniqueId: change.uniqueId };
    default:
      return {};
  }
}

/** Nothing of it is at the destination. Its fingerprint stays true. */
const NOT_HERE = {
  octets: undefined,
  sha256: undefined,
  headersOnly: false,
  place: undefined,
  destination: undefined,
  kept: undefined,
} as const;

const ENDED_WELL = { why: undefined, notBefore: undefined } as const;

/** Attempts, when the one that is under way is not to be counted: it ended well, or the letter is not to blame. */
function withoutThisOne({ state, attempts }: LetterRecord): number {
  return state === 'fetching' || state === 'staged' ? Math.max(0, attempts - 1) : attempts;
}

function beforeItWasGone(state: LetterState): NonNullable<LetterRecord['was']> {
  switch (state) {
    case 'delete-sent':
    case 'unknown':
    case 'kept':
      return 'kept';
    case 'skipped':
    case 'held':
    case 'given-up':
      return state;
    default:
      return 'listed';
  }
}

function newRecord(change: Change): LetterRecord {
  return {
    key: change.key,
    uniqueId: undefined,
    state: 'listed',
    listed: 'at' in change ? wholeTime(change.at) : 0,
    declaredOctets: undefined,
    octets: undefined,
    sha256: undefined,
    fingerprint: undefined,
    headersOnly: false,
    place: undefined,
    destination: undefined,
    kept: undefined,
    gone: undefined,
    was: undefined,
    attempts: 0,
    why: undefined,
    notBefore: undefined,
  };
}
