interface Waiting {
  readonly key: string;
  readonly begin: () => void;
}

/** So many may be at work at once, and fewer of them with the same key. Whoever waits longest comes first, if he can. */
export class Places {
  readonly #most: { readonly all: number; readonly each: number };
  readonly #working = new Map<string, number>();
  #all = 0;
  readonly #waiting: Waiting[] = [];

  constructor(most: { readonly all: number; readonly each: number }) {
    this.#most = { all: Math.max(1, most.all), each: Math.max(1, most.each) };
  }

  /** Does the work when there is a place for it. */
  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    if (!this.#free(key)) await new Promise<void>((begin) => this.#waiting.push({ key, begin }));
    else this.#begin(key);
    try {
      return await work();
    } finally {
      this.#leave(key);
    }
  }

  #free(key: string): boolean {
    return this.#all < this.#most.all && (this.#working.get(key) ?? 0) < this.#most.each;
  }

  #begin(key: string): void {
    this.#all += 1;
    this.#working.set(key, (this.#working.get(key) ?? 0) + 1);
  }

  #leave(key: string): void {
    this.#all -= 1;
    const left = (this.#working.get(key) ?? 1) - 1;
    if (left === 0) this.#working.delete(key);
    else this.#working.set(key, left);
    // One place is free, for its own key and for those who wait for any.
    for (let at = 0; at < this.#waiting.length && this.#all < this.#most.all; at += 1) {
      const next = this.#waiting[at];
      if (next === undefined || !this.#free(next.key)) continue;
      this.#waiting.splice(at, 1);
      at -= 1;
      this.#begin(next.key);
      next.begin();
    }
  }
}
