import { openSync, readFileSync, writeSync } from 'node:fs';
import type { FaultPlan } from '../../store/faults.ts';
import { openStore } from '../../store/store.ts';
import { runAliases } from '../oracle/aliases.ts';
import { runClients } from '../oracle/clients.ts';
import { storeCounter } from '../oracle/counter.ts';
import { KEPT, runImporter } from '../oracle/imports.ts';
import { storeOffice } from '../oracle/office.ts';
import { type PromiseEvent, Promises } from '../oracle/promises.ts';
import { Random } from '../oracle/random.ts';

/** What the recorded program is told, as JSON in its only argument. */
export interface Workload {
  readonly data: string;
  /** The file that every event is written to, a line each, before the clients go on. What is in it is known. */
  readonly log: string;
  readonly seed: number;
  readonly maildrops: readonly string[];
  /** How often the store is opened, used and closed. */
  readonly lives: number;
  readonly times: number;
  readonly faults: FaultPlan;
}

/** Octets above which a letter is streamed to a file of its own, and at which a segment is full: small, to see both. */
export const workloadLimits = { inline: 48 * 1024, segment: 192 * 1024 };

/** The events in a log. */
export function readEvents(log: string): readonly PromiseEvent[] {
  const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as PromiseEvent);
}

/** Opens a store and lets clients at it, several times over. */
export async function runWorkload(workload: Workload): Promise<void> {
  const { data, seed, maildrops, lives, times, faults } = workload;
  const log = openSync(workload.log, 'a+');
  const promises = new Promises();
  for (const event of readEvents(workload.log)) promises.record(event);
  const record = (event: PromiseEvent) => {
    promises.record(event);
    writeSync(log, `${JSON.stringify(event)}\n`);
  };
  for (let life = 1; life <= lives; life += 1) {
    await using store = await openStore({ data, limits: workloadLimits, faults });
    for (const name of [...maildrops, KEPT]) {
      if (!store.byName(name)) await store.add({ name, addresses: [], passwordHash: '$none$' });
    }
    const office = storeOffice(store, () => store.compact(0.3));
    const random = new Random(seed + life);
    const name = `${seed}-${life}`;
    const counter = storeCounter(store);
    await Promise.all([
      runClients({
        office,
        random,
        maildrops,
        promises,
        record,
        name,
        senders: 3,
        times,
        large: workloadLimits.inline,
      }),
      runImporter(counter, { imports: promises.imports, record, times: Math.ceil(times / 3) }),
      runAliases(counter, { maildrops, record, times }),
    ]);
  }
}
