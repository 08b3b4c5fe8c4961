import type { ListenAddress, Listening } from '@restante/pop/server';
import type { Settings } from '../config/settings.ts';
import type { Log } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { DurableStore } from '../store/store.ts';
import { VERSION } from '../version.ts';
import { HealthListener } from './health.ts';
import { Readiness } from './readiness.ts';

export interface MonitoringOptions {
  readonly data: string;
  readonly settings: Settings;
  readonly log: Log;
  readonly store: DurableStore;
  /** When the certificate in use runs out, in milliseconds since 1970. */
  readonly certificateEnds: () => number;
}

/** What machines are told of how the office is. */
export class Monitoring {
  readonly readiness: Readiness;
  /** Absent where nobody listens for them: then nothing is counted. */
  readonly metrics: Metrics | undefined;
  readonly #health: HealthListener;

  private constructor(readiness: Readiness, metrics: Metrics | undefined, health: HealthListener) {
    this.readiness = readiness;
    this.metrics = metrics;
    this.#health = health;
  }

  static async begin({ settings, log, store, ...rest }: MonitoringOptions): Promise<Monitoring> {
    const readiness = new Readiness(store);
    const notReady = () => readiness.why();
    const metrics = isMonitored(settings) ? await countEverything() : undefined;
    const health = new HealthListener({
      metrics: async () => ({ type: metrics?.contentType ?? '', text: (await metrics?.text()) ?? '' }),
      notReady,
      onError: (err) => log.error({ err }, 'a look at the office failed'),
    });
    return new Monitoring(readiness, metrics, health);

    async function countEverything(): Promise<Metrics> {
      // Loaded only where somebody looks: it takes as long as all else that an office without it loads.
      const { Metrics } = await import('../observe/metrics.ts');
      return new Metrics({ ...rest, version: VERSION, store, reserve: settings['limits.reserve'], notReady });
    }
  }

  listen(address: ListenAddress): Promise<Listening> {
    return this.#health.listen(address);
  }

  close(): Promise<void> {
    return this.#health.close();
  }
}

/** Whether anybody listens for metrics. */
export function isMonitored(settings: Settings): boolean {
  return settings['listen.metrics'].length > 0;
}
