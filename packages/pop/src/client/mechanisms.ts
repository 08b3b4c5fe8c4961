import { randomBytes } from 'node:crypto';
import type { ChannelBinding } from '../sasl/channel-binding.ts';
import { cramMd5Client } from '../sasl/cram-md5.ts';
import { externalClient } from '../sasl/external.ts';
import { loginClient } from '../sasl/login.ts';
import type { SaslClientExchange } from '../sasl/mechanism.ts';
import { type BearerExplanation, oauthbearerClient } from '../sasl/oauthbearer.ts';
import { plainClient } from '../sasl/plain.ts';
import { scramClient } from '../sasl/scram.ts';
import type { ScramHash } from '../sasl/scram-keys.ts';
import { xoauth2Client } from '../sasl/xoauth2.ts';

/** What a mechanism's client half is made of. */
export interface LoginContext {
  readonly user: string;
  readonly authorizationIdentity: string | undefined;
  /** The password, the token, or nothing, by the row's `uses`. */
  readonly secret: string;
  /** Whom we have called, for mechanisms that say so (RFC 7628 §3.1). */
  readonly host: string;
  readonly port: number;
  /** The mechanisms that the server offers, in upper case, for those that have to tell what they saw (SCRAM-10). */
  readonly offered: readonly string[];
  /** What mechanisms can bind themselves to the connection by; absent without TLS. */
  readonly binding: ChannelBinding | undefined;
}

/** An exchange that may have something left to look at when the server says +OK (SCRAM-15). */
export interface LoginExchange extends SaslClientExchange {
  /** Throws when the server has not proved what it had to. */
  finished?(): void;
  /** Why the server did not take the token, where it has said so. */
  refused?(): BearerExplanation | undefined;
}

/** A way to log in. */
export interface LoginMethod {
  /** A SASL mechanism's name, or `USER` or `APOP`. */
  readonly name: string;
  readonly by: 'AUTH' | 'USER' | 'APOP';
  readonly uses: 'pass' | 'accessToken' | 'certificate';
  /** Whether whoever listens has the secret afterwards: only over a TLS connection to the right server (AUTH-23). */
  readonly plaintext: boolean;
  /** Whether it is only taken when `auth.methods` names it. */
  readonly onRequest?: true;
  /** Whether it makes no sense, or may not be used, without TLS, even where cleartext is allowed (OA-01). */
  readonly overTlsOnly?: true;
  /** Whether it binds itself to the TLS connection. */
  readonly binds?: true;
  /** Whether it can say in whose stead. */
  readonly delegates?: true;
  /** The server is waited for, although the client speaks first: some want it so (XOAUTH2). */
  readonly inTwoLines?: true;
  /** The client's half, for those by AUTH. */
  start?(context: LoginContext): LoginExchange;
}

/**
 * Every way to log in that there is here, the strongest first: of those that the server offers, the credentials fit and
 * the caller allows, the first one is taken, whatever the server's order (SASL-04). LOGIN comes last, since it is a draft
 * that expired (LOGIN-02).
 */
export const LOGIN_METHODS: readonly LoginMethod[] = [
  {
    name: 'EXTERNAL',
    by: 'AUTH',
    uses: 'certificate',
    plaintext: false,
    overTlsOnly: true,
    delegates: true,
    start: ({ authorizationIdentity }) => externalClient(authorizationIdentity),
  },
  scramMethod('SHA-256', 'PLUS'),
  scramMethod('SHA-1', 'PLUS'),
  scramMethod('SHA-256'),
  scramMethod('SHA-1'),
  {
    name: 'OAUTHBEARER',
    by: 'AUTH',
    uses: 'accessToken',
    plaintext: true,
    overTlsOnly: true,
    start: ({ user, secret, host, port }) => oauthbearerClient({ user, token: secret, host, port }),
  },
  {
    name: 'XOAUTH2',
    by: 'AUTH',
    uses: 'accessToken',
    plaintext: true,
    overTlsOnly: true,
    inTwoLines: true,
    start: ({ user, secret }) => xoauth2Client({ user, token: secret }),
  },
  {
    name: 'PLAIN',
    by: 'AUTH',
    uses: 'pass',
    plaintext: true,
    delegates: true,
    start: ({ user, authorizationIdentity, secret }) =>
      plainClient({
        authenticationIdentity: user,
        password: secret,
        ...(authorizationIdentity !== undefined && { authorizationIdentity }),
      }),
  },
  { name: 'USER', by: 'USER', uses: 'pass', plaintext: true },
  {
    name: 'LOGIN',
    by: 'AUTH',
    uses: 'pass',
    plaintext: true,
    start: ({ user, secret }) => loginClient(user, secret),
  },
  {
    name: 'CRAM-MD5',
    by: 'AUTH',
    uses: 'pass',
    plaintext: false,
    onRequest: true,
    start: ({ user, secret }) => cramMd5Client(user, secret),
  },
  { name: 'APOP', by: 'APOP', uses: 'pass', plaintext: false, onRequest: true },
];

function scramMethod(hash: ScramHash, plus?: 'PLUS'): LoginMethod {
  return {
    name: plus === undefined ? `SCRAM-${hash}` : `SCRAM-${hash}-PLUS`,
    by: 'AUTH',
    uses: 'pass',
    plaintext: false,
    delegates: true,
    ...(plus !== undefined && { binds: true }),
    start({ user, authorizationIdentity, secret, offered, binding }) {
      // Who could bind, and is offered no -PLUS, says so; that is no downgrade if the caller does not want it (SCRAM-10).
      const isOffered = offered.some((name) => name.startsWith('SCRAM-') && name.endsWith('-PLUS'));
      const possible = binding !== undefined && !isOffered ? 'possible' : undefined;
      return scramClient({
        hash,
        authenticationIdentity: user,
        authorizationIdentity,
        password: secret,
        nonce: randomBytes(18).toString('base64'),
        binding: plus === undefined ? possible : binding,
      });
    },
  };
}
