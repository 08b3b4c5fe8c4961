import type { Pop3Client } from '@restante/pop/client';
import type { Clock } from '@restante/pop/server';

/** Milliseconds after which an idle server hears of us: some end a session after 60 seconds without a command. */
const INTERVAL = 30_000;

/** Waits for what is not the server's to do, and tells it now and then that the session is still wanted. */
export async function keepAlive<T>(client: Pop3Client, clock: Clock, waiting: Promise<T>): Promise<T> {
  const ring = (): void => {
    // If the session is over, whoever waits finds out by what comes next.
    if (client.failure === undefined) client.noop().catch(() => {});
    timer = clock.set(ring, INTERVAL);
  };
  let timer = clock.set(ring, INTERVAL);
  try {
    return await waiting;
  } finally {
    timer.clear();
  }
}
