import assert from 'node:assert/strict';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { constants } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { verifyLetters } from '../backup/verify.ts';
import type { Fault, FaultPlan } from '../faults.ts';
import { openWriteConnection } from '../index/sqlite/connection.ts';
import { type IndexWrites, indexWrites } from '../index/sqlite/writes.ts';
import { ContentMeasure } from '../letters/measure.ts';
import { Gathered, Pages } from '../letters/pages.ts';
import { type DataFolder, dataFolder, makeDataFolder, segmentPath } from '../letters/segments/folder.ts';
import { HEADER, writeHeader } from '../letters/segments/record.ts';
import { sweep } from '../letters/segments/sweep.ts';
import { defaultStoreLimits, type StoreLimits } from '../limits.ts';
import { by, folder } from '../office.test.kit.ts';
import type { Answer, Failure, OrderOf, Report } from './orders.ts';
import { Writer } from './writer.ts';

test('all letters that wait go into one transaction and are answered together', (t) => {
  const { index, writer, answers, deliver } = desk(t);
  const commits = countCommits(index);
  for (let id = 1; id <= 20; id += 1) deliver(id);
  assert.deepEqual(answers(), [], 'no answer before the commit');
  writer.round();
  assert.deepEqual(
    answers().map(({ id }) => id),
    Array.from({ length: 20 }, (_, number) => number + 1),
  );
  assert.equal(commits(), 1);
  assert.ok(writer.idle);
});

test('a batch takes as many letters as its limit allows, the rest the next', (t) => {
  const { writer, answers, deliver } = desk(t, { limits: { batch: 2_500 } });
  for (let id = 1; id <= 3; id += 1) deliver(id, 1_000);
  writer.round();
  assert.deepEqual(
    answers().map(({ id }) => id),
    [1, 2],
  );
  writer.round();
  assert.deepEqual(
    answers().map(({ id }) => id),
    [3],
  );
});

test('a large expunge goes in slices, with deliveries between them, and is answered after the last', (t) => {
  const { index, writer, answers, deliver, run } = desk(t);
  for (let id = 1; id <= 2_500; id += 1) deliver(id, 10);
  run();
  answers();
  writer.take(
    expungeOf(
      9_001,
      Array.from({ length: 2_500 }, (_, number) => number + 1),
    ),
  );
  deliver(9_002);
  writer.round();
  assert.deepEqual(
    answers().map(({ id }) => id),
    [9_002],
    'the letter does not wait for the whole expunge',
  );
  assert.equal(count(index), 1_501);
  writer.round();
  assert.deepEqual(answers(), []);
  writer.round();
  assert.deepEqual(
    answers().map(({ id }) => id),
    [9_001],
  );
  assert.equal(count(index), 1);
});

test('a letter that cannot be appended fails for itself, and leaves nothing behind', (t) => {
  const { data, writer, answers, deliver, expectSound } = desk(t, {
    faults: { 'deliver.before-append': { action: 'ENOSPC', visit: 2 } },
  });
  deliver(1);
  writer.round();
  deliver(2);
  deliver(3);
  writer.round();
  deliver(4);
  writer.round();
  assert.deepEqual(answers().map(outcome), ['1 stored', '2 no-room', '3 no-room', '4 stored']);
  assert.equal(readdirSync(data.letters).length, 1);
  expectSound(2);
});

test('after a failed sync the segment is given up, and nothing in doubt is entered', (t) => {
  const { data, index, writer, answers, deliver, expectSound } = desk(t, {
    faults: { 'deliver.before-sync': { action: 'EIO', visit: 2 } },
  });
  deliver(1);
  writer.round();
  deliver(2);
  writer.round();
  deliver(3);
  writer.round();
  assert.deepEqual(answers().map(outcome), ['1 stored', '2 temporary', '3 stored']);
  expectSound(2);
  assert.deepEqual(
    index.segments.all().map(([number]) => number),
    [1, 2],
    'the next letter goes to another segment',
  );
  assert.equal(sweep(data, index.segments).tail, HEADER + 'To: anna\r\n'.length + 100);
});

for (const [fault, kind] of [
  ['EIO', 'temporary'],
  ['ENOSPC', 'no-room'],
] as const) {
  test(`a commit that fails with ${fault} is the answer to its letters only`, (t) => {
    const { writer, answers, deliver, expectSound } = desk(t, {
      faults: { 'deliver.before-commit': { action: fault, visit: 2 } },
    });
    for (let id = 1; id <= 3; id += 1) {
      deliver(id);
      writer.round();
    }
    assert.deepEqual(answers().map(outcome), ['1 stored', `2 ${kind}`, '3 stored']);
    expectSound(2);
  });
}

