/**
 * The ledger: what became of letters, and by whom. Never what is in them.
 * @module
 */

/**
 * What an entry is about. Besides a session: letters brought back (`undelete`), removed by a policy (`retention`), destroyed
 * for good (`purge`); and what the operator changed about who may log in.
 */
export type LedgerKind =
  | 'session'
  | 'undelete'
  | 'retention'
  | 'purge'
  | 'password'
  | 'disabled'
  | 'enabled'
  | 'policy';

/** What happened to letters of an entry. */
export type LedgerDeed = 'retrieved' | 'viewed' | 'removed' | 'restored';

/** Who it was; what does not apply is empty. */
export interface LedgerActor {
  readonly account: string;
  /** The session's id. */
  readonly session: string;
  /** The identity whose password it was, as the client wrote it. */
  readonly login: string;
  /** The label of the device password. */
  readonly device: string;
  readonly mechanism: string;
  readonly address: string;
  /** Of the TLS layer, `TLSv1.3` for example, and its cipher. */
  readonly tls: string;
  readonly cipher: string;
}

/** An actor of whom no more is known than what {@link known} says. */
export function actor(known: Partial<LedgerActor>): LedgerActor {
  return { account: '', session: '', login: '', device: '', mechanism: '', address: '', tls: '', cipher: '', ...known };
}

/** What the ledger says of one session, or of what happened without one. Times are milliseconds since 1970. */
export interface LedgerEntry extends LedgerActor {
  /** Grows within a maildrop. */
  readonly id: number;
  readonly kind: LedgerKind;
  readonly began: number;
  readonly ended: number;
  /** How a session ended, as in its line in the log; `unfinished` where a crash cut its removal off. */
  readonly end: string;
  /** Octets of the letters that were retrieved or viewed. */
  readonly octets: number;
  /** Letters sent whole by RETR; by TOP, and not by RETR; removed; brought back; destroyed. */
  readonly retrieved: number;
  readonly viewed: number;
  readonly removed: number;
  readonly restored: number;
  readonly destroyed: number;
  /** Of a purge: the change by which those letters had left, see {@link LedgerLetters}. */
  readonly change: number;
}

/** Letters of an entry to which the same happened. */
export interface LedgerLetters {
  readonly entry: number;
  readonly part: number;
  readonly deed: LedgerDeed;
  /** The change number at which they left; 0 for what did not. */
  readonly change: number;
  readonly letters: readonly LedgerLetter[];
}

export interface LedgerLetter {
  readonly uniqueId: string;
  readonly octets: number;
  /** When it came. */
  readonly arrived: number;
  /** The unique-id that it has since it was brought back, where that is another. */
  readonly became?: string;
}

/** Sessions of one hour that fetched and removed nothing. */
export interface LedgerPolls {
  /** When the hour began. */
  readonly hour: number;
  readonly address: string;
  readonly sessions: number;
}

/** Letters in one part of an entry. */
export const PART = 1_000;
