import type { SessionLimits } from './session.ts';

/** Limits on what a peer controls. */
export interface DeliveryLimits extends SessionLimits {
  /** Octets received and not yet worked on, before the socket is no longer read. */
  readonly pendingInput: number;
  /** Octets of replies that the peer has not taken yet, before no further command is worked on. */
  readonly replyBacklog: number;
  /** How long a peer may be silent between commands or in a letter, in milliseconds: 300,000 at least (SM-07). */
  readonly idle: number;
  /** How long a peer may leave a reply untaken without taking one octet, in milliseconds. */
  readonly stalledReply: number;
  /** How long a TLS handshake may take, in milliseconds. */
  readonly handshake: number;
  /** Open connections, all listeners together. */
  readonly connections: number;
  /** Open connections of one address. Loopback is exempt. */
  readonly connectionsPerAddress: number;
}

export const defaultDeliveryLimits: DeliveryLimits = {
  // RFC 5321 §4.5.3.1.4 asks for 512, SIZE and BODY for 42 more; long return paths (see PATH_BOUNDS) fit too.
  commandLine: 2048,
  // 150 MiB: 25 MB is what most send at most, and base64 adds a third; whoever runs a mailing of films asks for more.
  letter: 157_286_400,
  // RFC 5321 §4.5.3.1.8 asks for 100 at least; Postfix sends 50 and others up to 1,000 at a time. What is above comes
  // again in a second transaction.
  recipients: 1000,
  // No mail server errs as often; who tries words out by hand has room to learn.
  badCommands: 20,
  // What one read of a socket brings: a peer that pipelines keeps us busy, and a thousand of them cost 64 MiB.
  pendingInput: 65_536,
  // The replies to a thousand recipients fit.
  replyBacklog: 65_536,
  // RFC 5321 §4.5.3.2.7; a client gives up sooner when it cannot send a block of a letter (§4.5.3.2.5).
  idle: 300_000,
  stalledReply: 300_000,
  // Several round trips over the worst of lines.
  handshake: 30_000,
  // Mail servers open some dozens each; every connection costs some 10 KB.
  connections: 1000,
  connectionsPerAddress: 100,
};
