import type { Maildrop, MaybePromise } from '../maildrop/maildrop.ts';
import type { ExtensionCommand } from '../pop3/extension.ts';
import type { Terms } from '../pop3/terms.ts';
import type { PasswordLogin, SaslServerMechanism, Verdict } from '../sasl/mechanism.ts';
import type { Clock } from './clock.ts';
import type { Peer } from './peer.ts';
import type { TlsSource } from './tls.ts';
import type { ProxyOptions } from './trusted-proxies.ts';

/** Limits on what a peer controls. Every one has a default (`defaultPop3Limits`) that says why. */
export interface Pop3Limits {
  /** Octets of a line of a SASL exchange, and of the AUTH command's, CRLF included: 12288 at least (AUTH-14). */
  readonly saslLine: number;
  /** Octets received and not yet worked on, before the socket is no longer read. */
  readonly pendingInput: number;
  /** Octets of replies that the peer has not taken yet, before no further command is worked on. */
  readonly replyBacklog: number;
  /** Failed logins on one connection, after which it is closed. */
  readonly failedLogins: number;
  /** How long the answer to a failed login is held back, in milliseconds. Loopback is exempt. */
  readonly failureDelay: number;
  /** Commands before login that are wrong in any way, after which the connection is closed. */
  readonly badCommands: number;
  /** The autologout timer, in milliseconds: 600,000 at least (P3-17). */
  readonly idle: number;
  /** How long a TLS handshake may take, in milliseconds. */
  readonly handshake: number;
  /** How long a peer may leave a reply untaken without taking one octet, in milliseconds. */
  readonly stalledReply: number;
  /** Open connections, all listeners together. */
  readonly connections: number;
  /** Open connections of one address. Loopback is exempt. */
  readonly connectionsPerAddress: number;
  /** Open connections that have not logged in; at the cap the oldest is shed (P3-17). */
  readonly unauthenticated: number;
}

/** What a POP3 server needs to know. Only `authenticate` and `openMaildrop` have no default. */
export interface Pop3Options {
  /** Decides about a login. Throwing or rejecting counts as `unavailable`. */
  authenticate(login: PasswordLogin, peer: Peer): MaybePromise<Verdict>;
  /** Opens the maildrop of an account that `authenticate` accepted. Throws, or rejects with, a StoreError. */
  openMaildrop(account: string, visit: Visit): MaybePromise<Maildrop>;
  /**
   * What CAPA says of LOGIN-DELAY and EXPIRE: of an account that has logged in, or of all accounts together. Keeping to
   * it is up to `openMaildrop` (see `LoginDelays`) and to the store. Absent, throwing or rejecting: nothing is said.
   */
  terms?(account: string | undefined): MaybePromise<Terms>;
  /** The name in greetings and challenges; default the machine's. */
  readonly hostname?: string;
  /** Certificate and key: a function is asked at each handshake, so that a renewed certificate takes effect. */
  readonly tls?: TlsSource;
  /** Whether this peer may log in without TLS; the default is where both ends are loopback (AUTH-22). */
  readonly cleartext?: (peer: Peer) => boolean;
  /** Default PLAIN and LOGIN. */
  readonly mechanisms?: readonly SaslServerMechanism[];
  /** Commands beyond the RFCs' (X-…). */
  readonly commands?: readonly ExtensionCommand[];
  /** The text of IMPLEMENTATION (RFC 2449 §6.9); `false` leaves it out. */
  readonly implementation?: string | false;
  /** Whether a lone LF ends a command line too (P3-10); default true, since people type into netcat. */
  readonly bareLineFeed?: boolean;
  readonly limits?: Partial<Pop3Limits>;
  /**
   * Whether peers on this machine are exempt from `failureDelay` and `connectionsPerAddress`; default true. `false` where a
   * relay on this machine (a TLS front, webmail) brings strangers in by loopback.
   */
  readonly loopbackExempt?: boolean;
  /** Where a proxy stands before the server: it says who calls, and what it says is believed. */
  readonly proxy?: ProxyOptions;
  readonly clock?: Clock;
  /** Told once a session, when it ended. */
  readonly onSession?: (report: SessionReport) => void;
  /** Told of each command at its reply, for those who count and time them: it has to be quick. */
  readonly onCommand?: (report: CommandReport) => void;
}

/** A session that has just logged in: who is there, for those who decide by it and those who write it down. */
export interface Visit {
  /** The session's id, unique on this server. */
  readonly session: string;
  readonly peer: Peer;
  /** The identity whose password it was, as the client wrote it. */
  readonly login: string;
  /** `USER`, or the SASL mechanism's name. */
  readonly mechanism: string;
  /** What `authenticate` said of the password: see {@link Verdict}. */
  readonly device?: string;
  /** When the login was accepted, in milliseconds since 1970. */
  readonly at: number;
  /** For who lets one session at a time in, and has to know of the one that is there: see `ExclusiveMaildrops`. */
  readonly handle: SessionHandle;
}

/** What can be known of an open session from outside, and done to it. */
export interface SessionHandle {
  /** Whether something is under way that has to come to its end: a removal, say. */
  readonly busy: boolean;
  /** Grows with each octet that came from the peer or that its side has taken. */
  readonly activity: number;
  /** Whether the connection is gone, or on its way out: nothing more is asked of the maildrop, unless it is busy. */
  readonly over: boolean;
  /** Has the network ask the peer whether it is there (TCP keepalive). A peer that is not, or knows of no connection, ends it within seconds. */
  probe(): void;
  /** Ends the connection at once, and the session without UPDATE. */
  end(): void;
}

/** One command, without its argument. */
export interface CommandReport {
  /** In upper case; absent where there is no command of that name. */
  readonly keyword?: string;
  /** `+OK` or `-ERR`. */
  readonly outcome: 'ok' | 'err';
  /** From the command's turn to the first line of its reply; what holds the answer to a failed login back is in it. */
  readonly milliseconds: number;
}

/** One session, as it is logged: no secret in it, and no text of the peer's but the account's name. */
export interface SessionReport {
  readonly session: string;
  readonly protocol: 'pop3';
  readonly peer: Peer;
  /** Absent if nobody logged in. */
  readonly account?: string;
  readonly mechanism?: string;
  /** How it ended: `quit` (with UPDATE), `quit-unauthenticated`, `closed` by the peer, `idle`, `error`, `refused`, `limit`, `shutdown`. */
  readonly end: 'quit' | 'quit-unauthenticated' | 'closed' | 'idle' | 'error' | 'refused' | 'limit' | 'shutdown';
  /** Why, for the operator, when `end` needs it. */
  readonly reason?: string;
  readonly milliseconds: number;
  readonly octetsIn: number;
  readonly octetsOut: number;
  readonly commands: number;
  readonly failedLogins: number;
  /** Letters in the snapshot, sent whole by RETR, sent by TOP, and removed. */
  readonly letters: number;
  readonly retrieved: number;
  readonly topped: number;
  readonly deleted: number;
}
