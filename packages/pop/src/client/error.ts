/**
 * What went wrong, for programs:
 *
 * | code | meaning | again? |
 * | --- | --- | --- |
 * | `AUTH_FAILED` | the credentials are wrong: ask for others (RFC 3206 §5) | |
 * | `NO_MECHANISM` | nothing that the server offers is allowed here and fits the credentials | |
 * | `INSECURE` | credentials would have gone out readable by others, and were not sent | |
 * | `IN_USE` | another session has the maildrop (RFC 2449 §8.1.2) | later |
 * | `LOGIN_DELAY` | the last login was too short a time ago (RFC 2449 §8.1.1) | later |
 * | `SYS_TEMP` | the server cannot just now (RFC 3206 §4) | later |
 * | `SYS_PERM` | the server cannot until somebody mends it | |
 * | `UTF8_NEEDED` | the letter can only be had in UTF8 mode: in a new session, with `utf8` (RFC 6856 §5) | |
 * | `REFUSED` | the server answered -ERR, and no code says why | |
 * | `UNSUPPORTED` | the server does not know this command | |
 * | `TLS_UNAVAILABLE` | the server offers no TLS, or somebody in between hides it | |
 * | `TLS_HANDSHAKE` | the handshake failed | |
 * | `TLS_CERTIFICATE` | the server's certificate is not to be trusted | |
 * | `TLS_INJECTED` | something was put in between STLS and the handshake | |
 * | `NETWORK` | the server could not be reached, or the connection broke | at once |
 * | `CLOSED` | the connection was over before the answer | at once |
 * | `TRUNCATED` | the connection was over in the middle of the response | at once |
 * | `TIMEOUT` | nothing came, or nobody took what came, for too long | later |
 * | `ABORTED` | the caller ended it | |
 * | `PROTOCOL` | the server said what cannot be | |
 * | `LIMIT` | the server sent more than was allowed | |
 * | `ARGUMENT` | something was given that cannot be sent | |
 */
export type Pop3ErrorCode =
  | 'AUTH_FAILED'
  | 'NO_MECHANISM'
  | 'INSECURE'
  | 'IN_USE'
  | 'LOGIN_DELAY'
  | 'SYS_TEMP'
  | 'SYS_PERM'
  | 'UTF8_NEEDED'
  | 'REFUSED'
  | 'UNSUPPORTED'
  | 'TLS_UNAVAILABLE'
  | 'TLS_HANDSHAKE'
  | 'TLS_CERTIFICATE'
  | 'TLS_INJECTED'
  | 'NETWORK'
  | 'CLOSED'
  | 'TRUNCATED'
  | 'TIMEOUT'
  | 'ABORTED'
  | 'PROTOCOL'
  | 'LIMIT'
  | 'ARGUMENT';

const RETRYABLE: ReadonlySet<Pop3ErrorCode> = new Set([
  'IN_USE',
  'LOGIN_DELAY',
  'SYS_TEMP',
  'NETWORK',
  'CLOSED',
  'TRUNCATED',
  'TIMEOUT',
]);

export interface Pop3ErrorDetails {
  readonly cause?: unknown;
  /** The command, as it may be seen. */
  readonly command?: string;
  readonly responseCode?: string;
  readonly retryable?: boolean;
  readonly transcript?: readonly string[];
}

/** Every failure of the client is one of these. Neither message nor transcript has a password or token in it. */
export class Pop3Error extends Error {
  override readonly name = 'Pop3Error';
  readonly code: Pop3ErrorCode;
  /** Whether the same may well succeed later, without anybody doing anything. */
  readonly retryable: boolean;
  /** The command that was answered so, or was not answered. */
  readonly command?: string;
  /** The response code as the server gave it, in upper case: `SYS/TEMP`. */
  readonly responseCode?: string;
  /** The last lines of the dialog before it, `C: …` and `S: …`, secrets left out. */
  readonly transcript: readonly string[];

  constructor(code: Pop3ErrorCode, message: string, details: Pop3ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.retryable = details.retryable ?? RETRYABLE.has(code);
    if (details.command !== undefined) this.command = details.command;
    if (details.responseCode !== undefined) this.responseCode = details.responseCode;
    this.transcript = details.transcript ?? [];
  }
}
