import type { SQLInputValue } from 'node:sqlite';
import type { LetterRecord, LetterState, MailboxFacts } from './journal.ts';

type Whole = number | null;
type Text = string | null;

/** How a letter and the facts lie in their tables; columns in the order of the values. */
export const LETTER_COLUMNS = [
  'key',
  'unique_id',
  'state',
  'listed',
  'declared_octets',
  'octets',
  'sha256',
  'fingerprint',
  'headers_only',
  'place',
  'destination',
  'kept',
  'gone',
  'was',
  'attempts',
  'why',
  'not_before',
] as const;
export const FACT_COLUMNS = [
  'destination',
  'begun',
  'last_listed',
  'doubted',
  'pipelining_distrusted',
  'last_login',
  'failures',
  'not_before',
  'refused_until',
  'quiet',
] as const;

/** Reads the letters' rows. A unique-id that is the key as well, as most are, comes as 1: the text need not be there twice. */
export const SELECT_LETTERS = `SELECT id, ${LETTER_COLUMNS.join(', ').replace(
  'unique_id',
  'CASE unique_id WHEN key THEN 1 ELSE unique_id END',
)} FROM letters WHERE id > ? ORDER BY id LIMIT ?`;

export type LetterRow = readonly [
  id: number,
  key: string,
  uniqueId: Text | 1,
  state: string,
  listed: number,
  declaredOctets: Whole,
  octets: Whole,
  sha256: Text,
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
  refusedUntil: Whole,
  quiet: Text,
];

/** The one string for each state: a million letters need no more. */
const STATES = onceEach<LetterState>([
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
const BEFORE_GONE = onceEach<NonNullable<LetterRecord['was']>>(['listed', 'kept', 'skipped', 'held', 'given-up']);

function onceEach<T extends string>(texts: readonly T[]): ReadonlyMap<string, T> {
  return new Map(texts.map((text) => [text, text]));
}

/** A row that this program never wrote: the journal is damaged. */
export class DamagedRow extends Error {
  override readonly name = 'DamagedRow';
}

/** `once` answers a string that was seen before in the place of an equal one: a million letters have one destination. */
export function recordOf(row: LetterRow, once: (text: string) => string): LetterRecord {
  // By index: taking a row apart by its names takes as long as reading it.
  const state = STATES.get(row[3]);
  const was = row[14] === null ? undefined : BEFORE_GONE.get(row[14]);
  if (state === undefined || (row[14] === null) !== (was === undefined) || (row[6] === null) !== (row[7] === null)) {
    throw new DamagedRow(`letter ${row[0]} is none that this program wrote`);
  }
  return {
    key: row[1],
    uniqueId: row[2] === 1 ? row[1] : (row[2] ?? undefined),
    state,
    listed: row[4],
    declaredOctets: row[5] ?? undefined,
    octets: row[6] ?? undefined,
    sha256: row[7] ?? undefined,
    fingerprint: row[8] ?? undefined,
    headersOnly: row[9] === 1,
    place: row[10] ?? undefined,
    destination: row[11] === null ? undefined : once(row[11]),
    kept: row[12] ?? undefined,
    gone: row[13] ?? undefined,
    was,
    attempts: row[15],
    why: row[16] === null ? undefined : once(row[16]),
    notBefore: row[17] ?? undefined,
  };
}

export function letterValues(record: LetterRecord): SQLInputValue[] {
  return [
    record.key,
    record.uniqueId ?? null,
    record.state,
    record.listed,
    record.declaredOctets ?? null,
    record.octets ?? null,
    record.sha256 ?? null,
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
  const [refusedUntil, quiet] = row.slice(8) as [Whole, Text];
  return {
    destination: destination ?? undefined,
    begun: begun ?? undefined,
    lastListed: lastListed ?? undefined,
    doubted: doubted ?? undefined,
    pipeliningDistrusted: pipeliningDistrusted === 1,
    lastLogin: lastLogin ?? undefined,
    failures,
    notBefore: notBefore ?? undefined,
    refusedUntil: refusedUntil ?? undefined,
    quiet: quiet ?? undefined,
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
    facts.refusedUntil ?? null,
    facts.quiet ?? null,
  ];
}
