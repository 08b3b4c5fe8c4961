import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { by, expunge, folder, idsOf, letterOf, office, place, reopen, whole } from '../office.test.kit.ts';
import type { DurableStore } from '../store.ts';
import type { Problem } from '../verify/problem.ts';
import { verify } from '../verify/verify.ts';
import { restore } from './restore.ts';

async function sound(data: string): Promise<void> {
  const found: Problem[] = [];
  await verify({ data, onProblem: (problem) => found.push(problem) });
  assert.deepEqual(found, []);
}

/** The letters' octets, in order. */
async function lettersOf(store: DurableStore, name: string): Promise<readonly string[]> {
  const maildrop = store.openMaildrop(name);
  const letters: string[] = [];
  for (let number = 1; number <= maildrop.count; number += 1) letters.push((await whole(maildrop, number)).toString());
  maildrop.close();
  return letters;
}

test('an earlier backup is brought up to date by what is new, and loses what is no longer needed', async (t) => {
  const root = folder(t);
  const copy = join(root, 'copy');
  const store = await office(t, ['anna'], { limits: { segment: 5_000, undelete: 0 } });
  for (let sent = 0; sent < 12; sent += 1) await place(store, 'anna', letterOf(2_000, `${sent}`));
  const first = await store.backup(copy);
  assert.equal(first.added, first.segments);
  assert.equal((await store.backup(copy)).added, 0);
  const kept = statSync(join(copy, 'letters', '0000000001.segment')).ino;
  await place(store, 'anna', letterOf(2_000, 'new'));
  await expunge(store, 'anna', [4, 5, 6, 7, 8]);
  await store.purge(Number.MAX_SAFE_INTEGER);
  await store.compact(0.9);
  const second = await store.backup(copy);
  assert.ok(second.added >= 1 && second.added < second.segments, JSON.stringify(second));
  assert.equal(statSync(join(copy, 'letters', '0000000001.segment')).ino, kept);
  assert.equal(readdirSync(join(copy, 'letters')).length, second.segments, 'nothing that is not needed stays');
  await sound(copy);
  const [ids, letters] = [await idsOf(store, 'anna'), await lettersOf(store, 'anna')];
  await store.close();
  restore(copy, join(root, 'data'));
  const again = await reopen(t, join(root, 'data'));
  assert.deepEqual([await idsOf(again, 'anna'), await lettersOf(again, 'anna')], [ids, letters]);
});

test('a segment whose number was given again after a restore is told from the earlier one', async (t) => {
  const root = folder(t);
  const [old, copy] = [join(root, 'old'), join(root, 'copy')];
  const store = await office(t, ['anna'], { limits: { segment: 5_000 } });
  await place(store, 'anna', letterOf(2_000, 'first'));
  await store.backup(old);
  await place(store, 'anna', letterOf(2_000, 'one way'));
  await store.backup(copy);
  await store.close();
  restore(old, join(root, 'data'));
  const other = await reopen(t, join(root, 'data'));
  await place(other, 'anna', letterOf(2_000, 'another'));
  const report = await other.backup(copy);
  assert.equal(report.added, 1);
  await sound(copy);
  const [ids, letters] = [await idsOf(other, 'anna'), await lettersOf(other, 'anna')];
  assert.match(letters[1] ?? '', /Subject: another/);
  restore(copy, join(root, 'again'));
  const again = await reopen(t, join(root, 'again'));
  assert.deepEqual([await idsOf(again, 'anna'), await lettersOf(again, 'anna')], [ids, letters]);
  await place(again, 'anna', letterOf(100));
  await again.backup(copy);
  await sound(copy);
});

test('a backup of another office, a data folder, or something else is refused, and left as it is', async (t) => {
  const root = folder(t);
  const [mine, theirs] = [await office(t, ['anna']), await office(t, ['anna'])];
  await mine.backup(join(root, 'copy'));
  await assert.rejects(theirs.backup(join(root, 'copy')), { name: 'TargetNotEmpty', message: /another office/ });
  const open = folder(t);
  await office(t, ['anna'], { data: open });
  await assert.rejects(mine.backup(open), { name: 'TargetNotEmpty', message: /a data folder/ });
  mkdirSync(join(root, 'else'));
  writeFileSync(join(root, 'else', 'file'), '');
  await assert.rejects(mine.backup(join(root, 'else')), { name: 'TargetNotEmpty' });
  await sound(join(root, 'copy'));
});

