/**
 * What happens while mail is collected: for the progress line, the log and `--json`, which prints each as one line.
 * docs/collecting.md has the schema. Nothing in it is a secret. Times are milliseconds since 1970.
 */
export type CollectEvent = { readonly account: string } & (
  | {
      readonly event: 'connected';
      readonly host: string;
      readonly port: number;
      readonly tls: string | undefined;
      readonly method: string | undefined;
    }
  | {
      readonly event: 'listed';
      readonly letters: number;
      readonly new: number;
      readonly wanted: number;
      readonly wantedOctets: number | undefined;
    }
  /** Octets and letters so far, for a progress line; not printed by `--json`. */
  | { readonly event: 'progress'; readonly letters: number; readonly octets: number }
  | {
      readonly event: 'kept';
      readonly uniqueId: string | undefined;
      readonly octets: number;
      readonly sha256: string;
      readonly place: string;
      readonly headersOnly: boolean;
    }
  | { readonly event: 'recognised'; readonly letters: number; readonly why: string }
  | {
      readonly event: 'failed' | 'held' | 'skipped' | 'given-up';
      readonly uniqueId: string | undefined;
      readonly why: string;
    }
  | { readonly event: 'deleted'; readonly letters: number; readonly outcome: 'committed' | 'unknown' | 'rolled-back' }
  | { readonly event: 'warning'; readonly message: string }
  | ({ readonly event: 'finished' } & AccountReport)
);

/** How a run ended for one account. */
export interface AccountReport {
  readonly result: /** All that was to be done is done. */
    | 'done'
    /** Some letters could not be fetched, placed or deleted. */
    | 'partly'
    /** The server does not take these credentials. */
    | 'login'
    /** The server cannot be reached, or is not to be trusted. */
    | 'network'
    /** Not now: the maildrop is in use, the server says later, we are told to wait, the destination takes none at present. */
    | 'later'
    /** Something else that somebody has to mend. */
    | 'failed';
  readonly kept: number;
  readonly octets: number;
  readonly deleted: number;
  /** Letters that are at the server, as far as is known, when it ended. */
  readonly left: number | undefined;
  readonly failed: number;
  readonly held: number;
  /** What went wrong and what to do about it, for people. */
  readonly error?: string;
  readonly seconds: number;
  /** Not to be called before. */
  readonly notBefore?: number;
}
