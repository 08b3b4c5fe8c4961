import type { DurableStore } from '../store/store.ts';

/** How long the writer may take to answer before it counts as gone, in milliseconds. */
const PATIENCE = 2_000;

/** Whether the office does its work now: not while it opens or closes, nor when no letter can be taken. */
export class Readiness {
  readonly #store: Pick<DurableStore, 'isWritable'>;
  #phase: 'opening' | 'open' | 'closing' = 'opening';

  constructor(store: Pick<DurableStore, 'isWritable'>) {
    this.#store = store;
  }

  /** All listeners are open. */
  open(): void {
    this.#phase = 'open';
  }

  closing(): void {
    this.#phase = 'closing';
  }

  /** What keeps the office from being ready; undefined when nothing does. Never rejects. */
  async why(): Promise<string | undefined> {
    if (this.#phase !== 'open') return `the office is ${this.#phase}`;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(resolve, PATIENCE, 'the store does not answer').unref();
    });
    try {
      return await Promise.race([this.#ask(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #ask(): Promise<string | undefined> {
    try {
      if (await this.#store.isWritable()) return undefined;
      return 'the disk is full up to limits.reserve: no mail is taken, what is there can be read';
    } catch (thrown) {
      return thrown instanceof Error ? thrown.message : String(thrown);
    }
  }
}
