/** Slices of work that one turn of the event loop takes before others have theirs: some milliseconds. */
const SLICES = 4;

/** Keeps long work from holding up a network thread: a few slices a turn, whoever asks for them. */
export class Turns {
  #taken = 0;

  /** Whether one more slice may be done in this turn. */
  take(): boolean {
    if (this.#taken >= SLICES) return false;
    if (this.#taken === 0) {
      setImmediate(() => {
        this.#taken = 0;
      });
    }
    this.#taken += 1;
    return true;
  }

  /** Resolves in a later turn. */
  next(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }
}
