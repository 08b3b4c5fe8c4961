import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { by, deliver, expunge, folder, idsOf, letterOf, office, place } from '../office.test.kit.ts';
import type { DurableStore } from '../store.ts';
import type { Problem } from './problem.ts';
import { type VerifyReport, verify } from './verify.ts';

async function look(
  data: string,
  officeIsOpen = false,
  rate = 1e9,
): Promise<VerifyReport & { readonly found: Problem[] }> {
  const found: Problem[] = [];
  const report = await verify({ data, officeIsOpen, rate, onProblem: (problem) => found.push(problem) });
  return { ...report, found };
}

/** A closed office: letters of one and of two, with dots and without, one in a file of its own, one that has left. */
async function closedOffice(t: TestContext): Promise<string> {
  const data = folder(t);
  const store = await office(t, ['anna', 'bert'], { data, limits: { inline: 50_000 } });
  for (let sent = 0; sent < 5; sent += 1) await place(store, 'anna', letterOf(2_000, `${sent}`));
  await deliver(store, ['anna', 'bert'], letterOf(3_000, 'both'));
  await place(store, 'bert', 'Subject: dots\r\n\r\n.one\r\n');
  await place(store, 'bert', letterOf(300_000, 'large'));
  await expunge(store, 'anna', [1]);
  await store.close();
  return data;
}

function change(data: string, ...sql: readonly string[]): void {
  const index = new DatabaseSync(join(data, 'index.sqlite'), { enableForeignKeyConstraints: false });
  for (const statement of sql) index.exec(statement);
  index.close();
}

function flip(path: string, at: number): void {
  const octets = readFileSync(path);
  octets[at] = (octets[at] ?? 0) ^ 1;
  writeFileSync(path, octets);
}

test('a sound office is sound, open and closed, and so is its backup; nothing is changed by looking', async (t) => {
  const data = await closedOffice(t);
  const before = readFileSync(join(data, 'index.sqlite'));
  assert.deepEqual(await look(data), {
    letters: 8,
    octets: 5 * 2_020 + 3_040 + 43 + 300_020,
    problems: 0,
    notices: 0,
    found: [],
  });
  assert.deepEqual(readFileSync(join(data, 'index.sqlite')), before);
  const store = await office(t, [], { data });
  await place(store, 'anna', letterOf(100));
  assert.equal((await look(data, true)).problems, 0);
  const copy = join(folder(t), 'copy');
  await store.backup(copy);
  assert.equal((await look(copy)).letters, 9);
  assert.ok(!readdirSync(copy).some((name) => name.endsWith('-wal')), 'a backup that was looked at can be restored');
});

test('an octet of a letter, of its trace fields, of its header: each is found, with whom it hits', async (t) => {
  const sound = await closedOffice(t);
  const [small = '', large = ''] = readdirSync(join(sound, 'letters'));
  const cases: readonly [number, string, RegExp, string][] = [
    [70, small, /trace fields/, 'anna'],
    [20, small, /no sound header/, 'anna'],
    [1_000, small, /the content is damaged/, 'anna'],
    [250_000, large, /the content is damaged/, 'bert'],
  ];
  for (const [at, name, what, maildrop] of cases) {
    const data = join(folder(t), 'bent');
    cpSync(sound, data, { recursive: true });
    flip(join(data, 'letters', name), at);
    const { found } = await look(data);
    const hit = found.find((problem) => what.test(problem.what));
    assert.equal(hit?.maildrop, maildrop, JSON.stringify(found));
    assert.match(hit?.uniqueId ?? '', /^[\w-]{22}$/);
    assert.ok((hit?.arrived ?? 0) > 1.7e12);
    assert.match(hit?.remedy ?? '', /restante repair/);
  }
});

test('a letter of two is told for both', async (t) => {
  const data = await closedOffice(t);
  const index = new DatabaseSync(join(data, 'index.sqlite'));
  const row = index.prepare('SELECT segment, offset FROM contents WHERE placements = 2').get();
  index.close();
  const [small = ''] = readdirSync(join(data, 'letters'));
  assert.equal(row?.['segment'], 1);
  flip(join(data, 'letters', small), Number(row?.['offset']) + 100);
  const { found } = await look(data);
  assert.deepEqual(found.map(({ maildrop }) => maildrop).sort(), ['anna', 'bert']);
});

test('a segment that is lost, or too short, is told with all of its letters', async (t) => {
  const sound = await closedOffice(t);
  const [small = ''] = readdirSync(join(sound, 'letters'));
  for (const bend of [rmSync, (path: string) => truncateSync(path, 10)]) {
    const data = join(folder(t), 'bent');
    cpSync(sound, data, { recursive: true });
    bend(join(data, 'letters', small));
    const { found } = await look(data);
    assert.equal(found.filter(({ check }) => check === 'files').length, 1);
    // Seven records in it, one of them twice; the trace fields of each are told once more.
    assert.equal(found.filter(({ check }) => check === 'letter').length, 16);
  }
});

