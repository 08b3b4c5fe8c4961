import { setTimeout as wait } from 'node:timers/promises';
import { connectOffice, type OpenOffice } from '../control/client.ts';
import { Failure } from '../failure.ts';
import type { Places } from './places.ts';

/** How long another verb, or an office that is just opening or closing, may have the data folder before we give up. */
const PATIENCE = 15_000;

export interface AtOfficeOptions {
  /** Whether an office that is not there yet is made. */
  readonly create?: boolean;
}

/** Does something at the office: over its control socket when it is open, else with its store opened for this. */
export async function atOffice<T>(
  places: Places,
  options: AtOfficeOptions,
  work: (office: OpenOffice) => Promise<T>,
): Promise<T> {
  const office = await reachOffice(places, options);
  try {
    return await work(office);
  } finally {
    await office.close();
  }
}

/** The office, open or closed; whoever reaches it closes it again. */
export async function reachOffice(places: Places, { create = false }: AtOfficeOptions): Promise<OpenOffice> {
  const until = Date.now() + PATIENCE;
  for (;;) {
    const open = await connectOffice(places.data);
    if (open !== undefined) return open;
    // Loaded only here: the database takes longer to load than most verbs need.
    const { openHere } = await import('./open-here.ts');
    const here = await openHere(places, create);
    if (!(here instanceof Error)) return here;
    if (Date.now() > until) throw new Failure(here.message);
    await wait(50);
  }
}
