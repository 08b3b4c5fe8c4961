import type { Pop3ClientOptions } from '@restante/pop/client';

/** A maildrop at another post office, and what is to become of its letters. */
export interface CollectAccount {
  /** What people call it: its name in the configuration, else `user@host`. */
  readonly name: string;
  /** Where and as whom to call. Secrets are functions, asked when the connection is safe. */
  readonly server: Omit<Pop3ClientOptions, 'signal' | 'logger' | 'clock' | 'socket'>;
  readonly policy: Policy;
}

/** What becomes of letters that are kept, and which of them are fetched. */
export interface Policy {
  /** What becomes of a letter at the server once it is safe here. */
  readonly afterwards:
    | { readonly type: 'keep' }
    | { readonly type: 'delete' }
    /** So many milliseconds after it was kept. */
    | { readonly type: 'delete-after'; readonly milliseconds: number };
  /**
   * Whether that is also for letters that another program has kept, or that were found without proof of their octets; if not,
   * they stay.
   */
  readonly deleteAdopted?: boolean;
  /** Letters of more octets than this, as LIST has them, are left at the server, or only their header is fetched. */
  readonly largest?: { readonly octets: number; readonly larger: 'skip' | 'headers' };
  /** What to do with the letters that are there when the maildrop is seen for the first time. */
  readonly firstRun:
    | { readonly type: 'all' }
    /** Those that came at this time or later, in milliseconds since 1970. */
    | { readonly type: 'since'; readonly time: number }
    /** So many of the newest. */
    | { readonly type: 'last'; readonly letters: number }
    /** None: they are known, and left. */
    | { readonly type: 'mark-existing' };
  /**
   * Letters that are deleted in one session at most: then QUIT makes it true, and a new session goes on. Ten times as many
   * where they are kept already and nothing is fetched.
   */
  readonly commitEvery: number;
  /** Octets from which a letter is large: such come last, and what was deleted before is committed first. */
  readonly large: number;
  /** How often a letter is tried that fails, before it is left alone and reported. */
  readonly attempts: number;
}

/** What makes it the same maildrop in the next run: the journal goes by it, and names in a Maildir are derived from it. */
export function mailboxKey({ server: { host, port = 995, auth } }: Pick<CollectAccount, 'server'>): string {
  // Both ports of POP3 lead to the same maildrop: who goes over to TLS from the start has not another one.
  return `${auth?.user ?? ''}@${host.toLowerCase().replace(/\.$/, '')}:${port === 110 ? 995 : port}`;
}
