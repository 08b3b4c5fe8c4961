import type { LeftOut } from './source.ts';

/** A letter that was not taken. */
export interface Refused {
  readonly place: string;
  readonly why: string;
  readonly remedy: string;
}

/** What became of an import. */
export interface ImportReport {
  /** Letters that are in the maildrop now and were not before; with `dryRun`, that would be. */
  readonly taken: number;
  /** Of those, in canonical form. */
  readonly octets: number;
  /** Letters that an import has brought before, whether or not they are still there. */
  readonly already: number;
  /** Letters that could not be taken: as many of them as {@link MOST_REFUSED}. */
  readonly refused: readonly Refused[];
  /** How many could not be taken. */
  readonly refusedLetters: number;
  /** Things in the source that are no letters of the maildrop. */
  readonly leftOut: readonly LeftOut[];
  /** With unique-ids: letters whose unique-id is the other server's, those that were there already included. */
  readonly matching?: number;
  /** Letters that were looked at. */
  readonly letters: number;
  readonly seconds: number;
  /** Why it ended before the last letter. */
  readonly stopped?: string;
}

/** How many letters that could not be taken are told one by one. */
export const MOST_REFUSED = 10_000;
