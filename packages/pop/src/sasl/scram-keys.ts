import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { saslprep } from './saslprep.ts';

export type ScramHash = 'SHA-1' | 'SHA-256';

const ALGORITHMS = { 'SHA-1': 'sha1', 'SHA-256': 'sha256' } as const;
/** Octets of a hash. */
const LENGTHS = { 'SHA-1': 20, 'SHA-256': 32 } as const;

/** Fewer make a stolen key too easy a guess (SCRAM-13). */
export const LEAST_ITERATIONS = 4_096;

/** All that a server has to keep of a password: it cannot log in as its owner anywhere with it (SCRAM-19). */
export interface ScramKeys {
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

/**
 * The keys that stand for a password (RFC 5802 §3). The salt is the caller's to draw, 16 random octets for each password.
 * Rejects with a `TypeError` for a password that SCRAM cannot have, and a `RangeError` below 4,096 iterations.
 */
export async function scramKeys(
  hash: ScramHash,
  password: string,
  { salt, iterations }: Pick<ScramKeys, 'salt' | 'iterations'>,
): Promise<ScramKeys> {
  if (!(iterations >= LEAST_ITERATIONS)) {
    throw new RangeError(`${iterations} iterations are too few: SCRAM has at least ${LEAST_ITERATIONS}`);
  }
  const { clientKey, serverKey } = await deriveKeys(hash, normalized(password), { salt, iterations });
  return { salt, iterations, storedKey: digest(hash, clientKey), serverKey };
}

/** Normalize(password), as a stored string (RFC 5802 §2.2, SCRAM-02); throws a `TypeError` where nothing may be left. */
export function normalized(password: string): string {
  const prepared = saslprep(password, 'stored');
  if (prepared === undefined || prepared === '')
    throw new TypeError('the password cannot be used with SCRAM (RFC 4013)');
  return prepared;
}

/** Works beside the event loop: with many iterations it takes seconds. */
export function deriveKeys(
  hash: ScramHash,
  password: string,
  { salt, iterations }: Pick<ScramKeys, 'salt' | 'iterations'>,
): Promise<{ readonly clientKey: Uint8Array; readonly serverKey: Uint8Array }> {
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, iterations, LENGTHS[hash], ALGORITHMS[hash], (error, saltedPassword) => {
      if (error !== null) return reject(error);
      resolve({
        clientKey: hmac(hash, saltedPassword, 'Client Key'),
        serverKey: hmac(hash, saltedPassword, 'Server Key'),
      });
    });
  });
}

/** ClientProof = ClientKey XOR HMAC(StoredKey, AuthMessage). */
export function clientProof(hash: ScramHash, clientKey: Uint8Array, authMessage: string): Uint8Array {
  return exclusiveOr(clientKey, hmac(hash, digest(hash, clientKey), authMessage));
}

/** Whether a proof was made with the key behind StoredKey. */
export function isProven(hash: ScramHash, storedKey: Uint8Array, authMessage: string, proof: Uint8Array): boolean {
  if (proof.length !== LENGTHS[hash]) return false;
  const clientKey = exclusiveOr(proof, hmac(hash, storedKey, authMessage));
  return isSame(digest(hash, clientKey), storedKey);
}

/** ServerSignature = HMAC(ServerKey, AuthMessage). */
export function serverSignature(hash: ScramHash, serverKey: Uint8Array, authMessage: string): Uint8Array {
  return hmac(hash, serverKey, authMessage);
}

/** The keys of somebody who does not exist: always the same for the same name, and nobody's (SCRAM-18). */
export function ghostKeys(hash: ScramHash, secret: Uint8Array, name: string, iterations: number): ScramKeys {
  return {
    salt: hmac('SHA-256', secret, `salt ${name}`).subarray(0, 16),
    iterations,
    storedKey: hmac(hash, secret, `stored key ${name}`),
    serverKey: hmac(hash, secret, `server key ${name}`),
  };
}

/** In a time that tells nothing but whether the lengths agree. */
export function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

function hmac(hash: ScramHash, key: Uint8Array, text: string): Buffer {
  return createHmac(ALGORITHMS[hash], key).update(text).digest();
}

function digest(hash: ScramHash, octets: Uint8Array): Buffer {
  return createHash(ALGORITHMS[hash]).update(octets).digest();
}

function exclusiveOr(one: Uint8Array, other: Uint8Array): Uint8Array {
  return one.map((octet, at) => octet ^ (other[at] ?? 0));
}
