import { Pop3Error, type Pop3ErrorCode } from '@restante/pop/client';
import type { AccountReport } from '../event.ts';
import { JournalInUse } from '../journal/trouble.ts';

export type Result = AccountReport['result'];

/** Why a run ends before all is done: for people, with the remedy. */
export class Ending extends Error {
  override readonly name = 'Ending';
  readonly result: Exclude<Result, 'done'>;

  constructor(result: Exclude<Result, 'done'>, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.result = result;
  }
}

/** It is too early to call: nothing was tried, so nothing has failed. */
export class TooEarly extends Ending {}

/** What the server's refusal, or the connection's end, means for the run (RC-06). */
export function endingOf(error: Pop3Error, host: string): Ending {
  const { result } = MEANINGS[error.code];
  const remedy = remedyOf(error);
  // An -ERR to the greeting or to PASS that may pass by itself (RC-07).
  const passing = error.code === 'REFUSED' && error.retryable;
  const message = withoutNodesHint(error.message).replace(/\.$/, '');
  const where = message.includes(host) ? '' : `${host}: `;
  return new Ending(passing ? 'later' : result, `${where}${message}${remedy === '' ? '' : `: ${remedy}`}`, error);
}

/** Anything thrown, as a run's end. */
export function asEnding(thrown: unknown, host: string): Ending {
  if (thrown instanceof Ending) return thrown;
  if (thrown instanceof Pop3Error) return endingOf(thrown, host);
  if (thrown instanceof JournalInUse) return new Ending('later', thrown.message, thrown);
  return new Ending('failed', thrown instanceof Error ? thrown.message : String(thrown), thrown);
}

/** Somebody wanted it to end. */
export function stopped(): Ending {
  return new Ending('later', 'it was stopped before all was done');
}

function remedyOf({ code, message }: Pop3Error): string {
  if (code === 'TIMEOUT' && message.includes('greeting')) return NO_GREETING;
  if (code === 'TLS_CERTIFICATE' && message.includes('pinned')) return OTHER_PIN;
  return MEANINGS[code].remedy;
}

/** A server that waits for TLS says nothing. */
const NO_GREETING = 'where TLS comes first (port 995) the URL begins with pops://; else --timeout gives it more time';
const OTHER_PIN =
  'it may have a new one, or somebody is in between: ask whoever runs the server, then name it with --pin';

interface Meaning {
  readonly result: Exclude<Result, 'done'>;
  readonly remedy: string;
}

/** Node tells its own users what to try; ours have other options. */
function withoutNodesHint(message: string): string {
  return message.replace(/; if the root CA is installed locally, try running Node\.js with --use-system-ca/, '');
}

/** The remedy names options as they are on the command line; in the configuration they have the same names. */
const MEANINGS: Readonly<Record<Pop3ErrorCode, Meaning>> = {
  AUTH_FAILED: {
    result: 'login',
    remedy: 'check the user in the URL and the password; some providers want one of its own for each program',
  },
  NO_MECHANISM: { result: 'login', remedy: '--auth METHOD names one, and --token-command gives a token' },
  INSECURE: {
    result: 'network',
    remedy: 'call with TLS (pops://, or pop:// with STLS); --tls none is the consent to none',
  },
  IN_USE: { result: 'later', remedy: 'wait until the other program is done with it' },
  LOGIN_DELAY: { result: 'later', remedy: 'call less often' },
  SYS_TEMP: { result: 'later', remedy: 'try again later' },
  SYS_PERM: { result: 'failed', remedy: 'whoever runs the server has to mend it' },
  REFUSED: { result: 'failed', remedy: '' },
  UNSUPPORTED: { result: 'failed', remedy: '' },
  UTF8_NEEDED: { result: 'failed', remedy: '' },
  TLS_UNAVAILABLE: {
    result: 'network',
    remedy: 'try pops://, which is TLS from the start; --tls none is the consent to none',
  },
  TLS_HANDSHAKE: {
    result: 'network',
    remedy: 'pops:// is TLS from the start (port 995), pop:// TLS by STLS (port 110)',
  },
  TLS_CERTIFICATE: {
    result: 'network',
    remedy: 'if it is the right server, trust its authority with --ca FILE, or this certificate with --pin SHA256',
  },
  TLS_INJECTED: { result: 'network', remedy: 'somebody is in between: call from another network' },
  NETWORK: { result: 'network', remedy: 'check the host, the port, and the network' },
  CLOSED: { result: 'network', remedy: '' },
  TRUNCATED: { result: 'network', remedy: '' },
  TIMEOUT: { result: 'network', remedy: '--timeout gives it more time' },
  ABORTED: { result: 'later', remedy: '' },
  PROTOCOL: { result: 'network', remedy: '' },
  LIMIT: { result: 'network', remedy: '' },
  ARGUMENT: { result: 'failed', remedy: '' },
};
