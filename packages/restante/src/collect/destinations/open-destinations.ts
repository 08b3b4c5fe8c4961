import type { Destination } from './destination.ts';

/** Destinations that are open, each once, by their names. */
export class OpenDestinations {
  readonly #open = new Map<string, Promise<Destination>>();

  /** The one of that name, opened if need be. One that could not be opened is tried again the next time. */
  get(name: string, open: () => Promise<Destination>): Promise<Destination> {
    const known = this.#open.get(name);
    if (known !== undefined) return known;
    const opened = open();
    this.#open.set(name, opened);
    opened.catch(() => this.#open.delete(name));
    return opened;
  }

  async close(): Promise<void> {
    for (const opened of this.#open.values()) await (await opened.catch(() => undefined))?.close();
  }
}
