import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { dataFolder } from '../letters/segments/folder.ts';
import { by, expunge, folder, idsOf, letterOf, office, place, reopen, traceOf, whole } from '../office.test.kit.ts';
import type { WriterLink } from '../writer/link.ts';
import { backUp } from './backup.ts';
import { restore } from './restore.ts';

test('a backup made while mail flows is whole, and comes back as it was', async (t) => {
  const root = folder(t);
  const store = await office(t, ['anna'], { limits: { inline: 50_000 } });
  for (let sent = 0; sent < 20; sent += 1) await place(store, 'anna', letterOf(2_000, `${sent}`));
  await place(store, 'anna', letterOf(60_000, 'large'));
  await expunge(store, 'anna', [1, 2]);
  const ids = await idsOf(store, 'anna');
  let flowing = true;
  const flow = (async () => {
    while (flowing) await place(store, 'anna', letterOf(3_000));
  })();
  const report = await store.backup(join(root, 'copy'));
  flowing = false;
  await flow;
  assert.ok(report.letters >= 19);
  // What happens to the store afterwards is no concern of the backup's.
  await expunge(store, 'anna', [1, 2, 3, 4, 5, 19]);
  await store.purge(Number.MAX_SAFE_INTEGER);
  await store.compact(0);
  await store.close();
  const { contents } = restore(join(root, 'copy'), join(root, 'data'));
  assert.equal(contents, report.letters + 2);
  const again = await reopen(t, join(root, 'data'));
  assert.deepEqual((await idsOf(again, 'anna')).slice(0, 19), ids);
  const maildrop = again.openMaildrop('anna');
  for (let number = 1; number <= 18; number += 1) {
    assert.deepEqual(await whole(maildrop, number), Buffer.concat([traceOf('anna'), letterOf(2_000, `${number + 1}`)]));
  }
  assert.deepEqual(await whole(maildrop, 19), Buffer.concat([traceOf('anna'), letterOf(60_000, 'large')]));
  maildrop.close();
  assert.equal(await again.undelete('anna', {}, by), 2);
});

test('a backup is for the owner’s eyes, and never goes into a folder that holds something', async (t) => {
  const root = folder(t);
  const store = await office(t, ['anna']);
  await place(store, 'anna', letterOf(2_000));
  mkdirSync(join(root, 'empty'));
  await store.backup(join(root, 'empty'));
  for (const name of ['', ...readdirSync(join(root, 'empty'), { recursive: true, encoding: 'utf8' })]) {
    const stats = statSync(join(root, 'empty', name));
    assert.equal(stats.mode & 0o777, stats.isDirectory() ? 0o700 : 0o600, name);
  }
  const other = await office(t, ['anna']);
  await assert.rejects(other.backup(join(root, 'empty')), { name: 'TargetNotEmpty' });
  await assert.rejects(store.backup(join(root, 'empty', 'index.sqlite', 'below')));
  assert.deepEqual(readdirSync(root), ['empty'], 'nothing half-done stays behind');
});

test('a backup where no folder can be made is refused at once', {
  skip: !existsSync('/proc/self') && 'there is no /proc',
}, async (t) => {
  const store = await office(t, ['anna']);
  await assert.rejects(store.backup('/proc/copy'), { code: 'ENOENT' });
  await place(store, 'anna', letterOf(100));
});

test('a restored store and the backup it came from never share a file', async (t) => {
  const root = folder(t);
  const store = await office(t, ['anna']);
  await place(store, 'anna', letterOf(2_000));
  await store.backup(join(root, 'copy'));
  await store.close();
  restore(join(root, 'copy'), join(root, 'data'));
  for (const name of readdirSync(join(root, 'data', 'letters'))) {
    assert.equal(statSync(join(root, 'data', 'letters', name)).nlink, 1);
  }
});

