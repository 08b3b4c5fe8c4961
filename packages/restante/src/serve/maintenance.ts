import type { Log } from '../observe/log.ts';
import type { DurableStore } from '../store/store.ts';

const MINUTE = 60_000;

/** How soon after opening the store is first put in order, and how often from then on. */
const FIRST = MINUTE;
const EVERY = 30 * MINUTE;

/**
 * Puts the store in order now and then: destroys what can be brought back no longer, and gives room back. `stop` waits
 * for what is under way.
 */
export function keepInOrder(store: Pick<DurableStore, 'maintain'>, log: Log): { stop(): Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  let stopped = false;
  const round = async (): Promise<void> => {
    try {
      const report = await store.maintain();
      log.debug(report, 'the store is in order');
    } catch (err) {
      // The mail is safe without it; the next round tries again.
      log.error({ err }, 'the store could not be put in order');
    }
  };
  const next = (after: number): NodeJS.Timeout =>
    setTimeout(() => {
      running = round().then(() => {
        if (!stopped) timer = next(EVERY);
      });
    }, after).unref();
  let timer = next(FIRST);
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      return running;
    },
  };
}
