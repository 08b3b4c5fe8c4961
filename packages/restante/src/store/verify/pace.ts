import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';

/** How long others may have to wait for their turn, in milliseconds. */
const TURN = 10;

/** Keeps reading to so many octets a second, and lets others have their turns between. */
export class ReadPace {
  readonly #rate: number | undefined;
  readonly #begun = performance.now();
  #turned = this.#begun;
  #octets = 0;

  /** `rate` is octets a second; absent is as fast as it goes. */
  constructor(rate: number | undefined) {
    this.#rate = rate;
  }

  /** So many octets were read. A promise when it is time to wait. */
  spend(octets: number): Promise<void> | undefined {
    this.#octets += octets;
    const now = performance.now();
    const ahead = this.#rate === undefined ? 0 : (this.#octets / this.#rate) * 1000 - (now - this.#begun);
    if (ahead < TURN && now - this.#turned < TURN) return undefined;
    return this.#pause(ahead);
  }

  async #pause(ahead: number): Promise<void> {
    if (ahead >= 1) await wait(ahead);
    else await turn();
    this.#turned = performance.now();
  }
}
