import { crc32 } from 'node:zlib';
import {
  type Delivery,
  type Envelope,
  groupsOf,
  type MaybePromise,
  type Placed,
  type Recipient,
  StoreError,
} from '@restante/pop/maildrop';
import type { Faults } from './faults.ts';
import { type ContentFacts, ContentMeasure, isDotted } from './letters/measure.ts';
import { Gathered, type Pages } from './letters/pages.ts';
import type { DataFolder } from './letters/segments/folder.ts';
import { HEADER, recordOctets, writeHeader } from './letters/segments/record.ts';
import { StagedFile } from './letters/segments/staged.ts';
import type { StoreLimits } from './limits.ts';
import { errorOf, failureOf } from './writer/failure.ts';
import type { WriterLink } from './writer/link.ts';
import type { DeliverResult, OrderedImport, OrderedNotice, OrderedPlacement } from './writer/orders.ts';
import type { Room } from './writer/room.ts';

/** What all deliveries of a store share. */
export interface DeliveryRoom {
  readonly data: DataFolder;
  readonly limits: StoreLimits;
  readonly link: WriterLink;
  readonly faults: Faults;
  now(): number;
  uniqueId(): string;
  /** Where letters are gathered. */
  readonly pages: Pages;
  readonly space: Room;
}

/** What tells a delivery from any other. */
export interface DeliveryTerms {
  readonly import?: ImportTerms;
  readonly notice?: OrderedNotice;
}

/** What an import adds to a delivery. */
export interface ImportTerms extends Omit<OrderedImport, 'placed'> {
  readonly uniqueId: string;
  /** When it arrived, in milliseconds since 1970. */
  readonly arrived: number;
  /** Waits, from the commit on, for its turn to be handed to the writer; rejects when it is not to be. Answers what ends the turn. */
  turn(): Promise<() => void>;
}

/** A letter that is streamed to a file asks for room so many octets at a time. */
const STRIDE = 1024 * 1024;

/** Where a record's header will be, once it is known. */
const NO_HEADER = Buffer.alloc(HEADER);
const CRLF = Buffer.from('\r\n');
const NOTHING = Buffer.alloc(0);

/** A letter on its way in: gathered in memory as the record that it will be, or streamed to a file when it is large. */
export class IncomingLetter implements Delivery {
  readonly #room: DeliveryRoom;
  /** For each recipient, which of the placements is his. */
  readonly #placementOf: readonly number[];
  readonly #placements: readonly OrderedPlacement[];
  readonly #traces: Buffer;
  readonly #import: ImportTerms | undefined;
  readonly #notice: OrderedNotice | undefined;
  readonly #measure = new ContentMeasure();
  /** The record so far; empty before the first octet, and when it is streamed or let go of. */
  readonly #record: Gathered;
  #staged: StagedFile | undefined;
  /** Up to where there was room when it was last asked for. */
  #granted = 0;
  #failure: StoreError | undefined;
  #done = false;
  #aborted = false;

  constructor(room: DeliveryRoom, envelope: Envelope, terms: DeliveryTerms = {}) {
    this.#room = room;
    this.#import = terms.import;
    this.#notice = terms.notice;
    const { placed, placementOf } = toBePlaced(envelope.recipients);
    this.#placementOf = placementOf;
    this.#traces = Buffer.concat(placed.map(({ trace }) => trace));
    this.#placements = placementsOf(placed, this.#traces.length, () => terms.import?.uniqueId ?? room.uniqueId());
    this.#record = new Gathered(room.pages);
  }

  write(octets: Uint8Array): MaybePromise<void> {
    if (this.#done) throw new Error('a delivery takes nothing after commit or abort');
    if (this.#failure) return undefined;
    if (this.#measure.octets + octets.length > this.#room.limits.letter) {
      throw this.#fail(
        new StoreError('too-large', `a letter of more than ${this.#room.limits.letter} octets is not taken`),
      );
    }
    this.#measure.update(octets);
    if (this.#staged) return this.#stream(this.#staged, octets);
    return this.#gather(octets);
  }

  commit(): readonly Promise<Placed | StoreError>[] {
    if (this.#done) throw new Error('a delivery is committed or aborted once');
    this.#done = true;
    const answers = this.#commit();
    const byPlacement = this.#placements.map((_, number) =>
      answers.then((all) => all[number] ?? new StoreError('temporary', 'the writer gave no answer')),
    );
    return this.#placementOf.map((number) => byPlacement[number] ?? Promise.reject(new Error('unreachable')));
  }

  async abort(): Promise<void> {
    this.#done = true;
    this.#aborted = true;
    this.#record.clear();
    await this.#discard();
  }

  #gather(octets: Uint8Array): MaybePromise<void> {
    const fits = this.#measure.octets <= this.#room.limits.inline;
    if (fits && this.#begun() && this.#record.append(octets)) return undefined;
    return this.#beginStream(octets);
  }

  /** Whether the record has its beginning. */
  #begun(): boolean {
    return this.#record.length > 0 || (this.#record.append(NO_HEADER) && this.#record.append(this.#traces));
  }

  #beginStream(octets: Uint8Array): MaybePromise<void> {
    const staged = new StagedFile(this.#room.data, HEADER, this.#room.faults);
    this.#staged = staged;
    return this.#guard(async () => {
      await this.#ask();
      if (this.#record.length > HEADER) await this.#copyTo(staged);
      else await staged.write(this.#traces);
      this.#record.clear();
      await staged.write(octets);
    });
  }

  async #copyTo(staged: StagedFile): Promise<void> {
    const [first, ...others] = this.#record.pieces();
    if (first) await staged.write(first.subarray(HEADER));
    for (const piece of others) await staged.write(piece);
  }

