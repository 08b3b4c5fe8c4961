import type { Delivery, MaybePromise } from '@restante/pop/maildrop';
import type { ImportedLetter, Imports } from '../store/import.ts';

/** A letter for one maildrop that is known. */
export type IntakeLetter = Omit<ImportedLetter, 'maildrop'>;

/** One maildrop, open for letters from elsewhere: the store's {@link Imports}, here or in the office that is open. */
export interface Intake {
  /** Which of these keys were imported, at most {@link MOST_KEYS}. */
  imported(keys: readonly string[]): MaybePromise<ReadonlySet<string>>;
  /** Which of these unique-ids were ever given, at most {@link MOST_KEYS}. */
  givenUniqueIds(uniqueIds: readonly string[]): MaybePromise<ReadonlySet<string>>;
  /** Begins to take one letter in. One at a time: the next one may begin when this one was committed or aborted. */
  begin(letter: IntakeLetter): Delivery;
  close(): Promise<void>;
}

/** Keys or unique-ids that may be asked for at once. */
export const MOST_KEYS = 1_000;

/** With the store at hand. */
export class StoreIntake implements Intake {
  readonly #imports: Imports;
  readonly #maildrop: string;

  constructor(imports: Imports, maildrop: string) {
    this.#imports = imports;
    this.#maildrop = maildrop;
  }

  imported(keys: readonly string[]): MaybePromise<ReadonlySet<string>> {
    return this.#imports.imported(this.#maildrop, keys);
  }

  givenUniqueIds(uniqueIds: readonly string[]): MaybePromise<ReadonlySet<string>> {
    return this.#imports.givenUniqueIds(this.#maildrop, uniqueIds);
  }

  begin(letter: IntakeLetter): Delivery {
    return this.#imports.beginImport({ ...letter, maildrop: this.#maildrop });
  }

  async close(): Promise<void> {}
}