test('a backup that is killed is the earlier one or the new one, whole, and is made again over what is left', async (t) => {
  const root = folder(t);
  const store = await office(t, ['anna'], { data: join(root, 'data'), limits: { segment: 5_000 } });
  for (let sent = 0; sent < 10; sent += 1) await place(store, 'anna', letterOf(2_000, `${sent}`));
  await store.backup(join(root, 'first'));
  await expunge(store, 'anna', [1, 2, 3]);
  await store.purge(Number.MAX_SAFE_INTEGER);
  for (let sent = 10; sent < 20; sent += 1) await place(store, 'anna', letterOf(2_000, `${sent}`));
  await store.close();
  const program = new URL('../store.js', import.meta.url).href;
  const counts = new Map<number, number>();
  for (let times = 0; times < 10; times += 1) {
    const copy = join(root, 'copy');
    rmSync(copy, { recursive: true, force: true });
    cpSync(join(root, 'first'), copy, { recursive: true });
    const script = `import { openStore } from ${JSON.stringify(program)};
      const store = await openStore({ data: ${JSON.stringify(join(root, 'data'))}, limits: { reserveFile: 0 } });
      process.stdout.write('x');
      await store.backup(${JSON.stringify(copy)});`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    setTimeout(() => child.kill('SIGKILL'), 25 * times);
    await once(child, 'exit');
    const back = join(root, 'back');
    rmSync(back, { recursive: true, force: true });
    restore(copy, back);
    const restored = await reopen(t, back);
    const { length } = await idsOf(restored, 'anna');
    assert.ok(length === 10 || length === 17, `${length}`);
    counts.set(length, (counts.get(length) ?? 0) + 1);
    await restored.close();
    const whole = await reopen(t, join(root, 'data'));
    await whole.backup(copy);
    await whole.close();
    await sound(copy);
    assert.ok(!existsSync(join(copy, '.index.sqlite.new')));
  }
  t.diagnostic(
    `killed 10 times: ${counts.get(10) ?? 0} times the earlier one, ${counts.get(17) ?? 0} times the new one`,
  );
});

test('after a restore of an older backup no unique-id is given twice, and numbering began anew (P3-56)', async (t) => {
  const root = folder(t);
  const store = await office(t, ['anna'], { data: join(root, 'data') });
  await place(store, 'anna', letterOf(500, 'old'));
  await store.backup(join(root, 'copy'));
  const since: string[] = [];
  for (let sent = 0; sent < 20; sent += 1) since.push((await place(store, 'anna', letterOf(500, `${sent}`))).uniqueId);
  const all = await idsOf(store, 'anna');
  await store.close();
  const before = Date.now();
  restore(join(root, 'copy'), join(root, 'restored'));
  const restored = await reopen(t, join(root, 'restored'));
  assert.deepEqual(await idsOf(restored, 'anna'), all.slice(0, 1), 'the letter that was there has the one it had');
  const fresh: string[] = [];
  for (let sent = 0; sent < 20; sent += 1)
    fresh.push((await place(restored, 'anna', letterOf(500, `${sent}`))).uniqueId);
  assert.deepEqual(
    fresh.filter((id) => since.includes(id)),
    [],
  );
  await expunge(restored, 'anna', [1]);
  await restored.undelete('anna', {}, by);
  assert.equal(new Set(await idsOf(restored, 'anna')).size, 21);
  await restored.close();

  const epoch = (data: string): number => {
    const index = new DatabaseSync(join(data, 'index.sqlite'));
    const value = Number(index.prepare('SELECT epoch FROM maildrops').get()?.['epoch']);
    index.close();
    return value;
  };
  assert.ok(epoch(join(root, 'restored')) >= before);
  assert.ok(epoch(join(root, 'restored')) > epoch(join(root, 'data')));
});
