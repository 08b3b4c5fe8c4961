/**
 * Keys of letters. What makes a letter the same in the next session is, in this order:
 *
 * - its unique-id, where no other letter has it: `U`
 * - its unique-id, if it has one, and its fingerprint, where several letters share the unique-id, where it was another
 *   letter's before, or where there is none: `U F`, ` F`
 * - its octets, where the server has no TOP either: `U S` with their SHA-256, known only when the letter was read
 *
 * and how many alike came before, from 2 on: `U F 2`. There is no blank in a unique-id (RFC 1939 §7), so no two of them
 * meet. A message-number is never part of what makes it the same: in the next session it may be another letter's.
 *
 * A key says by what a letter became known, and stays. Which letter a record is of is decided by its fields.
 * @module
 */

import type { LetterRecord } from '../journal/journal.ts';

/** The key of a letter that is the only one with its unique-id. */
export function uniqueIdKey(uniqueId: string): string {
  return uniqueId;
}

/** …of one that is known by its header. */
export function fingerprintKey(uniqueId: string | undefined, fingerprint: string): string {
  return `${uniqueId ?? ''} ${fingerprint}`;
}

/** …of one that is known by its octets. */
export function octetsKey(uniqueId: string | undefined, sha256: string): string {
  return `${uniqueId ?? ''} ${sha256}`;
}

/** …of one that is wanted whole, of which only the header was kept before. */
export function wholeKey(key: string): string {
  return `${key} whole`;
}

/**
 * Whether the letter was read under the unique-id that it has: then the unique-id proves that it is the same. One that was
 * given another because of its header has not been.
 */
export function provesItself({ key, uniqueId, sha256 }: LetterRecord): boolean {
  if (uniqueId === undefined || sha256 === undefined) return false;
  return key === uniqueId || key.startsWith(`${uniqueId} ${sha256}`) || key.startsWith(`${uniqueId} whole`);
}

/**
 * A key for a letter that has yet to be read to be known. It is good until then: the time makes it another one in each
 * session, so that no letter ever takes the place of another that had it.
 */
export function passingKey(now: number, number: number): string {
  return ` ? ${now} ${number}`;
}

export function isPassingKey(key: string): boolean {
  return key.startsWith(' ? ');
}

/** Keys that are in use. */
export class Keys {
  readonly #inUse: () => Iterable<string>;
  #taken: Set<string> | undefined;
  /** How many of a key were alike when it was asked for last. */
  readonly #alike = new Map<string, number>();

  /** `inUse` is asked once, when it is needed: in most sessions it is not. */
  constructor(inUse: () => Iterable<string>) {
    this.#inUse = inUse;
  }

  isFree(key: string): boolean {
    return !this.#all().has(key);
  }

  /** Takes a key, or the first of those behind it that is free. */
  take(key: string): string {
    let free = key;
    if (!this.isFree(key)) {
      let alike = this.#alike.get(key) ?? 1;
      do {
        alike += 1;
        free = `${key} ${alike}`;
      } while (!this.isFree(free));
      this.#alike.set(key, alike);
    }
    this.#all().add(free);
    return free;
  }

  #all(): Set<string> {
    this.#taken ??= new Set(this.#inUse());
    return this.#taken;
  }
}
