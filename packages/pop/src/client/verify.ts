import type { Capabilities } from '../pop3/exchange-capabilities.ts';
import type { DropListing } from '../pop3/exchange-listing.ts';
import { connect } from './connect.ts';
import type { Pop3ClientOptions } from './options.ts';
import type { Security } from './security.ts';

/** What was found at a server: see {@link verify}. */
export interface Verified {
  readonly greeting: string;
  readonly security: Security;
  /** How the login was done; absent without one. */
  readonly method?: string;
  readonly capabilities: Capabilities;
  /** Whether letters come in UTF8 mode with these options. */
  readonly utf8: boolean;
  /** How many letters there are, and how many octets; absent without a login. */
  readonly maildrop?: DropListing;
}

/**
 * Tries out whether these options work: connects, logs in where there is `auth`, looks how much there is, and leaves.
 * Nothing is read, marked or removed: QUIT is not sent, so that a server that removes by itself what it has handed out has no
 * occasion to. Rejects as {@link connect} does.
 */
export async function verify(options: Pop3ClientOptions): Promise<Verified> {
  await using pop = await connect(options);
  const { greeting, security, method, capabilities, utf8 } = pop;
  const found = { greeting, security, capabilities, utf8 };
  return method === undefined ? found : { ...found, method, maildrop: await pop.stat() };
}