test('a full disk fails the letters of a round, and what removes letters is done without them', (t) => {
  const { index, writer, answers, deliver } = desk(t, {
    faults: { 'deliver.before-commit': { action: 'ENOSPC', visit: 2 } },
  });
  deliver(1);
  writer.round();
  deliver(2);
  writer.take(expungeOf(3, [1]));
  writer.round();
  assert.deepEqual(answers().map(outcome), ['1 stored', '2 no-room', '3 done']);
  assert.equal(count(index), 0);
});

test('an expunge that fails has done nothing, and is answered so', (t) => {
  const { index, writer, answers, deliver } = desk(t, {
    faults: { 'expunge.after-slice': { action: 'EIO', visit: 1 } },
  });
  deliver(1);
  writer.round();
  writer.take(expungeOf(2, [1]));
  writer.round();
  assert.equal(count(index), 1);
  writer.take(expungeOf(3, [1]));
  writer.round();
  assert.deepEqual(answers().map(outcome), ['1 stored', '2 temporary', '3 done']);
  assert.equal(count(index), 0);
});

for (const step of ['large.renamed', 'large.directory-synced', 'deliver.before-commit'] as const) {
  test(`a large letter that fails at ${step} is refused, and its file goes with the next commit`, (t) => {
    const { data, writer, answers, stage, deliver, expectSound } = desk(t, {
      faults: { [step]: { action: 'EIO', visit: 1 } },
    });
    stage(1, 5_000);
    writer.round();
    deliver(2);
    writer.round();
    stage(3, 5_000);
    writer.round();
    assert.deepEqual(answers().map(outcome), ['1 temporary', '2 stored', '3 stored']);
    assert.equal(readdirSync(data.letters).length, 2);
    assert.deepEqual(readdirSync(data.incoming), []);
    expectSound(2);
  });
}

test('the file of a large letter whose commit failed stays until another commit has written over it', (t) => {
  const { data, writer, answers, stage, deliver } = desk(t, {
    faults: { 'deliver.before-commit': { action: 'EIO', visit: 1 } },
  });
  stage(1, 5_000);
  writer.round();
  writer.take(expungeOf(2, [77]));
  writer.round();
  assert.deepEqual(answers().map(outcome), ['1 temporary', '2 done']);
  assert.deepEqual(readdirSync(data.letters), ['0000000001.segment'], 'nothing was written yet');
  deliver(3);
  writer.round();
  assert.deepEqual(readdirSync(data.letters), ['0000000002.segment']);
});

test('a large letter that nobody gets is removed', (t) => {
  const { data, writer, answers, stage } = desk(t);
  stage(1, 5_000, 'nobody');
  writer.round();
  assert.deepEqual(answers().map(outcome), ['1 no-maildrop']);
  assert.deepEqual([...readdirSync(data.incoming), ...readdirSync(data.letters)], []);
});

test('a segment in which nothing lives any more is dropped; while a backup is made, only afterwards', (t) => {
  const { data, writer, deliver, stage, run, answers } = desk(t, { limits: { segment: 1 } });
  deliver(1);
  writer.round();
  stage(2, 5_000);
  writer.round();
  deliver(3);
  writer.round();
  assert.equal(readdirSync(data.letters).length, 3);
  writer.take(expungeOf(4, [1]));
  writer.take(purgeOf(5));
  run();
  assert.deepEqual(readdirSync(data.letters), ['0000000002.segment', '0000000003.segment']);
  writer.take({ type: 'pin', id: 6 });
  writer.take(expungeOf(7, [2]));
  writer.take(purgeOf(8));
  run();
  assert.equal(readdirSync(data.letters).length, 2);
  writer.take({ type: 'unpin', id: 9 });
  assert.deepEqual(readdirSync(data.letters), ['0000000003.segment']);
  assert.deepEqual(answers().map(outcome).slice(3), ['4 done', '5 done', '6 done', '7 done', '8 done', '9 done']);
});

