import type { MaybePromise } from '../maildrop/maildrop.ts';
import { encodeBase64 } from '../wire/base64.ts';
import type { ChannelBinding } from './channel-binding.ts';
import { decodeUtf8, preparedName } from './credentials.ts';
import type {
  ProvenLogin,
  SaslClientExchange,
  SaslServerContext,
  SaslServerExchange,
  SaslServerMechanism,
  SaslStep,
  Verdict,
} from './mechanism.ts';
import { saslprep } from './saslprep.ts';
import {
  clientProof,
  deriveKeys,
  ghostKeys,
  isProven,
  isSame,
  LEAST_ITERATIONS,
  normalized,
  type ScramHash,
  type ScramKeys,
  serverSignature,
} from './scram-keys.ts';
import { type ClientFirst, clientFinal, clientFirst, escaped, serverFinal, serverFirst } from './scram-messages.ts';

const NOTHING = new Uint8Array();
const octets = (text: string) => new TextEncoder().encode(text);

/** What the server's half of SCRAM is made of. */
export interface ScramOptions {
  readonly hash: ScramHash;
  /** Whether it is the -PLUS mechanism, bound to the connection. */
  readonly plus?: boolean;
  /** The keys of an account, by its prepared name, or `undefined` where there is none. */
  keys(name: string): MaybePromise<ScramKeys | undefined>;
  /** Decides whether one who has proved who it is may come in, in the stead of whom it says. */
  authorize(login: ProvenLogin): MaybePromise<Verdict>;
  /** At least 18 random octets, in base64 or otherwise visible ASCII without a comma: new at each call. */
  nonce(): string;
  /** What names nobody has are answered by, without telling that they are nobody's (SCRAM-18). */
  readonly ghosts: {
    /** The same through all of the server's life. */
    readonly secret: Uint8Array;
    /** As those of most accounts. */
    readonly iterations: number;
  };
}

/** SCRAM-SHA-1 and SCRAM-SHA-256, with and without -PLUS: the server's half (RFC 5802, RFC 7677). */
export function scram(options: ScramOptions): SaslServerMechanism {
  return {
    name: `SCRAM-${options.hash}${options.plus ? '-PLUS' : ''}`,
    plaintext: false,
    clientFirst: true,
    serve: (context) => new ScramServer(options, context),
  };
}

class ScramServer implements SaslServerExchange {
  readonly #options: ScramOptions;
  readonly #context: SaslServerContext;
  #next: (response: Uint8Array) => MaybePromise<SaslStep> = (response) => this.#first(response);

  constructor(options: ScramOptions, context: SaslServerContext) {
    this.#options = options;
    this.#context = context;
  }

  next(response: Uint8Array | undefined): MaybePromise<SaslStep> {
    return response === undefined ? { type: 'challenge', data: NOTHING } : this.#next(response);
  }

  #first(response: Uint8Array): MaybePromise<SaslStep> {
    const message = clientFirst(decodeUtf8(response) ?? '');
    if (message === undefined) return { type: 'malformed' };
    const binding = this.#binding(message);
    if (binding === undefined) return { type: 'refused' };
    // Whoever is nobody gets as far as somebody with a wrong password does (AUTH-26).
    const name = preparedName(octets(message.name));
    const keys = name === undefined ? undefined : this.#options.keys(name);
    const begin = (found: ScramKeys | undefined) => this.#challenge(message, binding, name, found);
    return keys instanceof Promise ? keys.then(begin) : begin(keys);
  }

  /** What c= has to be, or `undefined` when client and server differ over it (SCRAM-09, SCRAM-11). */
  #binding({ flag, header, binding }: ClientFirst): Uint8Array | undefined {
    const { channelBindings } = this.#context;
    if (this.#options.plus !== true) {
      // "y": it saw no -PLUS. If we do offer it, somebody took it out of the list.
      const isStripped = flag === 'y' && channelBindings?.offered === true;
      return flag === 'p' || isStripped ? undefined : octets(header);
    }
    const data = binding === undefined ? undefined : channelBindings?.take(binding);
    return data === undefined ? undefined : Buffer.concat([octets(header), data]);
  }

  #challenge(
    message: ClientFirst,
    binding: Uint8Array,
    name: string | undefined,
    found: ScramKeys | undefined,
  ): SaslStep {
    const { hash, ghosts } = this.#options;
    const keys = found ?? ghostKeys(hash, ghosts.secret, name ?? message.name, ghosts.iterations);
    const nonce = `${message.nonce}${this.#options.nonce()}`;
    const challenge = `r=${nonce},s=${encodeBase64(keys.salt)},i=${keys.iterations}`;
    this.#next = (response) => {
      const final = clientFinal(decodeUtf8(response) ?? '');
      if (final === undefined) return { type: 'malformed' };
      // As transmitted, and not as prepared (SCRAM-17).
      const authMessage = `${message.bare},${challenge},${final.withoutProof}`;
      const proven = isProven(hash, keys.storedKey, authMessage, final.proof);
      const bound = isSame(final.binding, binding) && isSame(octets(final.nonce), octets(nonce));
      if (!proven || !bound || found === undefined || name === undefined) return { type: 'refused' };
      const login = this.#login(name, message.authorizationIdentity);
      if (login === undefined) return { type: 'refused' };
      const verdict = this.#options.authorize(login);
      const end = (given: Verdict) => this.#end(given, serverSignature(hash, keys.serverKey, authMessage));
      return verdict instanceof Promise ? verdict.then(end) : end(verdict);
    };
    return { type: 'challenge', data: octets(challenge) };
  }

  #login(authenticationIdentity: string, stead: string | undefined): ProvenLogin | undefined {
    const login = { mechanism: scram(this.#options).name, authenticationIdentity };
    if (stead === undefined) return login;
    const authorizationIdentity = preparedName(octets(stead));
    if (authorizationIdentity === undefined) return undefined;
    return authorizationIdentity === authenticationIdentity ? login : { ...login, authorizationIdentity };
  }

  /** POP3 has no data on success: the signature is one more challenge, answered by nothing (AUTH-16). */
  #end(verdict: Verdict, signature: Uint8Array): SaslStep {
    if (verdict.type !== 'accepted') return verdict;
    this.#next = (response) => (response.length === 0 ? verdict : { type: 'malformed' });
    return { type: 'challenge', data: octets(`v=${encodeBase64(signature)}`) };
  }
}

