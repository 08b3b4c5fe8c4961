import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { StoreError } from '@restante/pop/maildrop';
import {
  deliver,
  expunge,
  folder,
  idsOf,
  letterOf,
  office,
  place,
  reopen,
  traceOf,
  whole,
} from '../office.test.kit.ts';
import type { Problem } from '../verify/problem.ts';
import { verify } from '../verify/verify.ts';
import { repair } from './repair.ts';

async function problems(data: string): Promise<Problem[]> {
  const found: Problem[] = [];
  await verify({ data, onProblem: (problem) => found.push(problem) });
  return found.filter(({ level }) => level === 'problem');
}

/** A closed office with a backup of it. */
async function damagedLater(t: TestContext): Promise<{ data: string; backup: string; ids: readonly string[] }> {
  const data = folder(t);
  const backup = join(folder(t), 'backup');
  const store = await office(t, ['anna', 'bert'], { data, limits: { inline: 50_000 } });
  for (let sent = 0; sent < 5; sent += 1) await place(store, 'anna', letterOf(2_000, `${sent}`));
  await deliver(store, ['anna', 'bert'], letterOf(3_000, 'both'));
  await place(store, 'bert', 'Subject: dots\r\n\r\n.one\r\n');
  await place(store, 'anna', letterOf(300_000, 'large'));
  await expunge(store, 'anna', [1]);
  const ids = await idsOf(store, 'anna');
  await store.backup(backup);
  await store.close();
  // The backup shares its files with the office: a damaged block would be in both.
  const own = join(folder(t), 'own');
  cpSync(data, own, { recursive: true });
  return { data: own, backup, ids };
}

function change(data: string, sql: string): void {
  const index = new DatabaseSync(join(data, 'index.sqlite'), { enableForeignKeyConstraints: false });
  index.exec(sql);
  index.close();
}

function flip(path: string, at: number): void {
  const octets = readFileSync(path);
  octets[at] = (octets[at] ?? 0) ^ 1;
  writeFileSync(path, octets);
}

test('a sound office is left as it is', async (t) => {
  const { data } = await damagedLater(t);
  const report = repair({ data });
  assert.deepEqual([report.sums, report.replaced, report.left, report.problems], [{}, 0, [], []]);
  assert.equal(report.before, undefined);
  assert.ok(!readdirSync(data).some((name) => name.includes('repair') || name.includes('dry-run')));
});

test('every sum is set to what the rows say, every fact to what the octets say', async (t) => {
  const { data: sound, ids } = await damagedLater(t);
  for (const sql of [
    'UPDATE maildrops SET count = 77, octets = 0, kept_octets = 5, ordinal = 1, change = 1',
    'UPDATE contents SET placements = 9',
    'UPDATE segments SET dead = 100',
    'UPDATE segments SET number = 50 WHERE number = 1',
    'UPDATE placements SET octets = octets + 1, body = 0',
    'UPDATE placements SET dotted = 0',
    'UPDATE placements SET trace_check = 1 WHERE content = 2',
    'DELETE FROM departures',
    "UPDATE contents SET checks = X'00000000', body = 1, dotted = 1 - dotted",
  ]) {
    const data = join(folder(t), 'bent');
    cpSync(sound, data, { recursive: true });
    change(data, sql);
    const broken = readFileSync(join(data, 'index.sqlite'));
    assert.ok((await problems(data)).length > 0, sql);
    const dry = repair({ data, dryRun: true });
    assert.ok(Object.keys(dry.sums).length > 0, sql);
    assert.deepEqual(readFileSync(join(data, 'index.sqlite')), broken, 'a dry run changes nothing');
    const { before = '', problems: left } = repair({ data });
    assert.deepEqual(left, [], sql);
    assert.deepEqual(readFileSync(before), broken);
    assert.deepEqual(await problems(data), [], sql);
    const store = await reopen(t, data);
    assert.deepEqual(await idsOf(store, 'anna'), ids, sql);
    await store.close();
  }
});

