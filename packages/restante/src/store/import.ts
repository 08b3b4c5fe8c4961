import type { Delivery, MaybePromise } from '@restante/pop/maildrop';

/** A letter that was kept elsewhere before: it is placed as it is, without trace fields. */
export interface ImportedLetter {
  readonly maildrop: string;
  /** When it came, in milliseconds since 1970. */
  readonly arrived: number;
  /** The unique-id that its readers know it by; a new one where absent. */
  readonly uniqueId?: string;
  /**
   * What makes it the same letter when it is brought again. From a mailbox of files: the SHA-256 of its octets in lower hex,
   * `/`, and how many letters with the same octets came before it in the same source. Collected from another office:
   * `collect/` and the SHA-256 of its maildrop and its key there.
   */
  readonly key: string;
}

/** Mail that comes from elsewhere, once. */
export interface Imports {
  /** Which of these keys were imported into this maildrop, whether or not the letters are still there. At most 1,000 keys. */
  imported(maildrop: string, keys: readonly string[]): MaybePromise<ReadonlySet<string>>;
  /** Which of these unique-ids were ever given in this maildrop, to letters that have left too (RFC 1939 §7). At most 1,000. */
  givenUniqueIds(maildrop: string, uniqueIds: readonly string[]): MaybePromise<ReadonlySet<string>>;
  /**
   * Begins to take one letter in, which is placed behind those that are there: message-numbers follow the order of commits.
   * Its key is remembered in the same transaction; commit answers one promise. Committed a second time with the same key it
   * is not placed again and answered as the first time.
   */
  beginImport(letter: ImportedLetter): Delivery;
}
