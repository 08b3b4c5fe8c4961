import type { Clock } from '@restante/pop/server';
import type { Held, Stage, StagedLetter } from '../destinations/destination.ts';
import { Ending, stopped } from './ending.ts';
import type { Stop } from './stop.ts';

/** How long a destination may take for one thing, in milliseconds: less than a letter may wait for its reader. */
const PATIENCE = 5 * 60_000;

/** A stage that cannot keep the run waiting for ever: what takes too long rejects with the {@link Ending} of the run. */
export class PatientStage implements Stage {
  readonly #stage: Stage;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #stop: Stop;
  #hangs = false;

  /** `name` is the destination's. */
  constructor(
    stage: Stage,
    { name, clock, stop }: { readonly name: string; readonly clock: Clock; readonly stop: Stop },
  ) {
    this.#stage = stage;
    this.#name = name;
    this.#clock = clock;
    this.#stop = stop;
  }

  write(octets: Buffer): void | Promise<void> {
    const written = this.#stage.write(octets);
    return written instanceof Promise ? this.#inTime(written) : written;
  }

  end(): StagedLetter | Held | Promise<StagedLetter | Held> {
    const ended = this.#stage.end();
    return ended instanceof Promise ? this.#inTime(ended) : ended;
  }

  async abandon(): Promise<void> {
    const abandoned = this.#stage.abandon();
    // Whoever hangs is not waited for a second time.
    if (abandoned instanceof Promise && !this.#hangs) await this.#inTime(abandoned).catch(() => undefined);
  }

  #inTime<T>(doing: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const over = (): void => {
        timer.clear();
        this.#stop.now.removeEventListener('abort', stop);
      };
      const giveUp = (ending: Ending): void => {
        over();
        this.#hangs = true;
        reject(ending);
      };
      const stop = (): void => giveUp(stopped());
      const timer = this.#clock.set(() => {
        giveUp(new Ending('later', `${this.#name}: it took nothing of a letter for ${PATIENCE / 60_000} minutes`));
      }, PATIENCE);
      this.#stop.now.addEventListener('abort', stop);
      if (this.#stop.now.aborted) stop();
      doing.then(resolve, reject).finally(over);
    });
  }
}
