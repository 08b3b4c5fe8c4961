import type { MaybePromise } from '../maildrop/maildrop.ts';
import { preparedName } from './credentials.ts';
import type { ProvenLogin, SaslClientExchange, SaslServerMechanism, Verdict } from './mechanism.ts';
import { saslprep } from './saslprep.ts';

const NOTHING = new Uint8Array();

/** What the server's half of EXTERNAL is made of. */
export interface ExternalOptions {
  /** Decides whether the certificate's owner may come in, in the stead of whom it says (SASL-02). */
  authorize(login: ProvenLogin): MaybePromise<Verdict>;
}

/**
 * EXTERNAL, the server's half (RFC 4422 App. A): who is there was shown outside, by the certificate of the client. To be
 * offered only on a connection where that is so (SASL-06).
 */
export function external({ authorize }: ExternalOptions): SaslServerMechanism {
  return {
    name: 'EXTERNAL',
    plaintext: false,
    clientFirst: true,
    serve: ({ externalIdentity }) => ({
      next(response) {
        if (response === undefined) return { type: 'challenge', data: NOTHING };
        if (externalIdentity === undefined || response.includes(0)) return { type: 'refused' };
        const login = { mechanism: 'EXTERNAL', authenticationIdentity: externalIdentity };
        if (response.length === 0) return authorize(login);
        const authorizationIdentity = preparedName(response);
        if (authorizationIdentity === undefined) return { type: 'refused' };
        return authorize(authorizationIdentity === externalIdentity ? login : { ...login, authorizationIdentity });
      },
    }),
  };
}

/** EXTERNAL, the client's half: in whose stead, or nothing. Throws a `TypeError` for a name that cannot be sent. */
export function externalClient(authorizationIdentity?: string): SaslClientExchange {
  const prepared = authorizationIdentity === undefined ? '' : saslprep(authorizationIdentity, 'query');
  if (prepared === undefined || (prepared === '' && authorizationIdentity !== undefined)) {
    throw new TypeError('the authorization identity cannot be sent by EXTERNAL');
  }
  return {
    initial: new TextEncoder().encode(prepared),
    next() {
      throw new Error('EXTERNAL has no challenge, and the server sent one');
    },
  };
}
