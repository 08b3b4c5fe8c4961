import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { openReadConnection, openWriteConnection } from '../index/sqlite/connection.ts';
import type { MaildropRow } from '../index/sqlite/maildrops.ts';
import { MaildropReads } from '../index/sqlite/maildrops.ts';
import { PlacementReads } from '../index/sqlite/placements.ts';
import { type IndexWrites, indexWrites } from '../index/sqlite/writes.ts';
import { folder } from '../office.test.kit.ts';
import { Binder } from './binder.ts';

test('whatever leaves and arrives between the steps, the numbers are those of the snapshot', (t) => {
  const { index, snapshot, binder } = desk(t);
  // Parts of a maildrop of 3,500 letters that leave before the snapshot, or between its steps.
  const part = fc.record({ from: fc.integer({ min: 1, max: 3_500 }), length: fc.integer({ min: 1, max: 2_500 }) });
  fc.assert(
    fc.property(fc.array(part, { maxLength: 2 }), fc.array(part, { maxLength: 6 }), (before, between) => {
      index.database.exec(
        'DELETE FROM placements; UPDATE maildrops SET change = 0, ordinal = 0, count = 0, octets = 0',
      );
      arrive(index, 3_500);
      for (const { from, length } of before) leave(index, from, length);
      const expected = present(index);
      const bound = binder(snapshot());
      for (let step = 0; bound.letters.length < expected.length; step += 1) {
        bound.step();
        const { from, length } = between[step] ?? { from: 1, length: 0 };
        leave(index, from, length);
        if (step % 2 === 0) arrive(index, 3);
      }
      assert.deepEqual(
        Array.from({ length: bound.letters.length }, (_, number) => bound.letters.ordinal(number + 1)),
        expected,
      );
      const [first = 0] = expected;
      if (first > 0) {
        const entry = bound.letters.entry(1);
        assert.deepEqual(entry, {
          number: 1,
          uniqueId: `id-${first}`,
          octets: first,
          body: 3,
          dotted: first % 2 === 1,
        });
      }
    }),
    { numRuns: 15 },
  );
});

for (const [what, sql] of [
  ['fewer letters than it counts', 'DELETE FROM placements WHERE ordinal = 5'],
  ['more letters than it counts', 'UPDATE maildrops SET count = count - 1'],
  ['other sizes than it counts', 'UPDATE placements SET octets = 1 WHERE ordinal = 5'],
] as const) {
  test(`an index that has ${what} is damage, never another maildrop`, (t) => {
    const { index, snapshot, binder } = desk(t);
    arrive(index, 10);
    index.database.exec(sql);
    const bound = binder(snapshot());
    assert.throws(() => bound.step(), { name: 'StoreError', kind: 'permanent' });
  });
}

for (const [what, leaves] of [
  ['came', false],
  ['came and left again', true],
] as const) {
  test(`a step reads no more than a slice, however much ${what} after the snapshot`, (t) => {
    const { index, snapshot, binder } = desk(t);
    arrive(index, 1_500);
    const opened = snapshot();
    arrive(index, 20_000);
    if (leaves) leave(index, 1_501, 20_000);
    const whole = octetsOf(() => index.database.prepare('SELECT sum(octets), max(unique_id) FROM placements').get());
    const bound = binder(opened);
    const steps: number[] = [];
    while (bound.letters.length < 1_500) steps.push(octetsOf(() => bound.step()));
    assert.ok(Math.max(...steps) < whole / 4, `${steps.join(' ')} octets of ${whole}`);
    assert.equal(bound.letters.ordinal(1_500), 1_500);
  });
}

test('unique-ids of any length are kept', (t) => {
  const { index, snapshot, binder } = desk(t);
  arrive(index, 200);
  const id = (ordinal: number) => '!'.repeat(1 + (ordinal % 70));
  for (let ordinal = 1; ordinal <= 200; ordinal += 1) {
    index.database.prepare('UPDATE placements SET unique_id = ? WHERE ordinal = ?').run(id(ordinal), ordinal);
  }
  const bound = binder(snapshot());
  bound.step();
  for (let number = 1; number <= 200; number += 1) assert.equal(bound.letters.entry(number).uniqueId, id(number));
});

function desk(t: TestContext): {
  index: IndexWrites;
  snapshot: () => MaildropRow;
  binder: (row: MaildropRow) => Binder;
} {
  const path = join(folder(t), 'index.sqlite');
  const index = indexWrites(openWriteConnection(path));
  // Nothing here is about the disk; what is read shows when nothing of it is kept in memory.
  index.database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = 10');
  index.maildrops.add('anna', 1);
  const database = openReadConnection(path);
  const maildrops = new MaildropReads(database);
  const reads = { database, placements: new PlacementReads(database) };
  t.after(() => {
    database.close();
    index.database.close();
  });
  return {
    index,
    snapshot: () => maildrops.byName('anna') ?? assert.fail(),
    binder: (row) => new Binder(reads, row),
  };
}

function arrive(index: IndexWrites, letters: number): void {
  index.database.exec('BEGIN');
  for (let sent = 0; sent < letters; sent += 1) {
    const { change, ordinal } = index.maildrops.arrive(1, 0);
    index.database.prepare('UPDATE maildrops SET octets = octets + ? WHERE id = 1').run(ordinal);
    index.placements.add({
      maildrop: 1,
      ordinal,
      arrived: change,
      uniqueId: `id-${ordinal}`,
      octets: ordinal,
      body: 3,
      dotted: ordinal % 2 === 1,
      time: 1,
      content: ordinal,
      traceDistance: 1,
      traceOctets: 1,
      traceCheck: 1,
    });
  }
  index.database.exec('COMMIT');
}

function leave(index: IndexWrites, from: number, length: number): void {
  const change = (index.maildrops.changeOf(1) ?? 0) + 1;
  const { letters, octets } = index.placements.depart(
    1,
    change,
    Array.from({ length }, (_, number) => from + number),
  );
  if (letters > 0) index.maildrops.depart(1, change, letters, octets);
}

function present(index: IndexWrites): number[] {
  const rows = index.database.prepare('SELECT ordinal FROM placements WHERE departed = 0 ORDER BY ordinal').all();
  return rows.map((row) => Number(row['ordinal']));
}

/** Octets that this thread asks the system for meanwhile. */
function octetsOf(work: () => void): number {
  const read = () => Number(/^rchar: (\d+)/.exec(readFileSync('/proc/thread-self/io', 'latin1'))?.[1]);
  const before = read();
  work();
  return read() - before;
}
