import assert from 'node:assert/strict';
import type { LetterRecord, MailboxFacts } from '../journal/journal.ts';
import type { LetterHeader } from './fingerprint.ts';
import type { ListedLetter, Plan, Situation, Wanted } from './plan.ts';
import { planSession } from './plan-session.ts';
import { planRows } from './rows.ts';
import { KEEP } from './simulation.test-support.ts';

export const NOW = Date.UTC(2026, 10, 24, 13);
export const FACTS: MailboxFacts = {
  destination: 'maildir:/m',
  begun: 1,
  lastListed: undefined,
  doubted: undefined,
  pipeliningDistrusted: false,
  lastLogin: undefined,
  failures: 0,
  notBefore: undefined,
};

/** A letter that was kept yesterday, of 100 octets, with a header that no other has. */
export function kept(uniqueId: string | undefined, changes: Partial<LetterRecord> = {}): LetterRecord {
  return {
    key: uniqueId ?? ` ${print(`of ${changes.key}`)}`,
    uniqueId,
    state: 'kept',
    listed: NOW - 2 * 86_400_000,
    declaredOctets: 100,
    octets: 100,
    sha256: 'a'.repeat(64),
    fingerprint: print(uniqueId ?? ''),
    headersOnly: false,
    place: 'new/1',
    destination: 'maildir:/m',
    kept: NOW - 86_400_000,
    gone: undefined,
    attempts: 0,
    why: undefined,
    notBefore: undefined,
    ...changes,
  };
}

/** One of which nothing but its unique-id is known, and perhaps its size. */
export function bare(uniqueId: string, changes: Partial<LetterRecord> = {}): LetterRecord {
  const nothing = { octets: undefined, sha256: undefined, fingerprint: undefined, place: undefined } as const;
  return kept(uniqueId, { ...nothing, declaredOctets: undefined, destination: undefined, ...changes });
}

/** A fingerprint, of a header that says enough. */
export function print(of: string): string {
  return `print of ${of}`;
}

export function header(of: string, time?: number): LetterHeader {
  return { fingerprint: print(of), time };
}

/** A letter, of 100 octets if nothing else is said. */
export function listed(number: number, uniqueId: string | undefined, octets: number | undefined = 100): ListedLetter {
  return { number, uniqueId, octets };
}

export function situation(changes: Partial<Situation>): Situation {
  return {
    listing: [],
    counted: undefined,
    sized: true,
    facts: FACTS,
    records: [],
    policy: KEEP,
    now: NOW,
    headers: new Map(),
    expire: undefined,
    destination: 'maildir:/m',
    ...changes,
  };
}

export function planOf(changes: Partial<Situation>): Plan {
  const plan = planSession(situation(changes));
  assert.equal(plan.type, 'plan', JSON.stringify(plan));
  return plan as Plan;
}

export function wantedOf(changes: Partial<Situation>): Pick<Wanted, 'sizes' | 'headers'> {
  const wanted = planSession(situation(changes));
  assert.equal(wanted.type, 'wanted');
  const { sizes, headers } = wanted as Wanted;
  return { sizes, headers };
}

/** Each step in words, `fetch 1`. */
export function stepsOf(plan: Plan): string[] {
  return planRows(plan).map(({ action, number }) => (number === undefined ? action : `${action} ${number}`));
}

/** Each change in words, `listed u1`. */
export function changesOf({ changes }: Plan): string[] {
  return changes.map((change) =>
    change.type === 'rebound' ? `rebound ${change.key} to ${change.to}` : `${change.type} ${change.key}`,
  );
}
