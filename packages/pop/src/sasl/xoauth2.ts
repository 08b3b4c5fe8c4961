import { preparedName } from './credentials.ts';
import type { SaslServerMechanism } from './mechanism.ts';
import {
  type BearerClientExchange,
  type BearerCredentials,
  type BearerOptions,
  bearerClient,
  bearerExchange,
  bearerName,
  bearerToken,
  sendableToken,
} from './oauthbearer.ts';

/** `user=` name ^A `auth=Bearer ` token ^A ^A. */
const A = '\\x01';
const MESSAGE = new RegExp(`^user=([^\\0${A}]+)${A}auth=([^${A}]+)${A}${A}$`, 'u');

/** XOAUTH2, the server's half: what Google and Microsoft had before OAUTHBEARER. Only over TLS, as that (OA-01). */
export function xoauth2(options: BearerOptions): SaslServerMechanism {
  return {
    name: 'XOAUTH2',
    plaintext: true,
    clientFirst: true,
    serve: () =>
      bearerExchange('XOAUTH2', options, (text) => {
        const [, user = '', authorization] = MESSAGE.exec(text) ?? [];
        if (authorization === undefined) return 'malformed';
        const authorizationIdentity = preparedName(new TextEncoder().encode(user));
        const token = bearerToken(authorization);
        return authorizationIdentity === undefined || token === undefined
          ? 'refused'
          : { token, authorizationIdentity };
      }),
  };
}

/** XOAUTH2, the client's half. Throws a `TypeError` for a name or token that cannot be sent. */
export function xoauth2Client({ user, token }: BearerCredentials): BearerClientExchange {
  const initial = `user=${bearerName(user)}\x01auth=Bearer ${sendableToken(token)}\x01\x01`;
  // The explanation of a refusal is answered by nothing, and -ERR follows (XO-02).
  return bearerClient('XOAUTH2', initial, '');
}
