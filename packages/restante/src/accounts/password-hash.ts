/**
 * What a password hash looks like: a PHC string of argon2id, version 19, with a salt of 8 octets or more and a digest of 16
 * or more (RFC 9106 §3.1), at a cost that a login can bear: 1 GiB and 64 passes at most.
 */
const FORM =
  /^\$argon2id\$v=19\$m=([1-9]\d{0,6}),t=([1-9]\d?),p=([1-9]\d?)\$(?:[A-Za-z0-9+/]{11,86})\$(?:[A-Za-z0-9+/]{22,171})$/;
const MOST_KIB = 2 ** 20;
const MOST_PASSES = 64;

/** Whether it can be checked against: an account with a hash that is none could never log in, and nobody would know why. */
export function isPasswordHash(text: string): boolean {
  const [, memory, passes, lanes] = FORM.exec(text) ?? [];
  if (memory === undefined) return false;
  // RFC 9106 §3.1: at least 8 KiB a lane.
  return Number(memory) <= MOST_KIB && Number(memory) >= 8 * Number(lanes) && Number(passes) <= MOST_PASSES;
}