test('each sum and each reference of the index is proved', async (t) => {
  const sound = await closedOffice(t);
  const cases: readonly [string, string, RegExp][] = [
    ['UPDATE maildrops SET count = count + 1 WHERE id = 1', 'maildrops', /counts 6 letters, and has 5/],
    ['UPDATE maildrops SET octets = octets - 1 WHERE id = 2', 'maildrops', /octets, and has/],
    ['UPDATE maildrops SET kept_octets = 0 WHERE id = 1', 'maildrops', /brought back/],
    ['UPDATE maildrops SET ordinal = 2 WHERE id = 1', 'maildrops', /not given yet/],
    ['UPDATE contents SET placements = 7 WHERE id = 1', 'contents', /counts 7 letters with this content, and has 1/],
    ['UPDATE contents SET segment = 77 WHERE id = 1', 'contents', /in a segment that it does not know/],
    ['UPDATE contents SET offset = offset + 100000 WHERE id = 7', 'contents', /not within its segment/],
    ['UPDATE placements SET octets = octets + 1 WHERE content = 2', 'placements', /contradicts itself about the sizes/],
    ['DELETE FROM contents WHERE id = 3', 'placements', /no content for this letter/],
    ["UPDATE placements SET unique_id = 'x' WHERE maildrop = 1", 'unique-ids', /6 letters have this unique-id/],
    ["UPDATE placements SET unique_id = 'a b' WHERE content = 2", 'unique-ids', /cannot be a unique-id/],
    ['UPDATE segments SET dead = 5 WHERE number = 1', 'segments', /living octets in this segment/],
    ['DELETE FROM departures', 'departures', /1 letters have left/],
    ['UPDATE contents SET dotted = 0, body = 3 WHERE dotted = 1', 'letter', /the content’s facts wrong/],
    ["UPDATE contents SET checks = X'00000000' WHERE id = 2", 'letter', /the content’s checks wrong/],
    ['UPDATE placements SET trace_check = 1 WHERE content = 2', 'letter', /trace fields are not what was stored/],
  ];
  for (const [sql, check, what] of cases) {
    const data = join(folder(t), 'bent');
    cpSync(sound, data, { recursive: true });
    change(data, sql);
    const { found } = await look(data);
    assert.ok(
      found.some((problem) => problem.check === check && what.test(problem.what)),
      `${sql}: ${JSON.stringify(found)}`,
    );
  }
});

test('a file that the index knows nothing of is a notice; one that letters are in is never swept', async (t) => {
  const data = await closedOffice(t);
  writeFileSync(join(data, 'letters', '0000000099.segment'), 'x');
  const { problems, found } = await look(data);
  assert.deepEqual([problems, found[0]?.level, found[0]?.segment], [0, 'notice', 99]);
  change(data, 'UPDATE segments SET number = 55 WHERE number = 1');
  const store = await office(t, [], { data });
  assert.deepEqual(store.swept.damaged, [1, 55]);
  assert.equal((await idsOf(store, 'anna')).length, 5);
  await place(store, 'anna', letterOf(100));
  assert.deepEqual(readdirSync(join(data, 'letters')).slice(0, 2), ['0000000001.segment', '0000000002.segment']);
});

test('what is no index is said to be none', async (t) => {
  await assert.rejects(look(folder(t)), /there is no post office in/);
  const data = await closedOffice(t);
  writeFileSync(join(data, 'index.sqlite'), 'something else');
  const { found } = await look(data);
  assert.match(found[0]?.what ?? '', /cannot be read: file is not a database/);
});

test('while letters come, leave, are moved and destroyed, nothing is ever told that is not so', async (t) => {
  const data = folder(t);
  // Small segments, so that they come and go, and numbers with them.
  const store = await office(t, ['anna', 'bert'], { data, limits: { segment: 30_000, inline: 20_000, undelete: 0 } });
  let flowing = true;
  const flow = churn(store, () => flowing);
  let letters = 0;
  for (let times = 0; times < 40; times += 1) {
    // Slow enough that a good deal happens between two looks, in this process and the writer's thread.
    const { found, letters: read } = await look(data, true, [2e6, 1e7, 1e9][times % 3]);
    letters += read;
    await turn();
    assert.deepEqual(
      found.filter(({ level }) => level === 'problem'),
      [],
    );
  }
  flowing = false;
  const { delivered, moved } = await flow;
  t.diagnostic(`${letters} letters looked at, ${delivered} delivered, ${moved} segments compacted, no false alarm`);
  assert.ok(letters > 0 && moved > 0);
  assert.equal((await look(data, true)).problems, 0);
});

async function churn(store: DurableStore, on: () => boolean): Promise<{ delivered: number; moved: number }> {
  let [delivered, moved] = [0, 0];
  while (on()) {
    await Promise.all(
      Array.from({ length: 20 }, (_, number) => {
        delivered += 1;
        return deliver(store, number % 3 === 0 ? ['anna', 'bert'] : ['anna'], letterOf(100 + 1_500 * number, 'x'));
      }),
    );
    for (const name of ['anna', 'bert']) {
      const { length } = await idsOf(store, name);
      await expunge(
        store,
        name,
        numbers(length).filter((number) => number % 4 !== 0 || number < length - 30),
      );
    }
    await store.undelete('anna', { since: 0 }, by);
    const { length } = await idsOf(store, 'anna');
    await expunge(store, 'anna', numbers(Math.max(0, length - 20)));
    await store.purge(Number.MAX_SAFE_INTEGER);
    moved += (await store.compact(0.3)).segments;
  }
  return { delivered, moved };
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number + 1);
}
