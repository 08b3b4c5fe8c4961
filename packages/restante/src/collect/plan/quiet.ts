/**
 * Most calls for mail find what the last one found: thousands of letters, and nothing to do. Which letters those are need
 * not be worked out once more, where the server lists the very same octets and nothing has been written of any letter since.
 *
 * What is kept of such a call is a promise: a plan made of this listing, under this policy, at a time between `made` and
 * `until`, by this version of the program, comes to nothing and tells what `Quiet` has. The journal ends it with the first
 * change of any letter.
 * @module
 */

import { createHash } from 'node:crypto';
import { VERSION } from '../../version.ts';
import { LONGEST_REMEMBERED } from '../journal/forget.ts';
import type { LetterRecord, LetterState } from '../journal/journal.ts';
import type { Plan, Situation } from './plan.ts';

/** What a call found at which there was nothing to do. Times are milliseconds since 1970. */
export interface Quiet {
  /** {@link quietDigest} of what the server said. */
  readonly digest: string;
  readonly made: number;
  readonly until: number;
  readonly letters: number;
  readonly warnings: readonly string[];
  /** Letters that each run reports, in the order in which it does. */
  readonly reported: readonly Reported[];
}

/** A letter that is left at the server, and not because all is well with it. */
export interface Reported {
  readonly key: string;
  readonly uniqueId?: string;
  readonly state: 'held' | 'given-up';
  readonly why: string;
}

/** More letters that are reported than this are looked up each time: nobody should have to keep them twice. */
const MOST_REPORTED = 100;
/** A letter in any other state may be something's beginning, or its end may not be known. */
const SETTLED: ReadonlySet<LetterState> = new Set(['kept', 'gone', 'skipped', 'held', 'given-up']);

/** All that a plan is made of but the letters' records and the time, where nothing but UIDL and STAT had to be asked. */
export type Asked = Pick<Situation, 'counted' | 'countedOctets' | 'destination' | 'expire' | 'policy'>;

/** What tells one question from another. `listing`: the octets of UIDL as they came. Hexadecimal. */
export function quietDigest(asked: Asked, listing: Uint8Array): string {
  const { counted, countedOctets, destination, expire, policy } = asked;
  const facts = JSON.stringify([VERSION, counted, countedOctets, destination, expire, policy]);
  return createHash('sha256').update(`${facts}\n`).update(listing).digest('hex');
}

/** What is kept of a plan, for the journal; undefined where it has anything to do, or stands on a listing that is not sure. */
export function quietFact(digest: string, plan: Plan, situation: Situation): string | undefined {
  const { listing, counted, facts, records, policy, now, headers } = situation;
  const names = new Set(listing.map(({ uniqueId }) => uniqueId));
  const isSure =
    listing.length > 0 &&
    names.size === listing.length &&
    !names.has(undefined) &&
    counted === listing.length &&
    plan.facts.lastListed === listing.length &&
    plan.facts.doubted === undefined;
  const asksNothing = !situation.sized && headers.size === 0 && facts.begun !== undefined;
  const doesNothing = plan.changes.length === 0 && plan.recognised === 0 && plan.unrecognised.length === 0;
  if (!isSure || !asksNothing || !doesNothing) return undefined;
  if (!records.every(({ state }) => SETTLED.has(state))) return undefined;
  const reported = reportedOf(plan, records);
  const until = records.reduce((soonest, record) => Math.min(soonest, nextChange(policy, record, now)), Infinity);
  if (reported === undefined || until <= now) return undefined;
  const quiet: Quiet = {
    digest,
    made: now,
    until: Math.min(until, Number.MAX_SAFE_INTEGER),
    letters: listing.length,
    warnings: plan.warnings,
    reported,
  };
  return JSON.stringify(quiet);
}

/** The fact, where it is of the same question and its time has not run out; a clock that was set back may tell anything. */
export function stillQuiet(fact: string | undefined, digest: string, now: number): Quiet | undefined {
  // Whoever wrote another format was another version, and had another digest.
  if (fact === undefined || !fact.startsWith(`{"digest":${JSON.stringify(digest)},`)) return undefined;
  const quiet = JSON.parse(fact) as Quiet;
  return now >= quiet.made && now < quiet.until ? quiet : undefined;
}

/** Undefined where anything but leaving is to be done, or too many are to be reported. */
function reportedOf({ steps }: Plan, records: readonly LetterRecord[]): readonly Reported[] | undefined {
  if (steps.some(({ type }) => type !== 'leave')) return undefined;
  const troubled = new Map<string, LetterRecord>();
  for (const record of records) {
    if (record.state === 'held' || record.state === 'given-up') troubled.set(record.key, record);
  }
  if (troubled.size === 0) return [];
  if (troubled.size > MOST_REPORTED) return undefined;
  return steps.flatMap((step): Reported[] => {
    const record = step.type === 'leave' ? troubled.get(step.key) : undefined;
    if (step.type !== 'leave' || record === undefined) return [];
    const { key, uniqueId, why = step.why } = record;
    const state = record.state === 'held' ? 'held' : 'given-up';
    return [{ key, ...(uniqueId !== undefined && { uniqueId }), state, why }];
  });
}

/** When time alone makes something else of a letter: it is to be deleted, or forgotten. */
function nextChange({ afterwards }: Situation['policy'], { state, kept, gone }: LetterRecord, now: number): number {
  if (state === 'gone') return gone === undefined ? Infinity : gone + LONGEST_REMEMBERED;
  if (afterwards.type !== 'delete-after' || kept === undefined) return Infinity;
  const due = kept + afterwards.milliseconds;
  return due > now ? due : Infinity;
}
