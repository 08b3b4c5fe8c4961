/**
 * What is known of the letters of one maildrop elsewhere. It is the collector's memory: what it says must never be more
 * than is true. So a letter is `kept` only when it is durable, and `gone` only when the server said so.
 *
 * ```
 * listed -> fetching -> staged -> kept -> delete-sent -> gone
 *    |         |                   ^          |  ^
 *    |         v                   +-- (listed again) <- unknown
 *    +-> skipped, held, given-up
 * ```
 *
 * `transitions.ts` has each step that there is; any other is a mistake in the program, and throws.
 */
export interface Journal {
  /** What is known of the maildrop as a whole. */
  readonly facts: MailboxFacts;
  /** Every letter that is known, those that are gone too as long as they are remembered. */
  letters(): Iterable<LetterRecord>;
  /** What is known of the letter of this key. */
  letter(key: string): LetterRecord | undefined;
  /**
   * Writes changes as one transaction: all of them, or none. Durable when it returns; `fetching` alone outlives our process
   * then, and a power cut once something else was written. Throws a Failure when the journal cannot be written: then
   * nothing may go on, and every later write fails too. Throws an ImpossibleChange, with nothing written, where a change
   * cannot follow what is known.
   */
  write(changes: readonly Change[], facts?: Partial<MailboxFacts>): void;
  close(): void;
}

/** What is remembered of a maildrop. Times are milliseconds since 1970. */
export interface MailboxFacts {
  /** The destination that letters were kept in last, by its name. */
  readonly destination: string | undefined;
  /** When the policy for the first run was carried out; undefined until then. */
  readonly begun: number | undefined;
  /** Letters in the last listing that was believed. */
  readonly lastListed: number | undefined;
  /** Since when listings have not been believed of letters that are missing in them; undefined when the last was. */
  readonly doubted: number | undefined;
  /** Whether the server cannot be trusted with pipelining (EXT-23). */
  readonly pipeliningDistrusted: boolean;
  readonly lastLogin: number | undefined;
  /** Runs in a row that failed; 0 after one that did not. */
  readonly failures: number;
  /** Not to be called before, by anybody: the server's LOGIN-DELAY (EXT-21). Back-off is not in it. */
  readonly notBefore: number | undefined;
  /** The login was refused several times in a row: who has nobody at hand to mend it tries no more before this. */
  readonly refusedUntil?: number | undefined;
  /**
   * A listing at which nothing was to be done, and until when: `plan/quiet.ts` says how it is written. It is true of the
   * letters as they are: what is written of any of them, or of the maildrop as plans see it, ends it in the same transaction.
   */
  readonly quiet?: string | undefined;
}

export type LetterState =
  /** Seen in a listing, and wanted. */
  | 'listed'
  /** RETR is out, or was when we died. */
  | 'fetching'
  /** Whole, durable and not yet where it belongs; `settle` of the destination tells what came of it. */
  | 'staged'
  /** Safe where it belongs. */
  | 'kept'
  /** Safe, and DELE is out or about to be; QUIT has not been answered. */
  | 'delete-sent'
  /** Safe, and the answer to QUIT is not known: the next listing tells (P3-64). */
  | 'unknown'
  /** No longer at the server. Remembered for a while, since servers bring letters back. */
  | 'gone'
  /** Left at the server by policy. */
  | 'skipped'
  /** Nobody knows where it belongs: left at the server, reported by each run. */
  | 'held'
  /** Its attempts are spent: left at the server, reported by each run. */
  | 'given-up';

