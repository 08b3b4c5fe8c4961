/** Octets of a page: an ordinary letter takes one to three. */
export const PAGE = 16 * 1024;

/**
 * Memory that a network thread and the writer share, in pages: letters are gathered in it and written from it, so that
 * none is copied, allocated for, or handed back and forth. What there is of it is all that letters ever take; when it is used up,
 * they are streamed to files.
 */
export class Pages {
  readonly memory: SharedArrayBuffer;
  readonly #views: (Uint8Array | undefined)[] = [];
  /** Pages that were given back, the last one first: a quiet store keeps to few of them. */
  readonly #free: number[] = [];
  #untouched = 0;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
  }

  /** A page nobody else has; undefined when there is none. Only the thread that gathers letters may ask. */
  take(): number | undefined {
    const page = this.#free.pop();
    if (page !== undefined) return page;
    if ((this.#untouched + 1) * PAGE > this.memory.byteLength) return undefined;
    this.#untouched += 1;
    return this.#untouched - 1;
  }

  give(pages: readonly number[]): void {
    for (const page of pages) this.#free.push(page);
  }

  view(page: number): Uint8Array {
    this.#views[page] ??= new Uint8Array(this.memory, page * PAGE, PAGE);
    return this.#views[page];
  }

  /** The first so many octets of these pages, in pieces. */
  pieces(pages: readonly number[], octets: number): Uint8Array[] {
    return pages.map((page, index) => {
      const view = this.view(page);
      const rest = octets - index * PAGE;
      return rest >= PAGE ? view : view.subarray(0, rest);
    });
  }
}

/** Octets that are gathered in pages. */
export class Gathered {
  readonly #pages: Pages;
  readonly #taken: number[] = [];
  #length = 0;

  constructor(pages: Pages) {
    this.#pages = pages;
  }

  get length(): number {
    return this.#length;
  }

  get pages(): readonly number[] {
    return this.#taken;
  }

  /** Puts octets behind those that are there; when there are no pages for all of them, none is, and it answers false. */
  append(octets: Uint8Array): boolean {
    const end = this.#length + octets.length;
    const before = this.#taken.length;
    while (this.#taken.length * PAGE < end) {
      const page = this.#pages.take();
      if (page === undefined) {
        this.#pages.give(this.#taken.splice(before));
        return false;
      }
      this.#taken.push(page);
    }
    for (let from = 0; from < octets.length; ) {
      const at = this.#length % PAGE;
      const part = octets.subarray(from, from + PAGE - at);
      this.#pages.view(this.#taken[Math.floor(this.#length / PAGE)] ?? 0).set(part, at);
      from += part.length;
      this.#length += part.length;
    }
    return true;
  }

  /** The octets, in pieces that are good until they are given back. */
  pieces(): Uint8Array[] {
    return this.#pages.pieces(this.#taken, this.#length);
  }

  /** Gives the pages back, and is empty. */
  clear(): void {
    this.#pages.give(this.#taken);
    this.#taken.length = 0;
    this.#length = 0;
  }
}
