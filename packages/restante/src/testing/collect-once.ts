import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CollectAccount, mailboxKey, type Policy } from '../collect/account.ts';
import { openMaildir } from '../collect/destinations/maildir.ts';
import type { AccountReport, CollectEvent } from '../collect/event.ts';
import { openJournal } from '../collect/journal/open.ts';
import { collectAccount } from '../collect/run.ts';
import type { Mode } from './connection.ts';
import type { Office } from './office.ts';

/** Mail that is to be called for at an office of the tests'. */
export interface Errand {
  readonly office: Office;
  readonly mode: Mode;
  readonly account: string;
  readonly password: string;
  /** Where the Maildir `mail` is, and the folder `state`. */
  readonly home: string;
  /** What is trusted instead of the office's certificate (PEM). */
  readonly ca?: string;
}

/** One call for it, into the Maildir. */
export async function collectOnce(
  errand: Errand,
  policy: Partial<Policy> = {},
  report: (event: CollectEvent) => void = () => {},
): Promise<AccountReport> {
  const account: CollectAccount = {
    name: errand.account,
    server: server(errand),
    policy: {
      afterwards: { type: 'keep' },
      firstRun: { type: 'all' },
      commitEvery: 100,
      large: 1_000_000,
      attempts: 3,
      ...policy,
    },
  };
  const path = join(errand.home, 'mail');
  return collectAccount({
    account,
    openJournal: () => openJournal(join(errand.home, 'state'), mailboxKey(account)),
    destination: { name: `maildir:${path}`, open: () => openMaildir(path) },
    report,
  });
}

function server({ office, mode, account, password, ca }: Errand): CollectAccount['server'] {
  const { port } = mode === 'TLS' ? office.pop3s : office.pop3;
  const ways: Readonly<Record<Mode, object>> = {
    plain: { secure: false, ignoreTLS: true, allowInsecureAuth: true },
    STLS: { secure: false, requireTLS: true },
    TLS: { secure: true },
  };
  return {
    host: 'localhost',
    port,
    auth: { user: office.login?.(account) ?? account, pass: () => password },
    tls: { ca: ca ?? readFileSync(office.certificate, 'utf8') },
    ...ways[mode],
  };
}
