import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DELAY_RESOLUTION, type EventLoopDelay } from '../store/writer/orders.ts';
import type { LabelledCount } from './command-tallies.ts';

/** Of the measures, this many in a hundred were no larger. */
const PERCENTILES = [50, 99, 100];

/** Watches this thread's event loop, until the process ends. */
export function watchEventLoop(): EventLoopDelay {
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION });
  delay.enable();
  return delay;
}

/** How late a thread's event loop was since this was last asked, in seconds; nothing while it was not measured. */
export function* delays(thread: string, delay: EventLoopDelay): Generator<LabelledCount> {
  const measured = delay.count > 0;
  for (const percentile of PERCENTILES) {
    if (!measured) return;
    // Each measure is the time from one look to the next, so the time that lies between them anyhow is taken off.
    const late = delay.percentile(percentile) / 1e9 - DELAY_RESOLUTION / 1e3;
    yield { labels: { thread, percentile: String(percentile) }, value: Math.max(0, late) };
  }
  delay.reset();
}