/** One letter of the maildrop. Times are milliseconds since 1970. */
export interface LetterRecord {
  /**
   * What makes it the same letter in the next session. A unique-id, or where there is none, or several letters have it,
   * what the letter itself says: see `plan/identity.ts`.
   */
  readonly key: string;
  readonly uniqueId: string | undefined;
  readonly state: LetterState;
  /** When it was first listed. */
  readonly listed: number;
  /** What LIST said last; a hint. */
  readonly declaredOctets: number | undefined;
  /**
   * Octets and SHA-256 (lower hex) of what the server sent, from `staged` on. Both or none: a letter that is `kept`
   * without them was adopted, and nothing proves what was kept.
   */
  readonly octets: number | undefined;
  readonly sha256: string | undefined;
  /** What its header says of it, by which it is known again under another unique-id; see `plan/fingerprint.ts`. */
  readonly fingerprint: string | undefined;
  /** Whether only its header was fetched: never reason enough to delete it. */
  readonly headersOnly: boolean;
  /** Where it is, in the destination's own words; from `staged` on. */
  readonly place: string | undefined;
  /** The destination's name, from `staged` on. */
  readonly destination: string | undefined;
  /** When it was kept, by us or, as far as is known, by another program. */
  readonly kept: number | undefined;
  readonly gone: number | undefined;
  /** What it was before it was `gone`, and is again when the server brings it back. */
  readonly was?: 'listed' | 'kept' | 'skipped' | 'held' | 'given-up' | undefined;
  /** Attempts to fetch and place it that were begun and did not end well. */
  readonly attempts: number;
  /** Why it is skipped, held or given up, or its last attempt failed: for people. */
  readonly why: string | undefined;
  /** Not to be tried before. */
  readonly notBefore: number | undefined;
}

/** Something that has become true of a letter. `at` is milliseconds since 1970. */
export type Change =
  /** It is in a listing: known from now on, or known already, and what LIST said is noted. One that was gone is back. */
  | {
      readonly type: 'listed';
      readonly key: string;
      readonly uniqueId: string | undefined;
      readonly declaredOctets: number | undefined;
      readonly fingerprint?: string;
      readonly at: number;
    }
  /** One more attempt begins. Written before RETR, so that a letter which kills us is not tried for ever. */
  | { readonly type: 'fetching'; readonly key: string }
  | {
      readonly type: 'staged';
      readonly key: string;
      readonly octets: number;
      readonly sha256: string;
      readonly fingerprint: string;
      readonly headersOnly: boolean;
      readonly place: string;
      readonly destination: string;
    }
  /** `place` where it differs from what was staged. */
  | { readonly type: 'kept'; readonly key: string; readonly place?: string; readonly at: number }
  /**
   * It is kept already, and not by us: by another program whose state was read, or it was found at the destination. Also
   * of a letter that has never been listed. Without `proof` it is not deleted unless somebody says so.
   */
  | {
      readonly type: 'adopted';
      readonly key: string;
      readonly uniqueId: string | undefined;
      /** When it was kept, as far as is known; else when that was found out. */
      readonly at: number;
      /** Who kept it: for people. */
      readonly why: string;
      /** Octets and SHA-256 of what the server sent. */
      readonly proof?: { readonly octets: number; readonly sha256: string };
      readonly place?: string;
      readonly destination?: string;
    }
  /** The attempt came to nothing; it is `listed` again, unless the attempts are spent and it is `given-up`. */
  | {
      readonly type: 'failed';
      readonly key: string;
      readonly why: string;
      readonly givenUp: boolean;
      /** Whether the attempt counts: not when the network or the disk is to blame, rather than the letter. */
      readonly counts: boolean;
      readonly notBefore?: number;
    }
  | { readonly type: 'skipped'; readonly key: string; readonly why: string }
  | { readonly type: 'held'; readonly key: string; readonly why: string }
  /**
   * Somebody asks for it to be tried again: `listed`, with no attempts spent. Also of what is kept, where that is only its
   * header, or was adopted without proof.
   */
  | { readonly type: 'wanted'; readonly key: string }
  /**
   * Written before DELE goes out. `adopted` says that somebody wants letters deleted which another program kept, without
   * proof: it is refused otherwise.
   */
  | { readonly type: 'delete-sent'; readonly key: string; readonly adopted?: boolean }
  /** QUIT was answered +OK, or a listing that is believed does not have it. */
  | { readonly type: 'gone'; readonly key: string; readonly at: number }
  /** Nobody knows how QUIT ended. */
  | { readonly type: 'unknown'; readonly key: string }
  /** The session ended without QUIT, or it is listed again after all: `kept`, or what it was before it was gone. */
  | { readonly type: 'still-there'; readonly key: string }
  /** The same letter under another key: the server was changed. */
  | { readonly type: 'rebound'; readonly key: string; readonly to: string; readonly uniqueId: string | undefined }
  /** Forgotten for good; only what is gone. */
  | { readonly type: 'forgotten'; readonly key: string };
