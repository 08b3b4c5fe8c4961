import type { SQLInputValue } from 'node:sqlite';
import type { LetterRecord, LetterState, MailboxFacts } from './journal.ts';

/** How a record and the facts lie in their tables; columns in the order of the rows. */
export const LETTER_COLUMNS =
  'key, unique_id, state, listed, declared_octets, octets, sha256, fingerprint, headers_only, place, destination, kept, gone, was, attempts, why, not_before';
export const FACT_COLUMNS =
  'destination, begun, last_listed, doubted, pipelining_distrusted, last_login, failures, not_before';

type Whole = number | null;
type Text = string | null;
export type LetterRow = readonly [
  id: number,
  key: string,
  uniqueId: Text,
  state: string,
  listed: number,
  declaredOctets: Whole,
  octets: Whole,
  sha256: Uint8Array | null,
  fingerprint: Text,
  headersOnly: number,
  place: Text,
  destination: Text,
  kept: Whole,
  gone: Whole,
  was: Text,
  attempts: number,
  why: Text,
  notBefore: Whole,
];
export type FactRow = readonly [
  destination: Text,
  begun: Whole,
  lastListed: Whole,
  doubted: Whole,
  pipeliningDistrusted: number,
  lastLogin: Whole,
  failures: number,
  notBefore: Whole,
];

const STATES: ReadonlySet<string> = new Set<LetterState>([
  'listed',
  'fetching',
  'staged',
  'kept',
  'delete-sent',
  'unknown',
  'gone',
  'skipped',
  'held',
  'given-up',
]);

/** A row that this program never wrote: the journal is damaged. */
export class DamagedRow extends Error {
  override readonly name = 'DamagedRow';
}

/** `once` answers a string that was seen before in the place of an equal one: a million letters have one destination. */
export function recordOf(row: LetterRow, once: (text: string) => string): LetterRecord {
  const [id, key, uniqueId, state, listed, declaredOctets, octets, sha256, fingerprint, headersOnly] = row;
  const [place, destination, kept, gone, was, attempts, why, notBefore] = row.slice(10) as unknown as [
    Text,
    Text,
    Whole,
    Whole,
    Text,
    number,
    Text,
    Whole,
  ];
  if (!isState(state) || !(was === null || isState(was)) || (octets === null) !== (sha256 === null)) {
    throw new DamagedRow(`letter ${id} is none that this program wrote`);
  }
  return {
    key,
    // Mostly the same text: kept once.
    uniqueId: uniqueId === key ? key : (uniqueId ?? undefined),
    state,
    listed,
    declaredOctets: declaredOctets ?? undefined,
    octets: octets ?? undefined,
    sha256: sha256 === null ? undefined : Buffer.from(sha256.buffer, sha256.byteOffset, sha256.length).toString('hex'),
    fingerprint: fingerprint ?? undefined,
    headersOnly: headersOnly === 1,
    place: place ?? undefined,
    destination: destination === null ? undefined : once(destination),
    kept: kept ?? undefined,
    gone: gone ?? undefined,
    was: (was ?? undefined) as LetterRecord['was'],
    attempts,
    why: why === null ? undefined : once(why),
    notBefore: notBefore ?? undefined,
  };
}

function isState(text: string): text is LetterState {
  return STATES.has(text);
}

export function letterValues(record: LetterRecord): SQLInputValue[] {
  return [
    record.key,
    record.uniqueId ?? null,
    record.state,
    record.listed,
    record.declaredOctets ?? null,
    record.octets ?? null,
    record.sha256 === undefined ? null : Buffer.from(record.sha256, 'hex'),
    record.fingerprint ?? null,
    record.headersOnly ? 1 : 0,
    record.place ?? null,
    record.destination ?? null,
    record.kept ?? null,
    record.gone ?? null,
    record.was ?? null,
    record.attempts,
    record.why ?? null,
    record.notBefore ?? null,
  ];
}

export function factsOf(row: FactRow): MailboxFacts {
  const [destination, begun, lastListed, doubted, pipeliningDistrusted, lastLogin, failures, notBefore] = row;
  return {
    destination: destination ?? undefined,
    begun: begun ?? undefined,
    lastListed: lastListed ?? undefined,
    doubted: doubted ?? undefined,
    pipeliningDistrusted: pipeliningDistrusted === 1,
    lastLogin: lastLogin ?? undefined,
    failures,
    notBefore: notBefore ?? undefined,
  };
}

export function factValues(facts: MailboxFacts): SQLInputValue[] {
  return [
    facts.destination ?? null,
    facts.begun ?? null,
    facts.lastListed ?? null,
    facts.doubted ?? null,
    facts.pipeliningDistrusted ? 1 : 0,
    facts.lastLogin ?? null,
    facts.failures,
    facts.notBefore ?? null,
  ];
}
