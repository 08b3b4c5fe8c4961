import * as v from 'valibot';

/** Where one letter of a sorted maildrop is, in one destination; without a place where it has been longer than this time. */
export interface SortedPlace {
  readonly name: string;
  place: string;
}

const PLACES = v.array(v.strictTuple([v.string(), v.string()]));

/** As the journal keeps it: JSON, an array of `[destination, place]`. */
export function writePlaces(places: readonly SortedPlace[]): string {
  return JSON.stringify(places.map(({ name, place }) => [name, place]));
}

/** Nowhere, for a text that is none of ours: the maildrop was not sorted then. */
export function parsePlaces(text: string): SortedPlace[] {
  let written: unknown;
  try {
    written = JSON.parse(text);
  } catch {
    return [];
  }
  const places = v.safeParse(PLACES, written);
  return places.success ? places.output.map(([name, place]) => ({ name, place })) : [];
}
