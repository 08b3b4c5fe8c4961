import { crc32 } from 'node:zlib';
import { type Delivery, type Envelope, type MaybePromise, type Placed, StoreError } from '@restante/pop/maildrop';
import type { Faults } from './faults.ts';
import { ContentMeasure, isDotted } from './letters/measure.ts';
import type { DataFolder } from './letters/segments/folder.ts';
import { HEADER, recordOctets, writeHeader } from './letters/segments/record.ts';
import { StagedFile } from './letters/segments/staged.ts';
import type { StoreLimits } from './limits.ts';
import { errorOf, failureOf } from './writer/failure.ts';
import type { WriterLink } from './writer/link.ts';
import type { DeliverResult, OrderedPlacement } from './writer/orders.ts';

/** What all deliveries of a store share. */
export interface DeliveryRoom {
  readonly data: DataFolder;
  readonly limits: StoreLimits;
  readonly link: WriterLink;
  readonly faults: Faults;
  now(): number;
  uniqueId(): string;
  /** Octets of letters that are in memory now. */
  buffered: number;
}

/** Room for a content of which nothing is known yet. */
const FIRST = 8 * 1024;
const CRLF = Buffer.from('\r\n');

/** A letter on its way in: gathered in memory as the record that it will be, or streamed to a file when it is large. */
export class IncomingLetter implements Delivery {
  readonly #room: DeliveryRoom;
  readonly #recipients: readonly string[];
  readonly #placements: readonly OrderedPlacement[];
  readonly #traces: Buffer;
  readonly #measure = new ContentMeasure();
  readonly #declared: number;
  /** The record so far, with room for its header; undefined before the first octet, and when it is streamed or let go of. */
  #record: Buffer | undefined;
  #end: number;
  #staged: StagedFile | undefined;
  #failure: StoreError | undefined;
  #done = false;

  constructor(room: DeliveryRoom, envelope: Envelope) {
    this.#room = room;
    this.#recipients = envelope.recipients.map(({ maildrop }) => maildrop);
    const traceOf = new Map<string, Buffer>();
    for (const { maildrop, trace } of envelope.recipients) {
      if (!traceOf.has(maildrop)) traceOf.set(maildrop, Buffer.from(trace));
    }
    this.#traces = Buffer.concat([...traceOf.values()]);
    this.#placements = placementsOf(traceOf, this.#traces.length, () => room.uniqueId());
    this.#declared = envelope.declaredOctets ?? 0;
    this.#end = HEADER + this.#traces.length;
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
    const byMaildrop = new Map<string, Promise<Placed | StoreError>>();
    for (const [number, { maildrop }] of this.#placements.entries()) {
      byMaildrop.set(
        maildrop,
        answers.then((all) => all[number] ?? new StoreError('temporary', 'the writer gave no answer')),
      );
    }
    return this.#recipients.map((maildrop) => byMaildrop.get(maildrop) ?? Promise.reject(new Error('unreachable')));
  }

  async abort(): Promise<void> {
    this.#done = true;
    this.#release();
    await this.#discard();
  }

  #gather(octets: Uint8Array): MaybePromise<void> {
    const { limits } = this.#room;
    const end = this.#end + octets.length;
    const content = end - HEADER - this.#traces.length;
    if (content > limits.inline) return this.#beginStream(octets);
    if (end > (this.#record?.length ?? 0)) {
      if (this.#room.buffered + end > limits.buffered) return this.#beginStream(octets);
      this.#grow(end);
    }
    this.#record?.set(octets, this.#end);
    this.#end = end;
    return undefined;
  }

  #grow(needed: number): void {
    const old = this.#record;
    const largest = recordOctets(this.#traces.length, this.#room.limits.inline);
    const wanted = old ? 2 * old.length : recordOctets(this.#traces.length, this.#guess());
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(wanted, largest)));
    if (old) old.copy(grown, 0, 0, this.#end);
    else this.#traces.copy(grown, HEADER);
    this.#room.buffered += grown.length - (old?.length ?? 0);
    this.#record = grown;
  }

  /** The declared size is an estimate by a stranger: it may save copies of what fits in memory, no more. */
  #guess(): number {
    const most = this.#room.limits.inline / 4;
    return this.#declared > FIRST && this.#declared <= most ? this.#declared + 512 : FIRST;
  }

