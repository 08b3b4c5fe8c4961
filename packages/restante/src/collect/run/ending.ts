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

/** What the server's refusal, or the connection's end, means for the run (RC-06). */
export function endingOf(error: Pop3Error, host: string): Ending {
  const { result, remedy } = MEANINGS[error.code];
  // An -ERR to the greeting or to PASS that may pass by itself (RC-07).
  const passing = error.code === 'REFUSED' && error.retryable;
  return new Ending(
    passing ? 'later' : result,
    `${host}: ${error.message}${remedy === '' ? '' : `: ${remedy}`}`,
    error,
  );
}

/** Anything thrown, as a run's end. */
export function asEnding(thrown: unknown, host: string): Ending {
  if (thrown instanceof Ending) return thrown;
  if (thrown instanceof Pop3Error) return endingOf(thrown, host);
  if (thrown instanceof JournalInUse) return new Ending('later', thrown.message, thrown);
  return new Ending('failed', thrown instanceof Error ? thrown.message : String(thrown), thrown);
}

interface Meaning {
  readonly result: Exclude<Result, 'done'>;
  readonly remedy: string;
}

const later: Meaning = { result: 'later', remedy: '' };
const network: Meaning = { result: 'network', remedy: '' };

const MEANINGS: Readonly<Record<Pop3ErrorCode, Meaning>> = {
  AUTH_FAILED: { result: 'login', remedy: 'check user name and password' },
  NO_MECHANISM: { result: 'login', remedy: 'allow a way to log in that the server offers' },
  INSECURE: { result: 'network', remedy: 'use TLS, or say that it may go without' },
  IN_USE: later,
  LOGIN_DELAY: later,
  SYS_TEMP: later,
  SYS_PERM: { result: 'failed', remedy: 'whoever runs the server has to mend it' },
  REFUSED: { result: 'failed', remedy: '' },
  UNSUPPORTED: { result: 'failed', remedy: '' },
  UTF8_NEEDED: { result: 'failed', remedy: '' },
  TLS_UNAVAILABLE: network,
  TLS_HANDSHAKE: network,
  TLS_CERTIFICATE: {
    result: 'network',
    remedy: 'name the CA or the pin that is to be trusted, if it is the right server',
  },
  TLS_INJECTED: network,
  NETWORK: network,
  CLOSED: network,
  TRUNCATED: network,
  TIMEOUT: network,
  ABORTED: later,
  PROTOCOL: network,
  LIMIT: network,
  ARGUMENT: { result: 'failed', remedy: '' },
};