/** Who logs in by SCRAM, on the client's side. */
export interface ScramCredentials {
  readonly hash: ScramHash;
  readonly authenticationIdentity: string;
  readonly authorizationIdentity?: string | undefined;
  readonly password: string;
  /** At least 18 random octets, in base64 or otherwise visible ASCII without a comma: new for each exchange. */
  readonly nonce: string;
  /**
   * The binding to use, which makes it -PLUS; `possible` when there could be one, but the server offers no -PLUS: then
   * it is told so, and notices if somebody took -PLUS out of its list (SCRAM-10). Absent: there can be none.
   */
  readonly binding?: ChannelBinding | 'possible' | undefined;
}

/** The most iterations that are worked out: OWASP asks for 1.3 million with SHA-1, and a hostile server for any number. */
const MOST_ITERATIONS = 2_000_000;
/** What a server answers to whom somebody in between has changed the dialog of (RFC 5802 §7). */
const TAMPERED = /^(?:server-does-support-channel-binding|channel-bindings-dont-match)$/;

/**
 * SCRAM, the client's half. Throws a `TypeError` for a name or password that SCRAM cannot have (RFC 4013). `finished()`
 * throws unless the server has shown that it, too, knows the password.
 */
export function scramClient(credentials: ScramCredentials): SaslClientExchange & { finished(): void } {
  const { hash, binding, nonce } = credentials;
  const password = normalized(credentials.password);
  const flag = binding === undefined ? 'n' : binding === 'possible' ? 'y' : `p=${binding.type}`;
  const stead = credentials.authorizationIdentity;
  const header = `${flag},${stead === undefined ? '' : `a=${named('authorization identity', stead)}`},`;
  const bare = `n=${named('authentication identity', credentials.authenticationIdentity)},r=${nonce}`;
  const bound = typeof binding === 'object' ? Buffer.concat([octets(header), binding.data]) : octets(header);
  let expected: Uint8Array | undefined;
  let state: 'first' | 'final' | 'refused' | 'proven' | 'broken' = 'first';

  const answer = async (challenge: string): Promise<Uint8Array> => {
    const message = serverFirst(challenge);
    if (message === undefined) throw new Error('the server’s first message is none of SCRAM’s');
    if (!message.nonce.startsWith(nonce) || message.nonce.length === nonce.length) {
      throw new Error('the server’s nonce does not go on from ours');
    }
    const { iterations } = message;
    if (iterations < LEAST_ITERATIONS || iterations > MOST_ITERATIONS) {
      throw new Error(`${iterations} iterations: fewer than ${LEAST_ITERATIONS} or more than ${MOST_ITERATIONS}`);
    }
    const { clientKey, serverKey } = await deriveKeys(hash, password, message);
    const withoutProof = `c=${encodeBase64(bound)},r=${message.nonce}`;
    const authMessage = `${bare},${challenge},${withoutProof}`;
    expected = serverSignature(hash, serverKey, authMessage);
    state = 'final';
    return octets(`${withoutProof},p=${encodeBase64(clientProof(hash, clientKey, authMessage))}`);
  };

  const verify = (challenge: string, signature: Uint8Array): Uint8Array => {
    const message = serverFinal(challenge);
    if (message === undefined) throw new Error('the server’s last message is none of SCRAM’s');
    if ('error' in message) {
      if (TAMPERED.test(message.error)) throw new Error(`somebody is between us and the server: ${message.error}`);
      // The -ERR that follows says it POP3's way.
      state = 'refused';
      return NOTHING;
    }
    if (!isSame(message.signature, signature)) throw new Error('the server does not know the password');
    state = 'proven';
    return NOTHING;
  };

  return {
    initial: octets(`${header}${bare}`),
    next(challenge) {
      const text = decodeUtf8(challenge);
      const before = state;
      // Whatever goes wrong from here on, there is no second try.
      state = 'broken';
      if (text === undefined) throw new Error('the challenge is not UTF-8');
      if (before === 'first') return answer(text);
      if (before === 'final' && expected !== undefined) return verify(text, expected);
      throw new Error('SCRAM has no further challenge');
    },
    finished() {
      if (state !== 'proven') throw new Error('the server has not shown that it knows the password');
    },
  };
}

function named(what: string, name: string): string {
  const prepared = saslprep(name, 'query');
  if (prepared === undefined || prepared === '') throw new TypeError(`the ${what} cannot be sent by SCRAM`);
  return escaped(prepared);
}
