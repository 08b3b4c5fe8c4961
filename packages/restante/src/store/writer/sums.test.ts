import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { verifyLetters } from '../backup/verify.ts';
import type { FaultPlan, FaultStep } from '../faults.ts';
import { openWriteConnection } from '../index/sqlite/connection.ts';
import { type IndexWrites, indexWrites } from '../index/sqlite/writes.ts';
import { ContentMeasure } from '../letters/measure.ts';
import { Gathered, Pages } from '../letters/pages.ts';
import { dataFolder, makeDataFolder } from '../letters/segments/folder.ts';
import { HEADER, writeHeader } from '../letters/segments/record.ts';
import { defaultStoreLimits } from '../limits.ts';
import { by, folder } from '../office.test.kit.ts';
import type { Order } from './orders.ts';
import { Writer } from './writer.ts';

const names = ['anna', 'bert'];

/** What is asked of the writer; numbers choose among what is there. */
const wish = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('deliver' as const),
      large: fc.boolean(),
      octets: fc.nat(3_000),
      to: fc.nat(7),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('expunge' as const),
      maildrop: fc.nat(1),
      from: fc.nat(30),
      many: fc.nat(20),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('undelete' as const), maildrop: fc.nat(1), renamed: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('purge' as const), snapshot: fc.nat(40) }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('bound' as const), maildrop: fc.nat(1), keep: fc.nat(9_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('compact' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('seal' as const) }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('round' as const) }) },
);

const steps: readonly FaultStep[] = [
  'deliver.before-append',
  'deliver.after-append',
  'deliver.before-sync',
  'deliver.after-sync',
  'deliver.before-commit',
  'large.renamed',
  'expunge.after-slice',
  'undelete.after-slice',
  'purge.after-slice',
  'compact.copied',
  'compact.before-commit',
  'segment.created',
];

const plan = fc.dictionary(
  fc.constantFrom(...steps),
  fc.record({ action: fc.constantFrom('EIO', 'ENOSPC'), visit: fc.integer({ min: 1, max: 4 }) }),
  { maxKeys: 3 },
);

test('whatever is asked and whatever fails, all sums are right and every letter is whole', (t) => {
  const root = folder(t);
  let run = 0;
  fc.assert(
    fc.property(fc.array(wish, { maxLength: 40, size: 'max' }), plan, (wishes, faults) => {
      run += 1;
      const data = dataFolder(join(root, String(run)));
      makeDataFolder(data);
      const database = openWriteConnection(data.index);
      database.exec('PRAGMA synchronous = OFF');
      const index = indexWrites(database);
      for (const name of names) index.maildrops.add(name, 1);
      const pages = new Pages(new SharedArrayBuffer(2_000_000));
      const limits = { ...defaultStoreLimits, reserve: 0, reserveFile: 0, segment: 8_000, batch: 6_000 };
      const writer = new Writer(
        data,
        index,
        0,
        { data: data.root, limits, faults: faults as FaultPlan, pages: pages.memory },
        () => undefined,
      );
      for (const [number, it] of wishes.entries()) {
        if (it.type === 'round') {
          if (!writer.idle) writer.round();
        } else writer.take(orderOf(it, number + 1, pages, data.incoming));
      }
      writer.close();
      expectRight(index, data.letters);
      database.close();
    }),
    { numRuns: 200 },
  );
});

/** The bit of who is not there. */
const NOBODY = 1 << names.length;

type Wish = typeof wish extends fc.Arbitrary<infer It> ? It : never;
type Asked = Exclude<Wish, { readonly type: 'round' }>;

function orderOf(it: Asked, id: number, pages: Pages, incoming: string): Exclude<Order, { type: 'close' }> {
  switch (it.type) {
    case 'deliver':
      return letter(it, id, pages, incoming);
    case 'expunge': {
      const ordinals = Float64Array.from({ length: it.many }, (_, more) => it.from + more);
      return { type: 'expunge', id, maildrop: it.maildrop + 1, ordinals, time: id, by };
    }
    case 'undelete':
      return {
        type: 'undelete',
        id,
        name: names[it.maildrop] ?? '',
        since: 0,
        uniqueIds: undefined,
        session: undefined,
        renamed: it.renamed,
        time: id,
      };
    case 'bound': {
      const of = { maildrop: it.maildrop + 1, keep: it.keep };
      return { type: 'purge', id, before: id, time: id, lastDeparture: 1e9, snapshots: new Map(), of };
    }
    case 'purge':
      return { type: 'purge', id, before: id, time: id, lastDeparture: 1e9, snapshots: new Map([[1, [it.snapshot]]]) };
    case 'compact':
      return { type: 'compact', id, deadShare: it.share };
    case 'seal':
      return { type: 'seal', id };
  }
}

