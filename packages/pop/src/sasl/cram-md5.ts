import { createHmac, timingSafeEqual } from 'node:crypto';
import type { MaybePromise } from '../maildrop/maildrop.ts';
import { view } from '../wire/octets.ts';
import { mustBeOneLine, preparedName } from './credentials.ts';
import {
  type ProvenLogin,
  type SaslClientExchange,
  type SaslServerExchange,
  type SaslServerMechanism,
  Secret,
  type Verdict,
} from './mechanism.ts';

const BLANK = 0x20;
const DIGEST = /^[0-9a-f]{32}$/;
/** What the answers for names that are nobody's are compared with; none is taken. */
const NOBODY = new Secret('');

/** What the server's half of CRAM-MD5 is made of. */
export interface CramMd5Options {
  /** An account's password, by its prepared name, or `undefined` where there is none. It has to be kept readable. */
  secret(name: string): MaybePromise<Secret | undefined>;
  authorize(login: ProvenLogin): MaybePromise<Verdict>;
  /** What makes a challenge unlike any other: random digits, a dot and the time (RFC 2195 §2, CRAM-01). */
  tag(): string;
}

/**
 * CRAM-MD5, the server's half (RFC 2195): for old clients, and not offered unless asked for. It needs passwords that are
 * kept readable, and whoever listens can try out guesses as fast as MD5 is (CRAM-03).
 */
export function cramMd5({ secret, authorize, tag }: CramMd5Options): SaslServerMechanism {
  return {
    name: 'CRAM-MD5',
    plaintext: false,
    clientFirst: false,
    serve({ hostname }): SaslServerExchange {
      let challenge: Uint8Array | undefined;
      return {
        next(response) {
          if (challenge === undefined) {
            if (response !== undefined) return { type: 'malformed' };
            challenge = new TextEncoder().encode(`<${tag()}@${hostname}>`);
            return { type: 'challenge', data: challenge };
          }
          const answer = parse(response);
          if (answer === undefined) return { type: 'malformed' };
          const asked = challenge;
          const name = preparedName(answer.name);
          const decide = (found: Secret | undefined): MaybePromise<Verdict> => {
            const right = timingSafeEqual(Buffer.from(digest(found ?? NOBODY, asked)), Buffer.from(answer.digest));
            if (!right || found === undefined || name === undefined) return { type: 'refused' };
            return authorize({ mechanism: 'CRAM-MD5', authenticationIdentity: name });
          };
          const found = name === undefined ? undefined : secret(name);
          return found instanceof Promise ? found.then(decide) : decide(found);
        },
      };
    },
  };
}

/** A name, which may have blanks in it, one more blank, and the digest in lower case (CRAM-02). */
function parse(response: Uint8Array | undefined): { readonly name: Uint8Array; readonly digest: string } | undefined {
  const octets = view(response ?? new Uint8Array());
  const blank = octets.lastIndexOf(BLANK);
  const text = octets.toString('latin1', blank + 1);
  return blank > 0 && DIGEST.test(text) ? { name: octets.subarray(0, blank), digest: text } : undefined;
}

function digest(secret: Secret, challenge: Uint8Array): string {
  return createHmac('md5', secret.reveal()).update(challenge).digest('hex');
}

/** What a challenge looks like: a msg-id (RFC 2195 §2). */
const CHALLENGE = /^<[!-;=?-~]+@[!-;=?-~]+>$/;

/**
 * CRAM-MD5, the client's half. Throws a `TypeError` for a name with a line end or NUL in it, and later when the challenge is no
 * msg-id, or comes a second time.
 */
export function cramMd5Client(name: string, password: string): SaslClientExchange {
  mustBeOneLine('user’s name', name);
  let isAnswered = false;
  return {
    initial: undefined,
    next(challenge) {
      if (isAnswered) throw new Error('CRAM-MD5 has one challenge, and the server sent a second');
      isAnswered = true;
      // One made at will would let its maker look for the password by collisions, as with APOP (P3-36).
      if (!CHALLENGE.test(view(challenge).toString('latin1'))) throw new Error('the challenge is no msg-id');
      return new TextEncoder().encode(`${name} ${digest(new Secret(password), challenge)}`);
    },
  };
}
