import { createHash } from 'node:crypto';

/** A msg-id of ASCII that can be seen (RFC 822), and nothing that a program would fill in. */
const TIMESTAMP = /<[!-$&-;=?-~]+@[!-$&-;=?-~]+>/;

/**
 * The timestamp of a greeting, or `undefined` where there is none that APOP may be used with (P3-36).
 *
 * MD5 is weak enough for a server that chooses its timestamps to find out the password's beginning from a few hundred
 * answers (CVE-2007-1558), for which it needs octets that no message-id has. A `%` is a template that was never filled
 * in, so that each greeting would be the same.
 */
export function apopTimestamp(greeting: string): string | undefined {
  const [whole] = /<[^>]*>?/.exec(greeting) ?? [];
  const [timestamp] = TIMESTAMP.exec(whole ?? '') ?? [];
  return timestamp === whole ? timestamp : undefined;
}

/** MD5 of the timestamp, brackets and all, and the secret, in lower case (RFC 1939 §7, P3-33). */
export function apopDigest(timestamp: string, secret: string): string {
  return createHash('md5').update(`${timestamp}${secret}`).digest('hex');
}