  #stream(staged: StagedFile, octets: Uint8Array): MaybePromise<void> {
    if (this.#measure.octets > this.#granted) {
      return this.#guard(async () => {
        await this.#ask();
        await staged.write(octets);
      });
    }
    const written = staged.write(octets);
    return written && this.#guard(() => written);
  }

  /** The reserve is not for letters that are still coming either: waits for room, and throws when there is none to be had. */
  async #ask(): Promise<void> {
    this.#granted = this.#measure.octets + STRIDE;
    const { space, link } = this.#room;
    if (space.left() >= STRIDE || (await link.order<'room'>({ type: 'room', octets: STRIDE, wait: true }))) return;
    throw new StoreError('no-room', 'the disk is full up to the reserve');
  }

  /** What fails is remembered, and told to whoever waits for this write; what is dropped does not fail. */
  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#aborted) return;
      throw this.#fail(errorOf(failureOf(error)) as StoreError);
    }
  }

  #fail(error: StoreError): StoreError {
    this.#failure ??= error;
    this.#record.clear();
    return error;
  }

  async #discard(): Promise<void> {
    // A file that cannot be removed now is swept at the next start.
    await this.#staged?.discard().catch(() => undefined);
  }

  /** One answer a placement; never rejects. */
  async #commit(): Promise<readonly (Placed | StoreError)[]> {
    const turn = this.#import?.turn();
    // Its failure is heard when the letter is ready to be handed over, which may be later.
    turn?.catch(() => undefined);
    try {
      if (this.#failure) throw this.#failure;
      // Every line ends with CRLF, the last one too (P3-45).
      if (!this.#measure.ended) {
        this.#measure.update(CRLF);
        await (this.#staged ? this.#staged.write(CRLF) : this.#gather(CRLF));
      }
      // A letter without octets has trace fields all the same.
      if (this.#record.length === 0 && !this.#staged) await this.#gather(NOTHING);
      const result = this.#staged ? await this.#handOverFile(this.#staged, turn) : await this.#handOverRecord(turn);
      return this.#placements.map(({ uniqueId, traceOctets }, number) => {
        const failure = result[number];
        if (failure?.type === 'placed-as') return { uniqueId: failure.uniqueId, octets: failure.octets };
        return failure ? (errorOf(failure) as StoreError) : { uniqueId, octets: traceOctets + this.#measure.octets };
      });
    } catch (error) {
      void turn?.then((end) => end()).catch(() => undefined);
      await this.#discard();
      const failure = StoreError.from(error);
      return this.#placements.map(() => failure);
    }
  }

  async #handOverRecord(turn: Promise<() => void> | undefined): Promise<DeliverResult> {
    const record = this.#record;
    const content = this.#measure.finish();
    this.#header(content).copy(record.pieces()[0] ?? NO_HEADER);
    try {
      return await this.#inTurn(turn, () => this.#handOver(record.pages, content));
    } finally {
      // They are the writer's until it has answered.
      record.clear();
    }
  }

  async #handOverFile(staged: StagedFile, turn: Promise<() => void> | undefined): Promise<DeliverResult> {
    const content = this.#measure.finish();
    await staged.finish(this.#header(content));
    return this.#inTurn(turn, () => this.#handOver(staged.name, content));
  }

  /** The turn ends when the writer has the order: it keeps the orders' order itself. */
  #inTurn(turn: Promise<() => void> | undefined, handOver: () => Promise<DeliverResult>): Promise<DeliverResult> {
    if (!turn) return handOver();
    return turn.then((end) => {
      const result = handOver();
      end();
      return result;
    });
  }

  #header({ octets, sha256 }: ContentFacts): Buffer {
    const header = Buffer.allocUnsafe(HEADER);
    writeHeader(header, { traces: this.#traces.length, octets, tracesCheck: crc32(this.#traces), sha256 });
    return header;
  }

  #handOver(record: readonly number[] | string, content: ContentFacts): Promise<DeliverResult> {
    const traces = this.#traces.length;
    return this.#room.link.order<'deliver'>({
      type: 'deliver',
      record,
      octets: recordOctets(traces, content.octets),
      traces,
      content,
      placements: this.#placements,
      time: this.#import?.arrived ?? this.#room.now(),
      ...(this.#import && {
        import: { digest: this.#import.digest, given: this.#import.given, placed: this.#room.now() },
      }),
      ...(this.#notice && { notice: this.#notice }),
    });
  }
}

/** What one placement is made of. */
interface ToBePlaced {
  readonly maildrop: string;
  readonly group: number;
  readonly trace: Buffer;
}

/** A mailbox has a placement for each group that it is in, with the trace fields of its first recipient there: the writer chooses. */
function toBePlaced(recipients: readonly Recipient[]): {
  placed: readonly ToBePlaced[];
  placementOf: readonly number[];
} {
  const groups = groupsOf(recipients);
  const placed: ToBePlaced[] = [];
  const numbers = new Map<string, number>();
  const placementOf = recipients.map(({ maildrop, trace }, index) => {
    const group = groups[index] ?? 0;
    const key = `${group} ${maildrop}`;
    const number = numbers.get(key) ?? placed.push({ maildrop, group, trace: Buffer.from(trace) }) - 1;
    numbers.set(key, number);
    return number;
  });
  return { placed, placementOf };
}

function placementsOf(
  placed: readonly ToBePlaced[],
  traces: number,
  uniqueId: () => string,
): readonly OrderedPlacement[] {
  let before = 0;
  return placed.map(({ maildrop, group, trace }) => {
    const placement: OrderedPlacement = {
      maildrop,
      group,
      uniqueId: uniqueId(),
      traceDistance: traces - before,
      traceOctets: trace.length,
      traceCheck: crc32(trace),
      traceDotted: isDotted(trace),
    };
    before += trace.length;
    return placement;
  });
}
