import { createHash, timingSafeEqual } from 'node:crypto';
import type { MaybePromise } from '../maildrop/maildrop.ts';
import type { ChannelBindings } from './channel-binding.ts';

/** Says who is there and proves it, by a password in the clear. */
export interface PasswordLogin {
  /** How it came: `USER` (USER and PASS) or the SASL mechanism's name. */
  readonly mechanism: string;
  /** Whose password it is. */
  readonly authenticationIdentity: string;
  /** Whom to act as; absent means the same (RFC 4422 §3.4.1: empty equals absent). */
  readonly authorizationIdentity?: string;
  readonly password: Secret;
}

/** Says who is there, which the mechanism has made sure of. */
export interface ProvenLogin {
  /** The SASL mechanism's name. */
  readonly mechanism: string;
  readonly authenticationIdentity: string;
  /** Whom to act as; absent means the same (RFC 4422 §3.4.1). */
  readonly authorizationIdentity?: string;
}

/**
 * Octets that must not be seen: prints as `[secret]` in every log, error and JSON. `reveal` is the only way to them.
 */
export class Secret {
  readonly #octets: Uint8Array;

  constructor(octets: Uint8Array | string) {
    this.#octets = typeof octets === 'string' ? new TextEncoder().encode(octets) : octets;
  }

  reveal(): Uint8Array {
    return this.#octets;
  }

  /** Whether it is this one, in a time that tells nothing of how far the two agree. */
  matches(other: Uint8Array | string): boolean {
    return timingSafeEqual(digest(this.#octets), digest(other));
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]';
  }
}

function digest(octets: Uint8Array | string): Uint8Array {
  return createHash('sha256').update(octets).digest();
}

/**
 * What became of a login:
 *
 * - `accepted`: `account` is the name whose maildrop is opened; `device` names the password, where an account has several
 * - `refused`: the credentials are wrong, or policy forbids this identity: `[AUTH]` (RFC 3206 §5). The same for an
 *   unknown user and a wrong password
 * - `unavailable`: it could not be decided now: `[SYS/TEMP]`, never `[AUTH]` (RC-03)
 */
export type Verdict =
  | { readonly type: 'accepted'; readonly account: string; readonly device?: string }
  | { readonly type: 'refused' }
  | { readonly type: 'unavailable' };

/** The next move of a mechanism's server half. `malformed` is a message that breaks the mechanism's own grammar. */
export type SaslStep =
  | { readonly type: 'challenge'; readonly data: Uint8Array }
  | { readonly type: 'malformed' }
  | Verdict;

/** What the server half may use. */
export interface SaslServerContext {
  /** Decides about a name and password. */
  authenticate(login: PasswordLogin): MaybePromise<Verdict>;
  /** The host's name, for challenges. */
  readonly hostname: string;
  /** Who is there by what is outside of SASL, the client's certificate: a prepared name; absent without one. */
  readonly externalIdentity?: string;
  /** What mechanisms with -PLUS bind themselves to; absent without TLS. */
  readonly channelBindings?: ChannelBindings;
}

/** One authentication exchange on the server's side (RFC 4422 §3). */
export interface SaslServerExchange {
  /**
   * Takes the client's message and answers the next move. The first call carries the initial response: `undefined`
   * when there was none, empty when it was there and empty (`=`). The two are different inputs.
   */
  next(response: Uint8Array | undefined): MaybePromise<SaslStep>;
}

/** One authentication exchange on the client's side. */
export interface SaslClientExchange {
  /** The initial response, or `undefined` when the server speaks first. */
  readonly initial: Uint8Array | undefined;
  /** Answers a challenge; throws when the challenge is not to be trusted, and the caller cancels with `*`. */
  next(challenge: Uint8Array): MaybePromise<Uint8Array>;
}

/** A SASL mechanism as a server offers it. */
export interface SaslServerMechanism {
  /** 1 to 20 of A-Z, 0-9, `-`, `_` (RFC 4422 §3.1). */
  readonly name: string;
  /** Whether it shows the password to whoever listens: then it is offered only where cleartext is allowed (AUTH-22). */
  readonly plaintext: boolean;
  /** Whether the client speaks first; if not, an initial response is refused (AUTH-09). */
  readonly clientFirst: boolean;
  serve(context: SaslServerContext): SaslServerExchange;
}
