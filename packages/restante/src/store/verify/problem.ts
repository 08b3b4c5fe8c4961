/** What is not as it has to be, and what it hits. */
export interface Problem {
  /** A `notice` keeps nobody from their mail, now or later. */
  readonly level: 'problem' | 'notice';
  /** The check that found it: `letter`, or the name of one of the index's checks. */
  readonly check: string;
  readonly what: string;
  /** What to do next. */
  readonly remedy: string;
  readonly maildrop?: string;
  readonly uniqueId?: string;
  /** When the letter came, in milliseconds since 1970. */
  readonly arrived?: number;
  /** Whether the letter has left its maildrop, and is kept for an undelete. */
  readonly left?: boolean;
  readonly segment?: number;
  /** Of the content's first octet in the segment. */
  readonly offset?: number;
}

/** What repair does by itself, with nothing but the index and the letters at hand. */
export const REPAIR = 'close the office and run restante repair';
/** What needs sound octets from elsewhere. */
export const REPAIR_FROM = 'close the office and run restante repair --from BACKUP';

/** Letters that a problem hits, as their owner knows them. */
export interface Hit {
  readonly maildrop: string;
  readonly uniqueId: string;
  readonly arrived: number;
  readonly left: boolean;
}

/** The name of a maildrop in a report; a removed one has none any more. */
export function maildropName(name: unknown, id: unknown): string {
  return typeof name === 'string' ? name : `(removed, ${String(id)})`;
}
