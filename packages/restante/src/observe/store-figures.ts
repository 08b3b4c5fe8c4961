import { statfs } from 'node:fs/promises';
import type { DurableStore, StoreStatus } from '../store/store.ts';

/** How long a look at all mailboxes is good for, in milliseconds: it reads each one's row, so not every scrape has its own. */
const FRESH = 60_000;

/** How large the store is. A look costs a row a mailbox, in slices between which sessions have their turn. */
export class StoreFigures {
  readonly #store: Pick<DurableStore, 'status'>;
  readonly #data: string;
  readonly #now: () => number;
  #known: Promise<StoreStatus> | undefined;
  #at = Number.NEGATIVE_INFINITY;

  constructor(store: Pick<DurableStore, 'status'>, data: string, now: () => number = () => performance.now()) {
    this.#store = store;
    this.#data = data;
    this.#now = now;
  }

  /** As it was a minute ago at most. All that is asked meanwhile shares one look; one that failed is not kept. */
  status(): Promise<StoreStatus> {
    if (this.#known === undefined || this.#now() - this.#at >= FRESH) {
      this.#at = this.#now();
      const look = this.#store.status();
      this.#known = look;
      look.catch(() => {
        if (this.#known === look) this.#known = undefined;
      });
    }
    return this.#known;
  }

  /** Octets that anybody may still write to the disk of the data folder. */
  async freeDisk(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#data);
    return bavail * bsize;
  }
}
