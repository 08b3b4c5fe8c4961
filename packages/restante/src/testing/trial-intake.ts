import type { Delivery } from '@restante/pop/maildrop';
import { StoreError, type StoreErrorKind } from '@restante/pop/maildrop';
import type { Intake, IntakeLetter } from '../import/intake.ts';

/** A letter that was taken in. */
export interface TakenLetter extends IntakeLetter {
  readonly octets: Buffer;
}

/** A maildrop in memory that takes letters from elsewhere. */
export class TrialIntake implements Intake {
  readonly letters: TakenLetter[] = [];
  /** Most letters that were committed and not answered at any time. */
  mostOpen = 0;
  /** What the commit of letters with these octets answers. */
  readonly faults = new Map<string, StoreErrorKind>();
  /** After so many commits the connection is lost. */
  lostAfter = Number.POSITIVE_INFINITY;
  readonly #given = new Set<string>();
  #open = 0;

  imported(keys: readonly string[]): ReadonlySet<string> {
    if (keys.length > 1_000) throw new RangeError('too many keys in one question');
    this.#connected();
    const known = new Set(this.letters.map(({ key }) => key));
    return new Set(keys.filter((key) => known.has(key)));
  }

  givenUniqueIds(uniqueIds: readonly string[]): ReadonlySet<string> {
    return new Set(uniqueIds.filter((uniqueId) => this.#given.has(uniqueId)));
  }

  give(uniqueId: string): void {
    this.#given.add(uniqueId);
  }

  begin(letter: IntakeLetter): Delivery {
    const pieces: Buffer[] = [];
    return {
      write: (octets) => {
        pieces.push(Buffer.from(octets));
      },
      commit: () => {
        this.#open += 1;
        this.mostOpen = Math.max(this.mostOpen, this.#open);
        return [this.#place(letter, Buffer.concat(pieces))];
      },
      abort: async () => undefined,
    };
  }

  async close(): Promise<void> {}

  #connected(): void {
    if (this.letters.length >= this.lostAfter) throw new StoreError('temporary', 'the office closed');
  }

  async #place(letter: IntakeLetter, octets: Buffer) {
    await new Promise(setImmediate);
    this.#open -= 1;
    const fault = this.faults.get(octets.toString('latin1'));
    if (fault !== undefined) return new StoreError(fault, `${fault}, as the trial wants it`);
    if (this.letters.length >= this.lostAfter) return new StoreError('temporary', 'the office closed');
    const uniqueId = letter.uniqueId ?? `new-${this.letters.length + 1}`;
    this.#given.add(uniqueId);
    if (!this.letters.some(({ key }) => key === letter.key)) this.letters.push({ ...letter, uniqueId, octets });
    return { uniqueId, octets: octets.length };
  }
}
