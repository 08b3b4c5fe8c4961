import { decodeUtf8, preparedName } from './credentials.ts';
import {
  type PasswordLogin,
  type SaslClientExchange,
  type SaslServerExchange,
  type SaslServerMechanism,
  Secret,
} from './mechanism.ts';
import { saslprep } from './saslprep.ts';

const NUL = 0;
const NOTHING = new Uint8Array();

/** PLAIN, the server's half (RFC 4616). */
export const plain: SaslServerMechanism = {
  name: 'PLAIN',
  plaintext: true,
  clientFirst: true,
  serve(context): SaslServerExchange {
    return {
      next(response) {
        if (response === undefined) return { type: 'challenge', data: NOTHING };
        const message = parse(response);
        if (message === undefined) return { type: 'malformed' };
        const login = prepare(message);
        return login === undefined ? { type: 'refused' } : context.authenticate(login);
      },
    };
  },
};

interface PlainMessage {
  readonly authzid: Uint8Array;
  readonly authcid: Uint8Array;
  readonly passwd: Uint8Array;
}

/** message = [authzid] NUL authcid NUL passwd, in UTF-8 (RFC 4616 §2). */
function parse(octets: Uint8Array): PlainMessage | undefined {
  const first = octets.indexOf(NUL);
  const second = first < 0 ? -1 : octets.indexOf(NUL, first + 1);
  if (second < 0 || octets.indexOf(NUL, second + 1) >= 0) return undefined;
  if (second === first + 1 || second === octets.length - 1) return undefined;
  if (decodeUtf8(octets) === undefined) return undefined;
  return {
    authzid: octets.subarray(0, first),
    authcid: octets.subarray(first + 1, second),
    passwd: octets.subarray(second + 1),
  };
}

/** All three parts prepared; where one cannot be, or nothing is left of it, the verification fails (PLAIN-04). */
function prepare({ authzid, authcid, passwd }: PlainMessage): PasswordLogin | undefined {
  const authenticationIdentity = preparedName(authcid);
  const password = saslprep(decodeUtf8(passwd) ?? '', 'query');
  if (authenticationIdentity === undefined || password === undefined || password === '') return undefined;
  const login = { mechanism: 'PLAIN', authenticationIdentity, password: new Secret(password) };
  if (authzid.length === 0) return login;
  const authorizationIdentity = preparedName(authzid);
  if (authorizationIdentity === undefined) return undefined;
  return authorizationIdentity === authenticationIdentity ? login : { ...login, authorizationIdentity };
}

/** Who logs in, on the client's side. */
export interface PlainCredentials {
  readonly authenticationIdentity: string;
  readonly authorizationIdentity?: string;
  readonly password: string;
}

/** PLAIN, the client's half. Throws when a part is empty, has a NUL in it, or is not to be sent (RFC 4013). */
export function plainClient(credentials: PlainCredentials): SaslClientExchange {
  const { authorizationIdentity, authenticationIdentity, password } = credentials;
  const parts = [
    authorizationIdentity === undefined ? '' : part('authorization identity', authorizationIdentity),
    part('authentication identity', authenticationIdentity),
    part('password', password),
  ];
  return {
    initial: new TextEncoder().encode(parts.join('\0')),
    next() {
      throw new Error('PLAIN has no challenge, and the server sent one');
    },
  };
}

function part(what: string, text: string): string {
  const prepared = saslprep(text, 'query');
  if (prepared === undefined || prepared === '') throw new TypeError(`the ${what} cannot be sent by PLAIN`);
  return prepared;
}
