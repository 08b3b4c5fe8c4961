import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { StoreError } from '@restante/pop/maildrop';
import { folder, letterOf, office, place, reopen, traceOf, whole } from './office.test.kit.ts';

test('damage is an error, never a wrong letter', async (t) => {
  const data = folder(t);
  const again = await office(t, ['anna'], { data, limits: { inline: 600_000 } });
  await place(again, 'anna', letterOf(1_000));
  await place(again, 'anna', letterOf(550_000));
  await place(again, 'anna', letterOf(700_000));
  const sizes = [1_000, 550_000, 700_000].map((octets) => octets + traceOf('anna').length);
  const files = readdirSync(join(data, 'letters')).map((name) => join(data, 'letters', name));
  const sound = files.map((file) => readFileSync(file));
  const maildrop = again.openMaildrop('anna');
  for (const [index, file] of files.entries()) {
    const octets = Buffer.from(sound[index] ?? '');
    for (let at = 64; at < octets.length; at += 997) octets[at] = (octets[at] ?? 0) ^ 0x20;
    writeFileSync(file, octets);
  }
  for (const [index, size] of sizes.entries()) {
    for (const from of [0, 20, 500, size - 1]) {
      await assert.rejects(async () => maildrop.read(index + 1, from), isPermanent);
    }
  }
  for (const [index, file] of files.entries()) writeFileSync(file, sound[index]?.subarray(0, -1) ?? '');
  await assert.rejects(async () => whole(maildrop, 2), isPermanent);
  await assert.rejects(async () => whole(maildrop, 3), isPermanent);
  for (const file of files) rmSync(file);
  maildrop.close();
  await again.close();
  const last = await reopen(t, data);
  assert.deepEqual(last.swept.damaged, [1, 2]);
  const other = last.openMaildrop('anna');
  await assert.rejects(async () => other.read(1, 0), isPermanent);
});

test('login and STAT cost the same with one letter and with 100,000', async (t) => {
  const data = folder(t);
  const store = await office(t, ['few', 'many'], { data });
  await place(store, 'few', 'A: b\r\n\r\n');
  await place(store, 'many', 'A: b\r\n\r\n');
  await store.close();
  multiply(data, 'many', 100_000);
  const again = await reopen(t, data);
  const cost = (name: string, alsoList: boolean): number => {
    const before = octetsRead();
    const maildrop = again.openMaildrop(name);
    assert.equal(maildrop.octets, maildrop.count * (8 + traceOf(name).length));
    if (alsoList) assert.ok(!(maildrop.entries(1, maildrop.count) instanceof Promise));
    const after = octetsRead();
    maildrop.close();
    return after - before;
  };
  // The first look at the index reads its schema.
  again.openMaildrop('few').close();
  assert.equal(cost('many', false), cost('few', false));
  assert.ok(cost('many', true) > cost('few', true), 'what is measured shows in the measurement');
  const maildrop = again.openMaildrop('many');
  const [entry] = await maildrop.entries(100_000, 100_000);
  assert.equal(entry?.number, 100_000);
  maildrop.close();
});

test('a long listing leaves turns to others', async (t) => {
  const data = folder(t);
  const store = await office(t, ['many'], { data });
  await place(store, 'many', 'A: b\r\n\r\n');
  await store.close();
  multiply(data, 'many', 50_000);
  const maildrop = (await reopen(t, data)).openMaildrop('many');
  let turns = 0;
  let listing = true;
  const count = () => {
    turns += 1;
    if (listing) setImmediate(count);
  };
  setImmediate(count);
  for (let number = 1; number <= maildrop.count; ) {
    const entries = maildrop.entries(number, maildrop.count);
    number += (entries instanceof Promise ? await entries : entries).length;
  }
  listing = false;
  assert.ok(turns >= 10, `${turns} turns for 50,000 letters`);
});

test('a letter that is moved while a session reads it is read to its end', async (t) => {
  const store = await office(t, ['anna'], { limits: { segment: 1, deadShare: 0 } });
  await place(store, 'anna', letterOf(900_000, 'kept'));
  await place(store, 'anna', letterOf(1_000, 'next'));
  const maildrop = store.openMaildrop('anna');
  const slices = [await maildrop.read(1, 0)];
  for (let at = slices[0]?.length ?? 0; ; ) {
    const compacted = await store.compact(0);
    assert.ok(compacted.segments >= 1);
    const slice = await maildrop.read(1, at);
    if (slice.length === 0) break;
    slices.push(slice);
    at += slice.length;
  }
  assert.deepEqual(Buffer.concat(slices), Buffer.concat([traceOf('anna'), letterOf(900_000, 'kept')]));
});

function isPermanent(error: unknown): boolean {
  assert.ok(error instanceof StoreError);
  assert.equal(error.kind, 'permanent');
  return true;
}

/** Gives the maildrop its one letter so many times over. */
function multiply(data: string, name: string, times: number): void {
  const database = new DatabaseSync(join(data, 'index.sqlite'));
  const id = Number(database.prepare('SELECT id FROM maildrops WHERE name = ?').get(name)?.['id']);
  database
    .prepare(
      `WITH RECURSIVE more (ordinal) AS (SELECT 2 UNION ALL SELECT ordinal + 1 FROM more WHERE ordinal < $times)
       INSERT INTO placements (maildrop, departed, ordinal, arrived, unique_id, octets, body, dotted, time, content,
         trace_distance, trace_octets, trace_check)
       SELECT maildrop, departed, more.ordinal, more.ordinal, unique_id || more.ordinal, octets, body, dotted, time, content,
         trace_distance, trace_octets, trace_check
       FROM more, placements WHERE maildrop = $id`,
    )
    .run({ $times: times, $id: id });
  database
    .prepare(
      `UPDATE maildrops SET change = $times, ordinal = $times, count = $times, octets = octets * $times WHERE id = $id`,
    )
    .run({ $times: times, $id: id });
  database.close();
}

/** Octets that this thread has asked the system for, its question aside (which costs the same each time). */
function octetsRead(): number {
  const counters = readFileSync('/proc/thread-self/io', 'latin1');
  return Number(/^rchar: (\d+)/.exec(counters)?.[1]);
}