  #beginStream(octets: Uint8Array): MaybePromise<void> {
    const staged = new StagedFile(this.#room.data, HEADER, this.#room.faults);
    this.#staged = staged;
    const soFar = this.#record?.subarray(HEADER, this.#end) ?? this.#traces;
    this.#release();
    return this.#guard(async () => {
      await staged.write(soFar);
      await staged.write(octets);
    });
  }

  #stream(staged: StagedFile, octets: Uint8Array): MaybePromise<void> {
    const written = staged.write(octets);
    return written && this.#guard(() => written);
  }

  /** What fails is remembered, and told to whoever waits for this write. */
  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw this.#fail(errorOf(failureOf(error)) as StoreError);
    }
  }

  #fail(error: StoreError): StoreError {
    this.#failure ??= error;
    this.#release();
    return error;
  }

  #release(): void {
    if (this.#record) this.#room.buffered -= this.#record.length;
    this.#record = undefined;
  }

  async #discard(): Promise<void> {
    // A file that cannot be removed now is swept at the next start.
    await this.#staged?.discard().catch(() => undefined);
  }

  /** One answer a placement; never rejects. */
  async #commit(): Promise<readonly (Placed | StoreError)[]> {
    try {
      if (this.#failure) throw this.#failure;
      // Every line ends with CRLF, the last one too (P3-45).
      if (!this.#measure.ended) {
        this.#measure.update(CRLF);
        await (this.#staged ? this.#staged.write(CRLF) : this.#gather(CRLF));
      }
      const result = this.#staged ? await this.#handOverFile(this.#staged) : await this.#handOverRecord();
      return this.#placements.map(({ uniqueId, traceOctets }, number) => {
        const failure = result[number];
        return failure ? (errorOf(failure) as StoreError) : { uniqueId, octets: traceOctets + this.#measure.octets };
      });
    } catch (error) {
      await this.#discard();
      const failure = StoreError.from(error);
      return this.#placements.map(() => failure);
    }
  }

  async #handOverRecord(): Promise<DeliverResult> {
    // A letter without octets has trace fields all the same.
    if (!this.#record) this.#grow(this.#end);
    const record = this.#record;
    if (!record) throw new StoreError('temporary', 'the letter was let go of');
    // Once it is handed over it has no length any more.
    const held = record.length;
    const content = this.#measure.finish();
    const traces = this.#traces.length;
    writeHeader(record, { traces, octets: content.octets, tracesCheck: crc32(this.#traces), sha256: content.sha256 });
    try {
      return await this.#room.link.order<'deliver'>(
        {
          type: 'deliver',
          record: record.subarray(0, this.#end),
          octets: this.#end,
          traces,
          content,
          placements: this.#placements,
          time: this.#room.now(),
        },
        [record.buffer as ArrayBuffer],
      );
    } finally {
      // Its memory is the writer's until it has answered: only then may others have it.
      this.#room.buffered -= held;
      this.#record = undefined;
    }
  }

  async #handOverFile(staged: StagedFile): Promise<DeliverResult> {
    const content = this.#measure.finish();
    const traces = this.#traces.length;
    const header = Buffer.alloc(HEADER);
    writeHeader(header, { traces, octets: content.octets, tracesCheck: crc32(this.#traces), sha256: content.sha256 });
    await staged.finish(header);
    return this.#room.link.order<'deliver'>({
      type: 'deliver',
      record: staged.name,
      octets: recordOctets(traces, content.octets),
      traces,
      content,
      placements: this.#placements,
      time: this.#room.now(),
    });
  }
}

function placementsOf(
  traceOf: ReadonlyMap<string, Buffer>,
  traces: number,
  uniqueId: () => string,
): readonly OrderedPlacement[] {
  let before = 0;
  return [...traceOf].map(([maildrop, trace]) => {
    const placement: OrderedPlacement = {
      maildrop,
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