test('compaction moves what lives, whole, and drops the rest; deliveries go on between', (t) => {
  const { data, writer, deliver, run, answers, expectSound } = desk(t, { limits: { segment: 5_000_000 } });
  for (let id = 1; id <= 8; id += 1) deliver(id, 1_000_000);
  run();
  writer.take({ type: 'seal', id: 9 });
  writer.take(expungeOf(10, [1, 3, 4, 5]));
  writer.take(purgeOf(11));
  run();
  answers();
  writer.take({ type: 'compact', id: 12, deadShare: 0.4 });
  deliver(13);
  writer.round();
  assert.deepEqual(answers().map(outcome), ['13 stored'], 'a letter does not wait for the whole compaction');
  run();
  const [answer] = answers();
  assert.ok(answer?.type === 'done' && typeof answer.result === 'object' && 'segments' in answer.result);
  assert.equal(answer.result.segments, 1);
  assert.equal(answer.result.damaged, 0);
  assert.ok(!readdirSync(data.letters).includes('0000000001.segment'));
  expectSound(5);
});

test('compaction loses nothing when other work takes a round for itself', (t) => {
  const { data, writer, deliver, index, run, answers } = desk(t);
  for (let id = 1; id <= 1_000; id += 1) deliver(id, 10);
  for (let id = 1_001; id <= 1_006; id += 1) deliver(id, 1_000_000);
  run();
  writer.take({ type: 'seal', id: 2_000 });
  writer.take(expungeOf(2_001, [1_001, 1_002, 1_003]));
  writer.take(purgeOf(2_002));
  run();
  answers();
  const ordinals = Array.from({ length: 1_000 }, (_, number) => number + 1);
  writer.take(expungeOf(2_003, ordinals));
  writer.take({ type: 'compact', id: 2_004, deadShare: 0.3 });
  run();
  assert.deepEqual(answers().map(outcome), ['2003 done', '2004 done']);
  assert.ok(!readdirSync(data.letters).includes('0000000001.segment'));
  assert.equal(verifyLetters(index.database, data.letters).next().done, true);
  assert.equal(count(index), 3);
});

test('every task is answered, also one that has nothing to do and stands behind others', (t) => {
  const { writer, deliver, run, answers } = desk(t);
  for (let id = 1; id <= 2_000; id += 1) deliver(id, 10);
  run();
  answers();
  const ordinals = Array.from({ length: 2_000 }, (_, number) => number + 1);
  writer.take(expungeOf(3_001, ordinals));
  for (const id of [3_002, 3_003]) writer.take({ type: 'compact', id, deadShare: 0.9 });
  writer.take(expungeOf(3_004, [1]));
  writer.take(purgeOf(3_005));
  run();
  assert.deepEqual(
    answers()
      .map(({ id }) => id)
      .sort(),
    [3_001, 3_002, 3_003, 3_004, 3_005],
  );
});

test('a slice that fails is the answer to its own task and to those of its round, not to those that wait', (t) => {
  const { writer, deliver, run, answers } = desk(t, {
    faults: { 'undelete.before-slice': { action: 'EIO', visit: 1 } },
  });
  for (let id = 1; id <= 1_500; id += 1) deliver(id, 10);
  run();
  answers();
  writer.take({ type: 'undelete', id: 3_001, name: 'anna', since: 0, uniqueIds: undefined, time: 1 });
  writer.take(
    expungeOf(
      3_002,
      Array.from({ length: 1_500 }, (_, number) => number + 1),
    ),
  );
  run();
  assert.deepEqual(answers().map(outcome), ['3001 temporary', '3002 done']);
});

test('a segment that a letter is in cannot be dropped from the index', (t) => {
  const { writer, deliver, index } = desk(t);
  deliver(1);
  writer.round();
  assert.throws(() => index.segments.remove(1), /FOREIGN KEY/);
});

test('compaction leaves a damaged record where it is, and the segment with it', (t) => {
  const { data, writer, deliver, run, answers } = desk(t);
  for (let id = 1; id <= 3; id += 1) deliver(id, 1_000);
  run();
  writer.take({ type: 'seal', id: 4 });
  writer.take(expungeOf(5, [1]));
  writer.take(purgeOf(6));
  run();
  answers();
  damage(segmentPath(data, 1), 1_500);
  writer.take({ type: 'compact', id: 7, deadShare: 0.1 });
  run();
  const [answer] = answers();
  assert.ok(answer?.type === 'done' && typeof answer.result === 'object' && 'segments' in answer.result);
  assert.deepEqual([answer.result.segments, answer.result.damaged], [0, 1]);
  assert.ok(readdirSync(data.letters).includes('0000000001.segment'));
});

