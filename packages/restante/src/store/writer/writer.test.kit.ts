import assert from 'node:assert/strict';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { constants } from 'node:sqlite';
import type { TestContext } from 'node:test';
import { crc32 } from 'node:zlib';
import { verifyLetters } from '../backup/verify.ts';
import type { Fault, FaultPlan } from '../faults.ts';
import { openWriteConnection } from '../index/sqlite/connection.ts';
import { type IndexWrites, indexWrites } from '../index/sqlite/writes.ts';
import { ContentMeasure } from '../letters/measure.ts';
import { Gathered, Pages } from '../letters/pages.ts';
import { type DataFolder, dataFolder, makeDataFolder } from '../letters/segments/folder.ts';
import { HEADER, writeHeader } from '../letters/segments/record.ts';
import { sweep } from '../letters/segments/sweep.ts';
import { defaultStoreLimits, type StoreLimits } from '../limits.ts';
import { by, folder } from '../office.test.kit.ts';
import type { Answer, Failure, OrderOf, Report } from './orders.ts';
import { Writer } from './writer.ts';

export interface Desk {
  readonly data: DataFolder;
  readonly index: IndexWrites;
  readonly writer: Writer;
  /** Hands over a letter of so many octets. */
  deliver(id: number, octets?: number): void;
  /** The same for a staged file. */
  stage(id: number, octets: number, maildrop?: string): void;
  /** Works until nothing waits. */
  run(): void;
  /** What was answered since the last look. */
  answers(): Answer[];
  /** Every letter in the index, of which there are so many, is whole. */
  expectSound(letters: number): void;
}

/** A writer without its thread, on a maildrop `anna`. */
export function desk(
  t: TestContext,
  options: {
    readonly limits?: Partial<StoreLimits>;
    readonly faults?: FaultPlan | { readonly [step: string]: Fault };
    readonly data?: DataFolder;
    readonly index?: IndexWrites;
  } = {},
): Desk {
  const data = options.data ?? dataFolder(join(folder(t), 'data'));
  makeDataFolder(data);
  const index = options.index ?? indexWrites(openWriteConnection(data.index));
  if (index.maildrops.idOf('anna') === undefined) index.maildrops.add('anna', 1);
  const reports: Report[] = [];
  const { last } = sweep(data, index.segments, index.contents);
  const limits = { ...defaultStoreLimits, reserveFile: 0, buffered: 100_000_000, ...options.limits };
  const faults = (options.faults ?? {}) as FaultPlan;
  const pages = new Pages(new SharedArrayBuffer(limits.buffered));
  const started = { data: data.root, limits, faults, pages: pages.memory };
  const writer = new Writer(data, index, last, started, (report) => reports.push(report));
  t.after(() => {
    writer.close();
    if (index.database.isOpen) index.database.close();
  });
  const run = () => {
    while (!writer.idle) writer.round();
  };
  return {
    data,
    index,
    writer,
    run,
    deliver: (id, octets = 100) => {
      const { record, ...rest } = recordOf(octets, id);
      const gathered = new Gathered(pages);
      assert.ok(gathered.append(record));
      writer.take(deliverOf(id, { ...rest, record: gathered.pages }, 'anna'));
    },
    stage: (id, octets, maildrop = 'anna') => {
      const { record, ...rest } = recordOf(octets, id);
      writeFileSync(join(data.incoming, `staged-${id}`), record);
      writer.take(deliverOf(id, { ...rest, record: `staged-${id}` }, maildrop));
    },
    answers: () => reports.splice(0).flatMap((report) => (report.type === 'answers' ? report.answers : [])),
    expectSound: (letters) => {
      assert.equal(count(index), letters);
      const verified = verifyLetters(index.database, data.letters).next();
      assert.deepEqual(verified, { done: true, value: letters });
    },
  };
}

export function recordOf(octets: number, id: number) {
  const trace = Buffer.from('To: anna\r\n');
  const content = Buffer.alloc(octets, `${id} `);
  const measure = new ContentMeasure();
  measure.update(content);
  const facts = measure.finish();
  const record = Buffer.alloc(HEADER + trace.length + octets);
  writeHeader(record, { traces: trace.length, octets, tracesCheck: crc32(trace), sha256: facts.sha256 });
  trace.copy(record, HEADER);
  content.copy(record, HEADER + trace.length);
  return { record, trace, facts };
}

export function deliverOf(
  id: number,
  {
    record,
    trace,
    facts,
  }: { record: readonly number[] | string; trace: Buffer; facts: ReturnType<ContentMeasure['finish']> },
  maildrop: string,
): OrderOf<'deliver'> {
  return {
    type: 'deliver',
    id,
    record,
    octets: HEADER + trace.length + facts.octets,
    traces: trace.length,
    content: facts,
    placements: [
      {
        maildrop,
        group: 0,
        uniqueId: `id-${id}`,
        traceDistance: trace.length,
        traceOctets: trace.length,
        traceCheck: crc32(trace),
        traceDotted: false,
      },
    ],
    time: 1,
  };
}

export function expungeOf(id: number, ordinals: readonly number[]): OrderOf<'expunge'> {
  return { type: 'expunge', id, maildrop: 1, ordinals: Float64Array.from(ordinals), time: 2, by };
}

export function purgeOf(id: number): OrderOf<'purge'> {
  return { type: 'purge', id, before: 3, time: 3, lastDeparture: Number.MAX_SAFE_INTEGER, snapshots: new Map() };
}

export function count(index: IndexWrites): number {
  const row = index.database.prepare('SELECT count FROM maildrops WHERE id = 1').get();
  const placements = index.database.prepare('SELECT count(*) AS n FROM placements WHERE departed = 0').get();
  assert.equal(row?.['count'], placements?.['n'], 'the maildrop counts what is there');
  return Number(row?.['count']);
}

/** Counts the transactions that are begun from now on. */
export function countCommits(index: IndexWrites): () => number {
  let begun = 0;
  index.database.setAuthorizer((action, what) => {
    if (action === constants.SQLITE_TRANSACTION && what === 'BEGIN') begun += 1;
    return constants.SQLITE_OK;
  });
  return () => begun;
}

export function outcome(answer: Answer): string {
  if (answer.type === 'failed') return `${answer.id} ${kindOf(answer.failure)}`;
  if (!Array.isArray(answer.result)) return `${answer.id} done`;
  const [failure] = answer.result as readonly (Failure | undefined)[];
  return `${answer.id} ${failure ? kindOf(failure) : 'stored'}`;
}

export function kindOf(failure: Failure): string {
  return failure.type === 'store' ? failure.kind : failure.type;
}

export function damage(path: string, at: number): void {
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, '!', at);
  closeSync(descriptor);
}
