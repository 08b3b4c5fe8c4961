import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Faults } from '../faults.ts';
import type { IndexWrites } from '../index/sqlite/writes.ts';
import type { Pages } from '../letters/pages.ts';
import type { Appender, LetterRecord, Place } from '../letters/segments/appender.ts';
import { adoptStaged, type DataFolder, syncFolder } from '../letters/segments/folder.ts';
import { HEADER } from '../letters/segments/record.ts';
import { failureOf } from './failure.ts';
import { remember, standing } from './imports.ts';
import type { Answer, DeliverResult, Failure, OrderOf, PlacedAs } from './orders.ts';
import { type Placing, placing } from './placing.ts';
import { type Quotas, Tally } from './quotas.ts';

type DeliverOrder = OrderOf<'deliver'>;

interface Pending {
  readonly order: DeliverOrder;
  readonly placing: Placing;
  place: Place | undefined;
  /** Why it is not placed. */
  failure: Failure | PlacedAs | undefined;
}

const NO_ROOM: Failure = { type: 'store', kind: 'no-room', message: 'the disk is full up to the reserve' };

/** The letters that one commit takes. Each fails for itself as far as the disk allows. */
export class Batch {
  readonly #index: IndexWrites;
  readonly #data: DataFolder;
  readonly #appender: Appender;
  readonly #pages: Pages;
  readonly #faults: Faults;
  readonly #quotas: Quotas;
  readonly #letters: readonly Pending[];

  constructor(
    index: IndexWrites,
    data: DataFolder,
    appender: Appender,
    pages: Pages,
    faults: Faults,
    orders: readonly DeliverOrder[],
    quotas: Quotas,
    withoutRoom: ReadonlySet<DeliverOrder> = new Set(),
  ) {
    this.#index = index;
    this.#data = data;
    this.#appender = appender;
    this.#pages = pages;
    this.#faults = faults;
    this.#quotas = quotas;
    const tally = new Tally(index, quotas);
    this.#letters = orders.map((order) => {
      const failure = standing(index, order, tally) ?? (withoutRoom.has(order) ? NO_ROOM : undefined);
      const { octets } = order.content;
      // What is placed already, and what the office writes, no quota keeps out.
      const limited = failure === undefined && order.notice === undefined;
      const where = placing(order.placements, octets, tally, limited);
      if (failure === undefined) {
        for (const { placement } of where.entered) tally.take(placement.maildrop, placement.traceOctets + octets);
      }
      return { order, placing: where, place: undefined, failure };
    });
  }

  get size(): number {
    return this.#letters.length;
  }

  /** The records that are to be appended. */
  records(): LetterRecord[] {
    return this.#inline().map(({ order }) => this.#pages.pieces(order.record as readonly number[], order.octets));
  }

  /** Octets of what was appended and is to be entered. */
  get placedOctets(): number {
    return this.#inline().reduce((sum, { order, place }) => sum + (place ? order.octets : 0), 0);
  }

  /** Where they went, in the same order. */
  placed(places: readonly Place[]): void {
    for (const [number, letter] of this.#inline().entries()) letter.place = places[number];
  }

  /** None of the appended records is safe. */
  failInline(failure: Failure): void {
    for (const letter of this.#inline()) {
      letter.failure = failure;
      letter.place = undefined;
    }
  }

  /** Gives the large letters their names and makes those durable. */
  adopt(): void {
    const staged = this.#living().filter(({ order }) => typeof order.record === 'string');
    if (staged.length === 0) return;
    for (const letter of staged) {
      const number = this.#appender.takeNumber();
      try {
        adoptStaged(this.#data, letter.order.record as string, number);
        letter.place = { segment: number, offset: 0 };
      } catch (error) {
        letter.failure = failureOf(error);
      }
    }
    try {
      this.#faults.at('large.renamed');
      syncFolder(this.#data.letters);
      this.#faults.at('large.directory-synced');
    } catch (error) {
      for (const letter of staged) letter.failure ??= failureOf(error);
    }
  }

  /** Enters the letters in the index, within the round's transaction. */
  enter(): void {
    for (const { order, placing, place } of this.#living()) {
      if (!place) throw new Error('a letter without a place');
      if (typeof order.record === 'string') this.#index.segments.put(place.segment, order.octets, 0);
      const { content, traces, time } = order;
      const id = this.#index.contents.add({
        ...content,
        segment: place.segment,
        offset: place.offset + HEADER + traces,
        traces,
        placements: placing.entered.length,
      });
      for (const { placement, maildrop } of placing.entered) {
        const octets = placement.traceOctets + content.octets;
        const { change, ordinal, holds } = this.#index.maildrops.arrive(maildrop, octets);
        this.#index.placements.add({
          maildrop,
          ordinal,
          arrived: change,
          uniqueId: placement.uniqueId,
          octets,
          body: placement.traceOctets + content.body,
          dotted: content.dotted || placement.traceDotted,
          time,
          content: id,
          traceDistance: placement.traceDistance,
          traceOctets: placement.traceOctets,
          traceCheck: placement.traceCheck,
          ...(order.import && { placed: order.import.placed }),
        });
        remember(this.#index, order, maildrop, octets);
        if (order.notice?.level !== undefined) this.#quotas.told(maildrop, order.notice.level);
        this.#quotas.weigh(placement.maildrop, maildrop, holds);
      }
    }
  }

  /** The transaction failed: none of the letters is in. */
  fail(failure: Failure): void {
    for (const letter of this.#living()) letter.failure = failure;
  }

  /** Removes the files of large letters that did not get in; answers the segments of those that have their number already. */
  clear(): number[] {
    const adopted: number[] = [];
    for (const letter of this.#letters) {
      const { order, place } = letter;
      if (typeof order.record !== 'string' || isLiving(letter)) continue;
      if (place) adopted.push(place.segment);
      else removeStaged(join(this.#data.incoming, order.record));
    }
    return adopted;
  }

  answers(): Answer[] {
    return this.#letters.map((letter) => ({ type: 'done', id: letter.order.id, result: resultOf(letter) }));
  }

  /** Letters that some recipient may still get. */
  #living(): Pending[] {
    return this.#letters.filter(isLiving);
  }

  #inline(): Pending[] {
    return this.#living().filter(({ order }) => typeof order.record !== 'string');
  }
}

function isLiving({ failure, placing }: Pending): boolean {
  return !failure && placing.entered.length > 0;
}

function resultOf({ order, placing, failure }: Pending): DeliverResult {
  return placing.outcomes.map((outcome, number) => {
    if ('type' in outcome) return outcome;
    if (failure || outcome === order.placements[number]) return failure;
    return { type: 'placed-as', uniqueId: outcome.uniqueId, octets: outcome.traceOctets + order.content.octets };
  });
}

function removeStaged(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // What cannot be removed now is swept at the next start; the other letters of the round wait for their answers.
  }
}
