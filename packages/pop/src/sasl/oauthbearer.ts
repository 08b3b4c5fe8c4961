import type { MaybePromise } from '../maildrop/maildrop.ts';
import { decodeUtf8, preparedName } from './credentials.ts';
import {
  type SaslClientExchange,
  type SaslServerExchange,
  type SaslServerMechanism,
  type SaslStep,
  Secret,
  type Verdict,
} from './mechanism.ts';
import { saslprep } from './saslprep.ts';

/** Says who is there by an OAuth 2.0 access token (RFC 6750). */
export interface BearerLogin {
  /** `OAUTHBEARER` or `XOAUTH2`. */
  readonly mechanism: string;
  readonly token: Secret;
  /** Whom to act as. Without it the token alone says (OA-08). */
  readonly authorizationIdentity?: string;
}

/** Why a token is not taken (RFC 7628 §3.2.2): `status` is an error code of RFC 6750 §3.1. */
export interface BearerRefusal {
  readonly type: 'refused-token';
  readonly status: 'invalid_request' | 'invalid_token' | 'insufficient_scope';
}

/** What the server's half is made of. */
export interface BearerOptions {
  /** Looks at signature, audience, expiry and scope, and whether the token's owner may act as it says (OA-08). */
  verify(login: BearerLogin): MaybePromise<Verdict | BearerRefusal>;
  /** The scope that tokens need, for clients that have to ask for one. */
  readonly scope?: string;
  /** Where such clients learn where to ask: an https URL. */
  readonly openidConfiguration?: string;
}

export interface OauthbearerOptions extends BearerOptions {
  /** By what names and ports the server is called; a client that names others means another server (OA-03). */
  readonly hosts: readonly string[];
  readonly ports: readonly number[];
}

const NOTHING = new Uint8Array();
const CONTROL_A = '\x01';
const octets = (text: string) => new TextEncoder().encode(text);
/** gs2-header, ^A, key=value and ^A for each, ^A (RFC 7628 §3.1). There is no channel binding: `p=` does not fit. */
const A = '\\x01';
const MESSAGE = new RegExp(
  `^[ny],(?:a=((?:[^\\0=,]|=2C|=3D)+))?,${A}((?:[A-Za-z]+=[\\t\\r\\n\\x20-\\x7e]*${A})*)${A}$`,
  'u',
);
/** b64token (RFC 6750 §2.1), the scheme in any case (OA-07). */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/** OAUTHBEARER, the server's half (RFC 7628). Only over TLS (OA-01). */
export function oauthbearer(options: OauthbearerOptions): SaslServerMechanism {
  return {
    name: 'OAUTHBEARER',
    plaintext: true,
    clientFirst: true,
    serve: () => bearerExchange('OAUTHBEARER', options, (text) => parse(text, options)),
  };
}

type Presented = Omit<BearerLogin, 'mechanism'> | 'malformed' | 'refused';

/** The exchange that OAUTHBEARER and XOAUTH2 have in common: a refusal is explained, and then waits for an answer. */
export function bearerExchange(
  mechanism: string,
  options: BearerOptions,
  understood: (text: string) => Presented,
): SaslServerExchange {
  let isRefused = false;
  const explain = (status: BearerRefusal['status']): SaslStep => {
    isRefused = true;
    const { scope, openidConfiguration } = options;
    return {
      type: 'challenge',
      data: octets(JSON.stringify({ status, scope, 'openid-configuration': openidConfiguration })),
    };
  };
  const judged = (verdict: Verdict | BearerRefusal): SaslStep =>
    verdict.type === 'refused-token'
      ? explain(verdict.status)
      : verdict.type === 'refused'
        ? explain('invalid_token')
        : verdict;
  return {
    next(response) {
      // Whatever it answers to the explanation, the login has failed (OA-04).
      if (isRefused) return { type: 'refused' };
      if (response === undefined) return { type: 'challenge', data: NOTHING };
      const presented = understood(decodeUtf8(response) ?? '');
      if (presented === 'malformed') return { type: 'malformed' };
      if (presented === 'refused') return explain('invalid_request');
      const verdict = options.verify({ mechanism, ...presented });
      return verdict instanceof Promise ? verdict.then(judged) : judged(verdict);
    },
  };
}