test('a damaged record is replaced from a backup, or from another place in the store, with its unique-id', async (t) => {
  const { data: sound, backup, ids } = await damagedLater(t);
  const [small = '', large = ''] = readdirSync(join(sound, 'letters'));
  const bends: readonly ((data: string) => void)[] = [
    (data) => flip(join(data, 'letters', small), 70),
    (data) => flip(join(data, 'letters', small), 3_200),
    (data) => flip(join(data, 'letters', small), 2_110),
    (data) => flip(join(data, 'letters', large), 200_000),
    (data) => rmSync(join(data, 'letters', small)),
    (data) => writeFileSync(join(data, 'letters', small), 'short'),
    (data) => change(data, 'UPDATE contents SET offset = offset + 7 WHERE id = 3'),
  ];
  for (const [number, bend] of bends.entries()) {
    const data = join(folder(t), 'bent');
    cpSync(sound, data, { recursive: true });
    bend(data);
    assert.ok((await problems(data)).length > 0, `${number}`);
    const report = repair({ data, from: backup });
    assert.deepEqual([report.left, report.problems], [[], []], `${number}`);
    assert.ok(report.replaced > 0);
    assert.deepEqual(await problems(data), [], `${number}`);
    const store = await reopen(t, data);
    assert.deepEqual(await idsOf(store, 'anna'), ids);
    const maildrop = store.openMaildrop('anna');
    for (const [at, subject] of ['1', '2', '3', '4'].entries()) {
      assert.deepEqual(await whole(maildrop, at + 1), Buffer.concat([traceOf('anna'), letterOf(2_000, subject)]));
    }
    maildrop.close();
    await store.close();
  }
});

test('without a backup the rest is served, and what cannot be mended may be set aside', async (t) => {
  const { data, ids } = await damagedLater(t);
  const [small = ''] = readdirSync(join(data, 'letters'));
  flip(join(data, 'letters', small), 3_200);
  const report = repair({ data });
  assert.equal(report.left.length, 1);
  const store = await reopen(t, data);
  assert.deepEqual(await idsOf(store, 'anna'), ids);
  const maildrop = store.openMaildrop('anna');
  await assert.rejects(
    whole(maildrop, 1),
    (error: unknown) => error instanceof StoreError && error.kind === 'permanent',
  );
  assert.deepEqual(await whole(maildrop, 2), Buffer.concat([traceOf('anna'), letterOf(2_000, '2')]));
  maildrop.close();
  await store.close();

  const aside = join(folder(t), 'aside');
  const { setAside, problems: left } = repair({ data, setAside: aside });
  assert.deepEqual([setAside.map(({ uniqueId }) => uniqueId), left], [[ids[0]], []]);
  const octets = readFileSync(setAside[0]?.file ?? '');
  assert.equal(octets.length, traceOf('anna').length + 2_000, 'as they were found');
  assert.deepEqual(await problems(data), []);
  const again = await reopen(t, data);
  assert.deepEqual(await idsOf(again, 'anna'), ids.slice(1));
});

test('a letter without a content is set aside too; an index that cannot be mended stays as it is', async (t) => {
  const { data, ids } = await damagedLater(t);
  change(data, 'DELETE FROM contents WHERE id = 3');
  assert.equal(repair({ data }).problems.length, 1);
  repair({ data, setAside: join(folder(t), 'aside') });
  assert.deepEqual(await problems(data), []);
  assert.equal((await idsOf(await reopen(t, data), 'anna')).length, ids.length - 1);

  const { data: other } = await damagedLater(t);
  const index = readFileSync(join(other, 'index.sqlite'));
  index.fill(0xff, 4_096, 20_000);
  writeFileSync(join(other, 'index.sqlite'), index);
  assert.throws(() => repair({ data: other }), /cannot be mended .*restore the last backup.*--salvage DIR/);
  assert.deepEqual(readFileSync(join(other, 'index.sqlite')), index);
});

test('a repair under an open office is refused', async (t) => {
  const data = folder(t);
  await office(t, ['anna'], { data });
  assert.throws(() => repair({ data }), { name: 'DataInUse' });
});

test('a repair that is killed has done all or nothing, and can be begun again', async (t) => {
  const { data: sound, backup, ids } = await damagedLater(t);
  const [small = ''] = readdirSync(join(sound, 'letters'));
  const program = new URL('./repair.js', import.meta.url).href;
  let killed = 0;
  for (let times = 0; times < 12; times += 1) {
    const data = join(folder(t), 'bent');
    cpSync(sound, data, { recursive: true });
    flip(join(data, 'letters', small), 3_200);
    change(data, 'UPDATE maildrops SET count = 77');
    const script = `import { repair } from ${JSON.stringify(program)}; process.stdout.write('x');
      repair(${JSON.stringify({ data, from: backup })});`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    setTimeout(() => child.kill('SIGKILL'), 12 * times);
    const [, signal] = await once(child, 'exit');
    if (signal === 'SIGKILL') killed += 1;
    const found = await problems(data);
    assert.ok(found.length === 0 || found.some(({ check }) => check === 'maildrops'), JSON.stringify(found));
    repair({ data, from: backup });
    assert.deepEqual(await problems(data), []);
    const store = await reopen(t, data);
    assert.deepEqual(await idsOf(store, 'anna'), ids);
    await store.close();
    assert.ok(existsSync(join(data, 'index.sqlite')));
  }
  t.diagnostic(`killed ${killed} times of 12`);
  assert.ok(killed > 0);
});
