import type { LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import type { MaybePromise } from '../maildrop/maildrop.ts';
import type { BearerExplanation } from '../sasl/oauthbearer.ts';
import { type Clock, timerMilliseconds } from '../server/clock.ts';
import { Pop3Error } from './error.ts';
import { asciiName, isWithin } from './host-name.ts';
import type { Called } from './identity.ts';
import { isLanguageRange } from './language-range.ts';
import { isPin } from './pins.ts';
import type { Pop3Logger } from './trace.ts';

/** A secret, or where it is to be had: asked for once the connection is as safe as it has to be, and not before. */
export type SecretSource = string | (() => MaybePromise<string>);

/**
 * An access token, or who has one: asked once the connection is as safe as it has to be, and once more, with what the
 * server said, where it refused the first. A second that is not the same is tried, and no third (OA-09).
 */
export type TokenSource = string | ((refused?: BearerExplanation) => MaybePromise<string>);

/** Who logs in, and how. */
export interface Pop3Auth {
  readonly user: string;
  /**
   * What else the user may be called here, the local part of an address, say: tried once, on a new connection to the same
   * host, where the server refuses `user`; and only over TLS whose certificate was verified (RFC 6186 §4). Not with `socket`.
   */
  readonly secondUser?: string;
  readonly pass?: SecretSource;
  /** An OAuth 2.0 access token, for mechanisms that take one. */
  readonly accessToken?: TokenSource;
  /** Whose maildrop, if not the user's own (RFC 4422 §3.4.1): only SASL can say it. */
  readonly authorizationIdentity?: string;
  /**
   * The only ways that may be taken, the strongest of them first whatever their order here: SASL mechanisms, `USER` and
   * `APOP`. Default: all of those that the credentials fit but APOP and CRAM-MD5, which are weak and have to be asked for
   * (P3-36).
   */
  readonly methods?: readonly string[];
}

/** What Node's `tls.connect` takes, as far as it is for the caller to choose; the certificate is verified by default. */
export interface Pop3Tls
  extends Pick<
    ConnectionOptions,
    | 'ca'
    | 'cert'
    | 'key'
    | 'passphrase'
    | 'pfx'
    | 'servername'
    | 'ciphers'
    | 'minVersion'
    | 'rejectUnauthorized'
    | 'ALPNProtocols'
  > {
  /**
   * The certificate must be one of these, beside being verified; with `rejectUnauthorized: false`, instead (TLS-17).
   * SHA-256 of the certificate in hexadecimal, or `sha256/` and that of its public key in base64.
   */
  readonly pins?: readonly string[];
}

/** Bounds on what the server sends. */
export interface Pop3ClientLimits {
  /** Octets of a line that is not a letter's, CRLF included; default 16,384. */
  readonly line: number;
  /** Lines of a listing; default 1,000,000. */
  readonly listing: number;
  /** Octets of a letter; default 2 GiB. */
  readonly letter: number;
  /** Octets of what TOP answers; default 4 MiB. */
  readonly top: number;
  /**
   * Octets of a letter that are still read, and thrown away, when its reader leaves; default 1 MiB. Where more are to
   * come the connection is dropped: that costs the session, but not the time.
   */
  readonly drain: number;
}

/** Where to call, as whom, and how carefully. The names are Nodemailer's and ImapFlow's. */
export interface Pop3ClientOptions {
  /** A name or an address; the certificate has to be this host's. */
  readonly host: string;
  /** Default 995 with `secure`, and 110 without. */
  readonly port?: number;
  /** TLS from the first octet; default true, and false where the port is 110. */
  readonly secure?: boolean;
  /** Without `secure`: whether to go on only with TLS, by STLS (STLS-12); default true. */
  readonly requireTLS?: boolean;
  /** Do not use STLS even where it is offered. */
  readonly ignoreTLS?: boolean;
  /** Whether a password or token may go out where others can read it, or to whoever claims to be the server. */
  readonly allowInsecureAuth?: boolean;
  /**
   * The mail domain whose records have named the host ({@link discover}). The certificate may then be the domain's, by its
   * own name or its SRV name (RFC 7817 §3); where the host is none of the domain's, it has to be, unless `hostConfirmed`.
   */
  readonly domain?: string;
  /** A person has said that this host, although it is none of the domain's, is the right one (RFC 6186 §6). */
  readonly hostConfirmed?: boolean;
  /** Without it nobody logs in: for a look at capabilities and certificate. */
  readonly auth?: Pop3Auth;
  readonly tls?: Pop3Tls;
  /** A connection to the server, made elsewhere: through a proxy, a tunnel, in memory. */
  readonly socket?: Duplex;
  /** Our own end's address. */
  readonly localAddress?: string;
  /** How the host's addresses are found; default Node's `dns.lookup`. */
  readonly lookup?: LookupFunction;
  /** Ends the whole session, whatever it is doing. */
  readonly signal?: AbortSignal;
  /** Milliseconds until there must be a connection, and again until there must be TLS; default 30,000. */
  readonly connectionTimeout?: number;
  /** Milliseconds until the greeting; default 30,000. */
  readonly greetingTimeout?: number;
  /** Milliseconds without a further line, or part of a letter, while an answer is due; default 180,000. */
  readonly socketTimeout?: number;
  /** Milliseconds for which a reader may leave a letter that has come unread, and hold up all else; default 600,000. */
  readonly readerTimeout?: number;
  readonly logger?: Pop3Logger | false;
  /** Whether to pipeline where the server offers it; default true. */
  readonly pipelining?: boolean;
  /**
   * Whether to ask for UTF8 mode where the server offers it: letters with addresses beyond ASCII then come as they are,
   * and not as something like them (RFC 6856 §2.1); default false. Sizes may differ between the modes.
   */
  readonly utf8?: boolean;
  /** In what language the server's words are wanted: a tag of RFC 5646, or `*` for the server's own choice (RFC 6856 §3). */
  readonly language?: string;
  /**
   * What to ask for together with the capabilities behind the login, where the server pipelines: the first `list()`,
   * `uniqueIds()`, `letters()` or `stat()` has its answer from that, a round trip earlier. Default: nothing.
   */
  readonly ahead?: readonly ('LIST' | 'UIDL' | 'STAT')[];
  readonly limits?: Partial<Pop3ClientLimits>;
  readonly clock?: Clock;
}

/**
 * The client's own time. Its timers keep the process alive, as a server's do not: whoever waits for an answer gets one,
 * also where the socket is not read just now and nothing else is going on. An idle session has none.
 */
const clientClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  set(ring, milliseconds) {
    const timer = setTimeout(ring, timerMilliseconds(milliseconds));
    return { clear: () => clearTimeout(timer) };
  },
};

