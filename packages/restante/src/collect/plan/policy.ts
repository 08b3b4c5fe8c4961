import type { Policy } from '../account.ts';
import type { LetterRecord } from '../journal/journal.ts';
import { day, octetsInWords } from './words.ts';

/** What is to become of a letter at the server, now that it is kept. */
export interface Verdict {
  readonly due: boolean;
  readonly why: string;
}

/** Whether a letter that is kept is to be deleted now. */
export function isDue({ afterwards: after }: Policy, record: LetterRecord, now: number): boolean {
  const { kept, sha256, octets, headersOnly } = record;
  if (headersOnly || kept === undefined || sha256 === undefined || octets === undefined) return false;
  return isTime(after, kept, now);
}

function isTime(after: Policy['afterwards'], kept: number, now: number): boolean {
  return after.type === 'delete' || (after.type === 'delete-after' && now >= kept + after.milliseconds);
}

/** Whether nothing proves what was kept: another program has it, or it was found where it belongs. */
export function isUnproved({ headersOnly, kept, sha256 }: LetterRecord): boolean {
  return kept !== undefined && sha256 === undefined && !headersOnly;
}

/** What becomes of a letter that an earlier run kept. */
export function afterwards(policy: Policy, record: LetterRecord, now: number): Verdict {
  const { afterwards: after, deleteAdopted = false } = policy;
  const { kept, sha256, headersOnly } = record;
  const wanted = deleteAdopted && kept !== undefined && isUnproved(record);
  const due = wanted ? isTime(after, kept, now) : isDue(policy, record, now);
  if (headersOnly) return { due, why: 'only its header is kept' };
  if (kept === undefined || (sha256 === undefined && !wanted)) {
    return { due, why: `${record.why ?? 'kept by another program'}: never read here, so it is not deleted` };
  }
  if (after.type !== 'delete-after') return { due, why: `kept on ${day(kept)}` };
  return due
    ? { due, why: `kept on ${day(kept)}, long enough` }
    : { due, why: `kept on ${day(kept)}, to be deleted on ${day(kept + after.milliseconds)}` };
}

/** Whether a letter is deleted in the session in which it is fetched. */
export function isDeletedAtOnce({ afterwards: after }: Policy): boolean {
  return after.type === 'delete' || (after.type === 'delete-after' && after.milliseconds <= 0);
}

/** How much of a letter is fetched. */
export function partOf({ largest }: Policy, octets: number | undefined): 'whole' | 'headers' | 'skip' {
  return largest === undefined || octets === undefined || octets <= largest.octets ? 'whole' : largest.larger;
}

const LARGER = 'larger than ';

/** Why a letter is skipped for its size. */
export function largerThan({ largest }: Policy): string {
  return `${LARGER}${octetsInWords(largest?.octets ?? 0)}`;
}

/** Whether that is why: then another limit makes it wanted. */
export function wasTooLarge({ state, why }: LetterRecord): boolean {
  return state === 'skipped' && why !== undefined && why.startsWith(LARGER);
}

/** What somebody should know of a policy, at this server. */
export function policyWarnings(policy: Policy, expire: number | 'never' | undefined): string[] {
  if (typeof expire !== 'number') return [];
  const { afterwards: after } = policy;
  const left = after.type === 'keep' ? Infinity : after.type === 'delete' ? 0 : after.milliseconds / DAY;
  if (left <= expire) return [];
  // EXT-28: nobody may rely on a letter that the server deletes by itself.
  return [
    expire === 0
      ? 'the server deletes letters once they were fetched (EXPIRE 0): they do not stay there as the policy says'
      : `the server deletes letters after ${expire} days (EXPIRE): they do not stay there as long as the policy says`,
  ];
}

const DAY = 24 * 60 * 60 * 1000;
