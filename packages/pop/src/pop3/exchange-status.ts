import { decodeUtf8 } from '../sasl/credentials.ts';

/** The first line of a response (RFC 1939 §3). */
export interface Status {
  /** `+OK`, or else `-ERR`. */
  readonly ok: boolean;
  /** The response code in upper case, `SYS/TEMP` for example; absent when there is none (RFC 2449 §8, EXT-16). */
  readonly code?: string;
  /** What stands behind the status indicator, the code included. The server's words: for people only (P3-59). */
  readonly text: string;
}

/** A line that asks the client for more (RFC 5034 §4). */
export interface Challenge {
  readonly challenge: string;
}

const INDICATOR = /^(\+OK|-ERR)[ \t]?(.*)$/is;
const RESPONSE_CODE = /^\[([!-.0-Z^-~]+(?:\/[!-.0-Z^-~]+)*)\]/;
/** The blank behind `+` belongs to it, but some leave it out (AUTH-06). */
const CONTINUATION = /^\+ ?([^ ].*)?$/s;

/**
 * Reads a status line or a challenge; `undefined` when it is neither. The status indicator may be in any case and may be
 * all there is (OBS-02).
 */
export function parseStatus(line: Buffer): Status | Challenge | undefined {
  const octets = line.toString('latin1');
  const [, indicator, text = ''] = INDICATOR.exec(octets) ?? [];
  if (indicator === undefined) {
    const continuation = CONTINUATION.exec(octets);
    return continuation === null ? undefined : { challenge: continuation[1] ?? '' };
  }
  const [, code] = RESPONSE_CODE.exec(text) ?? [];
  return {
    ok: indicator.startsWith('+'),
    ...(code !== undefined && { code: code.toUpperCase() }),
    text: decodeUtf8(Buffer.from(text, 'latin1')) ?? text,
  };
}

/**
 * What a response code means for the client, further levels being ignored: `[SYS/TEMP/DISK]` is SYS/TEMP (EXT-16).
 * `undefined` for one that is not known here.
 */
export function knownCode(
  code: string | undefined,
): 'AUTH' | 'IN-USE' | 'LOGIN-DELAY' | 'SYS/TEMP' | 'SYS/PERM' | 'UTF8' | undefined {
  const [first, second] = code?.split('/') ?? [];
  switch (first) {
    case 'AUTH':
    case 'IN-USE':
    case 'LOGIN-DELAY':
    case 'UTF8':
      return first;
    case 'SYS':
      return second === 'TEMP' || second === 'PERM' ? `SYS/${second}` : undefined;
    default:
      return undefined;
  }
}
