/** One after the other, by maildrop: letters that are imported are handed over in the order in which they were committed. */
export class ImportLine {
  readonly #last = new Map<string, Promise<void>>();

  /** Takes a place at the end; resolves, when all before it have ended their turns, to what ends this one. */
  async take(maildrop: string): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = this.#last.get(maildrop);
    this.#last.set(maildrop, promise);
    await before;
    return () => {
      // Nobody has come since: nothing is kept for a maildrop that none imports into.
      if (this.#last.get(maildrop) === promise) this.#last.delete(maildrop);
      resolve();
    };
  }
}
