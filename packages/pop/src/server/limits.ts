import type { Pop3Limits } from './pop3-options.ts';

/** The defaults, each with its reason. */
export const defaultPop3Limits: Pop3Limits = {
  // What RFC 4954 §4 asks of SMTP, and the least that AUTH-14 allows: tokens of 8 KB fit.
  saslLine: 12_288,
  // One read of a socket: thousands of pipelined commands, and little enough for thousands of connections.
  pendingInput: 65_536,
  // A few slices of a letter: keeps a fast reader busy, and lets a slow one hold no more than this.
  replyBacklog: 262_144,
  // Somebody who mistypes gets two more tries; somebody who guesses has to connect again.
  failedLogins: 3,
  // Slows guessing down without a person noticing much (Dovecot waits as long).
  failureDelay: 2_000,
  // No client needs more than a few probes for extensions; a web browser or a scanner is past it at once.
  badCommands: 10,
  // The least that RFC 1939 §3 allows (P3-17), and nobody is locked out by a session that waits.
  idle: 600_000,
  // Several round trips over the worst of lines (P3-17).
  handshake: 30_000,
  // As patient as the autologout timer: a reader that takes anything at all in that time goes on (P3-19).
  stalledReply: 600_000,
  // At some 20 KB each: 200 MB, and within the descriptors that a service usually gets.
  connections: 10_000,
  // A household or an office behind one address, its phones and desktops together.
  connectionsPerAddress: 50,
  // A login takes a second or two: this is hundreds of logins a second, even over slow lines.
  unauthenticated: 1_000,
};

/** The limits to go by. Throws a RangeError that names a value that cannot be. */
export function pop3Limits(given: Partial<Pop3Limits> = {}): Pop3Limits {
  const limits = { ...defaultPop3Limits, ...given };
  for (const [name, value] of Object.entries(limits)) {
    if (typeof value !== 'number' || !(value >= 0))
      throw new RangeError(`limits.${name} must be a number, not ${value}`);
  }
  if (limits.idle < 600_000) {
    throw new RangeError(`limits.idle is ${limits.idle} ms: RFC 1939 §3 asks for 600000 (10 minutes) at least`);
  }
  if (limits.saslLine < 12_288) {
    throw new RangeError(`limits.saslLine is ${limits.saslLine}: SASL needs 12288 octets at least`);
  }
  return limits;
}