function parse(text: string, { hosts, ports }: OauthbearerOptions): Presented {
  const [, stead, list] = MESSAGE.exec(text) ?? [];
  if (list === undefined) return 'malformed';
  const given = list.split(CONTROL_A).slice(0, -1);
  const values = new Map(given.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
  if (values.size !== given.length) return 'malformed';
  const token = bearerToken(values.get('auth'));
  const host = values.get('host')?.toLowerCase();
  const port = values.get('port');
  const isElsewhere =
    (host !== undefined && !hosts.some((name) => name.toLowerCase() === host)) ||
    (port !== undefined && !ports.some((number) => `${number}` === port));
  if (token === undefined || isElsewhere) return 'refused';
  if (stead === undefined) return { token };
  const authorizationIdentity = preparedName(octets(stead.replaceAll('=2C', ',').replaceAll('=3D', '=')));
  return authorizationIdentity === undefined ? 'refused' : { token, authorizationIdentity };
}

export function bearerToken(authorization: string | undefined): Secret | undefined {
  const [, token] = BEARER.exec(authorization ?? '') ?? [];
  return token === undefined ? undefined : new Secret(token);
}

/** Who logs in by a token, on the client's side. */
export interface BearerCredentials {
  readonly user: string;
  readonly token: string;
}

/** What a server says of a token that it does not take (RFC 7628 §3.2.2), as far as it can be read. */
export interface BearerExplanation {
  readonly status?: string;
  readonly scope?: string;
  readonly openidConfiguration?: string;
}

/** The client's half of both: the token is all there is to say, and a refusal may be explained. */
export interface BearerClientExchange extends SaslClientExchange {
  finished(): void;
  refused(): BearerExplanation | undefined;
}

/** OAUTHBEARER, the client's half. Throws a `TypeError` for a name or token that cannot be sent. */
export function oauthbearerClient(
  credentials: BearerCredentials & { readonly host: string; readonly port: number },
): BearerClientExchange {
  const { user, token, host, port } = credentials;
  const name = bearerName(user).replaceAll('=', '=3D').replaceAll(',', '=2C');
  const pairs = [`host=${host}`, `port=${port}`, `auth=Bearer ${sendableToken(token)}`];
  // The explanation of a refusal is answered by ^A, and -ERR follows (OA-05).
  return bearerClient('OAUTHBEARER', [`n,a=${name},`, ...pairs, '', ''].join(CONTROL_A), CONTROL_A);
}

/** The client's half that OAUTHBEARER and XOAUTH2 have in common. */
export function bearerClient(mechanism: string, initial: string, answer: string): BearerClientExchange {
  let explanation: BearerExplanation | undefined;
  return {
    initial: octets(initial),
    next(challenge) {
      if (explanation !== undefined) throw new Error(`${mechanism} has one challenge, and the server sent a second`);
      explanation = understood(decodeUtf8(challenge) ?? '');
      return octets(answer);
    },
    finished() {
      if (explanation !== undefined) throw new Error('the server said that it refused the token');
    },
    refused: () => explanation,
  };
}

/** Nothing depends on its being there, or on what else is in it. */
function understood(text: string): BearerExplanation {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return {};
  }
  if (typeof given !== 'object' || given === null) return {};
  const { status, scope, 'openid-configuration': where } = given as Readonly<Record<string, unknown>>;
  return {
    ...(typeof status === 'string' && { status }),
    ...(typeof scope === 'string' && { scope }),
    ...(typeof where === 'string' && { openidConfiguration: where }),
  };
}

export function bearerName(user: string): string {
  const prepared = saslprep(user, 'query');
  if (prepared === undefined || prepared === '') throw new TypeError('the user’s name cannot be sent');
  return prepared;
}

export function sendableToken(token: string): string {
  if (!BEARER.test(`Bearer ${token}`)) throw new TypeError('the access token is none: it has octets that no token has');
  return token;
}
