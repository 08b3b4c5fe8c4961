import type { Change, LetterRecord } from '../journal/journal.ts';
import { Keys, octetsKey } from './identity.ts';
import type { Plan, Step } from './plan.ts';

/** What came of reading a letter that only its octets can tell. */
export interface Recognised {
  /** The record of the letter that it is; undefined when it is none of those that are kept: then it is new. */
  readonly record: LetterRecord | undefined;
  /**
   * For the journal: when it is known, at once, instead of `staged` and `kept`; when it is new, behind `kept`. After a
   * crash in between the next plan has them.
   */
  readonly changes: readonly Change[];
}

/** Knows letters again by their octets, during one session. Each letter that is kept is recognised once. */
export class KnownByOctets {
  readonly #kept = new Map<string, LetterRecord[]>();
  readonly #keys: Keys;

  /** `keys` are all that the journal has. */
  constructor({ unrecognised }: Pick<Plan, 'unrecognised'>, keys: Iterable<string>) {
    for (const record of unrecognised) {
      if (record.sha256 === undefined) continue;
      const alike = this.#kept.get(record.sha256);
      if (alike === undefined) this.#kept.set(record.sha256, [record]);
      else alike.push(record);
    }
    this.#keys = new Keys(() => keys);
  }

  recognise(
    { key, letter }: Pick<Extract<Step, { type: 'fetch' }>, 'key' | 'letter'>,
    sha256: string,
    now: number,
  ): Recognised {
    const { uniqueId } = letter;
    const record = this.#kept.get(sha256)?.shift();
    if (record === undefined)
      return { record, changes: [{ type: 'rebound', key, to: this.#key(uniqueId, sha256), uniqueId }] };
    const changes: Change[] = [
      { type: 'gone', key, at: now },
      { type: 'forgotten', key },
    ];
    const { state } = record;
    if (state === 'gone' || state === 'delete-sent' || state === 'unknown') {
      changes.push({ type: 'still-there', key: record.key });
    }
    // A letter that is staged goes by its key; one without a unique-id may have it again in the next listing.
    if (uniqueId !== undefined && uniqueId !== record.uniqueId && state !== 'staged') {
      changes.push({ type: 'rebound', key: record.key, to: this.#key(uniqueId, sha256), uniqueId });
    }
    return { record, changes };
  }

  #key(uniqueId: string | undefined, sha256: string): string {
    return this.#keys.take(octetsKey(uniqueId, sha256));
  }
}
