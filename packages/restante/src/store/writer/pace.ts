import { Spread, type SpreadReading } from '../spread.ts';

/** Letters that went into one commit: powers of two up to what a batch holds. */
const LETTERS = [1, 2, 4, 8, 16, 32, 64, 128, 256];
/** Milliseconds that a commit took, from appending the letters to the index's sync. */
const MILLISECONDS = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500];

/** The memory that the writer counts its commits in, for its own thread and those that look on. */
export interface PaceMemory {
  readonly letters: SharedArrayBuffer;
  readonly milliseconds: SharedArrayBuffer;
}

/** How the writer works: how many letters each commit took, and for how long. */
export class Pace {
  readonly #letters: Spread;
  readonly #milliseconds: Spread;

  constructor(memory: PaceMemory) {
    this.#letters = new Spread(LETTERS, memory.letters);
    this.#milliseconds = new Spread(MILLISECONDS, memory.milliseconds);
  }

  static memory(): PaceMemory {
    return { letters: Spread.memory(LETTERS), milliseconds: Spread.memory(MILLISECONDS) };
  }

  committed(letters: number, milliseconds: number): void {
    this.#letters.add(letters);
    this.#milliseconds.add(milliseconds);
  }

  read(): { readonly letters: SpreadReading; readonly milliseconds: SpreadReading } {
    return { letters: this.#letters.read(), milliseconds: this.#milliseconds.read() };
  }
}