test('compaction goes past a segment whose file is not there', (t) => {
  const { data, index, writer, deliver, run, answers } = desk(t);
  for (const first of [1, 4]) {
    for (let id = first; id < first + 3; id += 1) deliver(id, 1_000);
    run();
    writer.take({ type: 'seal', id: 10 + first });
  }
  writer.take(expungeOf(20, [1, 4]));
  writer.take(purgeOf(21));
  run();
  answers();
  unlinkSync(segmentPath(data, 1));
  writer.take({ type: 'compact', id: 22, deadShare: 0.1 });
  run();
  const [answer] = answers();
  assert.ok(answer?.type === 'done' && typeof answer.result === 'object' && 'segments' in answer.result);
  assert.deepEqual([answer.result.segments, answer.result.damaged], [1, 1]);
  assert.equal(count(index), 4, 'what is missing is still said to be damaged, never taken for gone');
});

test('what cannot be asked or removed fails for itself: the writer goes on', (t) => {
  const { data, deliver, stage, run, answers } = desk(t);
  stage(1, 5_000, 'nobody');
  unlinkSync(join(data.incoming, 'staged-1'));
  mkdirSync(join(data.incoming, 'staged-1'));
  deliver(2);
  run();
  assert.deepEqual(answers().map(outcome), ['1 no-maildrop', '2 stored']);
  renameSync(data.root, `${data.root}-away`);
  deliver(3);
  run();
  assert.deepEqual(answers().map(outcome), ['3 temporary']);
  renameSync(`${data.root}-away`, data.root);
  deliver(4);
  run();
  assert.deepEqual(answers().map(outcome), ['4 stored']);
});

test('a new writer never touches an old segment, and counts what a crash left in it as dead', (t) => {
  const first = desk(t);
  first.deliver(1);
  first.writer.round();
  const path = segmentPath(first.data, 1);
  const { size } = statSync(path);
  writeFileSync(path, Buffer.alloc(500), { flag: 'a' });
  writeFileSync(segmentPath(first.data, 2), 'never committed');
  writeFileSync(join(first.data.incoming, 'abc'), 'never finished');
  const swept = sweep(first.data, first.index.segments);
  assert.deepEqual(swept, { removed: 2, tail: 500, damaged: [], last: 1 });
  const second = desk(t, { data: first.data, index: first.index });
  second.deliver(1);
  second.writer.round();
  assert.equal(statSync(path).size, size + 500);
  assert.deepEqual(
    first.index.segments.all().map(([number]) => number),
    [1, 2],
  );
  second.expectSound(2);
});

interface Desk {
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
function desk(
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
  const { last } = sweep(data, index.segments);
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

function recordOf(octets: number, id: number) {
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

function deliverOf(
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

function expungeOf(id: number, ordinals: readonly number[]): OrderOf<'expunge'> {
  return { type: 'expunge', id, maildrop: 1, ordinals: Float64Array.from(ordinals), time: 2, by };
}

function purgeOf(id: number): OrderOf<'purge'> {
  return { type: 'purge', id, before: 3, lastDeparture: Number.MAX_SAFE_INTEGER, snapshots: new Map() };
}

function count(index: IndexWrites): number {
  const row = index.database.prepare('SELECT count FROM maildrops WHERE id = 1').get();
  const placements = index.database.prepare('SELECT count(*) AS n FROM placements WHERE departed = 0').get();
  assert.equal(row?.['count'], placements?.['n'], 'the maildrop counts what is there');
  return Number(row?.['count']);
}

/** Counts the transactions that are begun from now on. */
function countCommits(index: IndexWrites): () => number {
  let begun = 0;
  index.database.setAuthorizer((action, what) => {
    if (action === constants.SQLITE_TRANSACTION && what === 'BEGIN') begun += 1;
    return constants.SQLITE_OK;
  });
  return () => begun;
}

function outcome(answer: Answer): string {
  if (answer.type === 'failed') return `${answer.id} ${kindOf(answer.failure)}`;
  if (!Array.isArray(answer.result)) return `${answer.id} done`;
  const [failure] = answer.result as readonly (Failure | undefined)[];
  return `${answer.id} ${failure ? kindOf(failure) : 'stored'}`;
}

function kindOf(failure: Failure): string {
  return failure.type === 'store' ? failure.kind : failure.type;
}

function damage(path: string, at: number): void {
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, '!', at);
  closeSync(descriptor);
}