function letter(
  { large, octets, to }: { large: boolean; octets: number; to: number },
  id: number,
  pages: Pages,
  incoming: string,
): Exclude<Order, { type: 'close' }> {
  const trace = Buffer.from('To: you\r\n');
  const recipients = [...names, 'nobody'].filter((_, bit) => to & (1 << bit));
  const grouped = id % 2 === 0;
  const imported = recipients.length === 1 && id % 3 === 0;
  const traces = Buffer.concat(recipients.map(() => trace));
  const measure = new ContentMeasure();
  const content = Buffer.alloc(octets, `${id} `);
  measure.update(content);
  const facts = measure.finish();
  const header = Buffer.alloc(HEADER);
  writeHeader(header, { traces: traces.length, octets, tracesCheck: crc32(traces), sha256: facts.sha256 });
  const record = Buffer.concat([header, traces, content]);
  const gathered = new Gathered(pages);
  if (large) writeFileSync(join(incoming, `${id}`), record);
  else assert.ok(gathered.append(record));
  return {
    type: 'deliver',
    id,
    record: large ? `${id}` : gathered.pages,
    octets: record.length,
    traces: traces.length,
    content: facts,
    placements: recipients.map((maildrop, number) => ({
      maildrop,
      group: grouped ? 0 : number,
      uniqueId: imported ? `given-${id % 5}` : grouped && to >= NOBODY ? `refused-${id}-${number}` : `${id}-${number}`,
      traceDistance: traces.length - number * trace.length,
      traceOctets: trace.length,
      traceCheck: crc32(trace),
      traceDotted: false,
    })),
    time: id,
    ...(imported && {
      import: {
        digest: createHash('sha256')
          .update(`${id % 7}`)
          .digest('hex'),
        given: true,
        placed: id,
      },
    }),
  };
}

function expectRight({ database }: IndexWrites, letters: string): void {
  const rows = (sql: string) => database.prepare(sql).all();
  const wrong = {
    maildrops: rows(`SELECT id FROM maildrops WHERE
      (count, octets) <> (SELECT count(*), coalesce(sum(octets), 0) FROM placements WHERE maildrop = id AND departed = 0)
      OR kept_octets <> (SELECT coalesce(sum(octets), 0) FROM placements
        WHERE maildrop = id AND departed > 0 AND restored = 0)`),
    contents: rows(`SELECT id FROM contents WHERE placements = 0 OR
      placements <> (SELECT count(*) FROM placements WHERE content = contents.id)`),
    placements: rows('SELECT unique_id FROM placements WHERE content NOT IN (SELECT id FROM contents)'),
    twice: rows(`SELECT unique_id FROM placements WHERE restored = 0 GROUP BY maildrop, unique_id HAVING count(*) > 1`),
    refused: rows("SELECT unique_id FROM placements WHERE unique_id LIKE 'refused-%'"),
    given: rows(`SELECT unique_id FROM placements WHERE unique_id LIKE 'given-%' AND (maildrop, unique_id) NOT IN
      (SELECT maildrop, unique_id FROM given_ids)`),
    imports: rows('SELECT unique_id FROM imports GROUP BY maildrop, unique_id HAVING count(*) > 1'),
    departures: rows(`SELECT departed FROM placements WHERE departed > 0 AND NOT EXISTS
      (SELECT 1 FROM departures WHERE departures.maildrop = placements.maildrop AND change = departed)`),
    segments: rows(`SELECT number, octets, dead,
      (SELECT coalesce(sum(${HEADER} + traces + octets), 0) FROM contents WHERE segment = number) AS live
      FROM segments WHERE octets - dead <> live`),
  };
  const none = {
    maildrops: [],
    contents: [],
    placements: [],
    twice: [],
    refused: [],
    given: [],
    imports: [],
    departures: [],
    segments: [],
  };
  assert.deepEqual(wrong, none);
  assert.equal(verifyLetters(database, letters).next().done, true);
}