const MEBIOCTET = 1_048_576;

/** The bounds on what a server sends, where the caller sets no others. */
export const defaultPop3ClientLimits: Pop3ClientLimits = {
  line: 16_384,
  listing: 1_000_000,
  letter: 2_048 * MEBIOCTET,
  top: 4 * MEBIOCTET,
  drain: MEBIOCTET,
};

/** As IANA has them (RFC 1939 §3, RFC 8314 §3.1). */
const POP3_PORT = 110;
const POP3S_PORT = 995;

export function defaultPort(secure: boolean): number {
  return secure ? POP3S_PORT : POP3_PORT;
}

/** The options with nothing left open. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly stls: 'required' | 'if-offered' | 'never';
  readonly allowInsecureAuth: boolean;
  readonly foundBy: Called['foundBy'];
  readonly auth: Pop3Auth | undefined;
  readonly tls: Pop3Tls;
  readonly socket: Duplex | undefined;
  readonly localAddress: string | undefined;
  readonly lookup: LookupFunction | undefined;
  readonly signal: AbortSignal | undefined;
  readonly connectionTimeout: number;
  readonly greetingTimeout: number;
  readonly socketTimeout: number;
  readonly readerTimeout: number;
  readonly logger: Pop3Logger | undefined;
  readonly pipelining: boolean;
  readonly utf8: boolean;
  readonly language: string | undefined;
  readonly ahead: readonly ('LIST' | 'UIDL' | 'STAT')[];
  readonly limits: Pop3ClientLimits;
  readonly clock: Clock;
}

/** Throws a {@link Pop3Error} `ARGUMENT` for what cannot be. */
export function settings(options: Pop3ClientOptions): Settings {
  const secure = options.secure ?? options.port !== POP3_PORT;
  const limits = { ...defaultPop3ClientLimits, ...options.limits };
  const times = {
    connectionTimeout: options.connectionTimeout ?? 30_000,
    greetingTimeout: options.greetingTimeout ?? 30_000,
    socketTimeout: options.socketTimeout ?? 180_000,
    readerTimeout: options.readerTimeout ?? 600_000,
  };
  for (const [name, value] of Object.entries({ ...limits, ...times })) {
    if (!(value >= 0)) throw new Pop3Error('ARGUMENT', `${name} is ${value}, and must be a number from 0 on`);
  }
  if (typeof options.host !== 'string' || options.host === '') throw new Pop3Error('ARGUMENT', 'there is no host');
  if (/[\s\p{Cc}]/u.test(options.host))
    throw new Pop3Error('ARGUMENT', 'the host has a blank or a control character in it');
  const port = options.port ?? defaultPort(secure);
  if (!Number.isSafeInteger(port) || port < 1 || port > 65_535) {
    throw new Pop3Error('ARGUMENT', `${port} is no port: they are whole numbers from 1 to 65535`);
  }
  for (const pin of options.tls?.pins ?? []) {
    if (!isPin(pin)) {
      throw new Pop3Error('ARGUMENT', `"${pin}" is no pin: 64 hexadecimal digits, or sha256/ and 44 of base64`);
    }
  }
  if (options.language !== undefined && !isLanguageRange(options.language)) {
    throw new Pop3Error('ARGUMENT', `"${options.language}" is no language: de, pt-BR and * are`);
  }
  if (options.ignoreTLS && options.requireTLS) {
    throw new Pop3Error('ARGUMENT', 'ignoreTLS and requireTLS contradict each other');
  }
  return {
    ...times,
    host: options.host,
    port,
    secure,
    stls: options.ignoreTLS ? 'never' : options.requireTLS === false ? 'if-offered' : 'required',
    allowInsecureAuth: options.allowInsecureAuth ?? false,
    foundBy: foundBy(options),
    auth: options.auth,
    tls: options.tls ?? {},
    socket: options.socket,
    localAddress: options.localAddress,
    lookup: options.lookup,
    signal: options.signal,
    logger: options.logger || undefined,
    pipelining: options.pipelining ?? true,
    utf8: options.utf8 ?? false,
    language: options.language,
    ahead: options.ahead ?? [],
    limits,
    clock: options.clock ?? clientClock,
  };
}

function foundBy({ domain, host, hostConfirmed = false }: Pop3ClientOptions): Settings['foundBy'] {
  if (domain === undefined) return undefined;
  const name = asciiName(domain);
  if (name === undefined) throw new Pop3Error('ARGUMENT', `"${domain}" is no domain`);
  return { domain: name, hostCounts: hostConfirmed || isWithin(name, asciiName(host) ?? '') };
}