test('a restore refuses what is damaged, incomplete or no backup, and leaves nothing behind', async (t) => {
  const root = folder(t);
  const copy = join(root, 'copy');
  const store = await office(t, ['anna']);
  await place(store, 'anna', letterOf(2_000));
  await store.backup(copy);
  await store.close();
  const [name = ''] = readdirSync(join(copy, 'letters'));
  const cases: readonly [string, (bent: string) => void, RegExp][] = [
    [
      'one octet',
      (bent) => flip(join(bent, 'letters', name), 1_000),
      /damaged in letters\/0+1\.segment at \d+: the content/,
    ],
    ['a trace field', (bent) => flip(join(bent, 'letters', name), 70), /the trace fields are damaged/],
    ['a header', (bent) => flip(join(bent, 'letters', name), 20), /no sound header/],
    ['a segment', (bent) => rmSync(join(bent, 'letters', name)), /lacks letters\/0+1\.segment/],
    ['the index', (bent) => rmSync(join(bent, 'index.sqlite')), /is no backup/],
    ['all of the index', (bent) => writeFileSync(join(bent, 'index.sqlite'), 'something else'), /not a database/],
  ];
  for (const [what, bend, says] of cases) {
    const bent = join(root, 'bent');
    rmSync(bent, { recursive: true, force: true });
    cpSync(copy, bent, { recursive: true });
    bend(bent);
    assert.throws(() => restore(bent, join(root, 'data')), says, what);
    assert.ok(!existsSync(join(root, 'data', 'index.sqlite')), what);
    assert.ok(!existsSync(join(root, 'data', 'restoring')), what);
  }
  restore(copy, join(root, 'data'));
});

test('a restore never goes over mail that is there, nor under a running office', async (t) => {
  const root = folder(t);
  const store = await office(t, ['anna'], { data: join(root, 'data') });
  await place(store, 'anna', letterOf(2_000));
  await store.backup(join(root, 'copy'));
  assert.throws(() => restore(join(root, 'copy'), join(root, 'data')), { name: 'DataInUse' });
  await store.close();
  assert.throws(() => restore(join(root, 'copy'), join(root, 'data')), { name: 'TargetNotEmpty' });
  assert.equal((await idsOf(await reopen(t, join(root, 'data')), 'anna')).length, 1);
});

test('letters whose index is lost are not taken for leftovers', async (t) => {
  const data = folder(t);
  const store = await office(t, ['anna'], { data });
  await place(store, 'anna', letterOf(2_000));
  await store.close();
  rmSync(join(data, 'index.sqlite'));
  await assert.rejects(reopen(t, data), /1 segments of letters and no index: restore a backup/);
  assert.equal(readdirSync(join(data, 'letters')).length, 1);
});

test('a backup that is whole when the store closes is a backup, and one that failed says why', async (t) => {
  const data = folder(t);
  const store = await office(t, ['anna'], { data });
  await place(store, 'anna', letterOf(2_000));
  await store.close();
  const closing = {
    order: ({ type }: { type: string }) => (type === 'unpin' ? Promise.reject(new Error('closed')) : Promise.resolve()),
  } as unknown as WriterLink;
  const target = join(folder(t), 'backup');
  assert.equal((await backUp(dataFolder(data), closing, target)).letters, 1);
  rmSync(join(data, 'letters'), { recursive: true });
  await assert.rejects(backUp(dataFolder(data), closing, `${target}-2`), /ENOENT/);
});

test('letters whose index has lost its log are not taken for leftovers', async (t) => {
  const data = folder(t);
  const store = await office(t, ['anna'], { data });
  await place(store, 'anna', letterOf(2_000));
  const copy = join(folder(t), 'copy');
  cpSync(data, copy, { recursive: true });
  // Nothing was moved from the log to the index yet: without it that is a sound database with nothing in it.
  rmSync(join(copy, 'index.sqlite-wal'));
  rmSync(join(copy, 'index.sqlite-shm'));
  for (let times = 0; times < 2; times += 1) {
    await assert.rejects(reopen(t, copy), /1 segments of letters and no index: restore a backup/);
    assert.equal(readdirSync(join(copy, 'letters')).length, 1);
  }
});

test('a damaged index is named, and so is the remedy', async (t) => {
  const data = folder(t);
  const store = await office(t, ['anna'], { data });
  await place(store, 'anna', letterOf(2_000));
  await store.close();
  flip(join(data, 'index.sqlite'), 3);
  await assert.rejects(reopen(t, data), /index\.sqlite is damaged .*: restore a backup/);
  assert.equal(readdirSync(join(data, 'letters')).length, 1);
});

test('a copy of a data folder whose log was not written back is no backup', async (t) => {
  const data = folder(t);
  const store = await office(t, ['anna'], { data });
  await place(store, 'anna', letterOf(2_000));
  const copy = join(folder(t), 'copy');
  cpSync(data, copy, { recursive: true });
  assert.throws(() => restore(copy, join(folder(t), 'data')), /index\.sqlite-wal.* no backup/);
});

function flip(path: string, at: number): void {
  const octets = readFileSync(path);
  octets[at] = (octets[at] ?? 0) ^ 1;
  writeFileSync(path, octets);
}
