import assert from 'node:assert/strict';
import { chmodSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { StoreError } from '@restante/pop/maildrop';
import { folder, letterOf, office, place, reopen } from './office.test.kit.ts';

test('nothing in the data folder can be read by others', async (t) => {
  const data = folder(t);
  const store = await office(t, ['anna'], { data, limits: { inline: 1_000 } });
  await place(store, 'anna', letterOf(500));
  await place(store, 'anna', letterOf(5_000));
  for (const name of readdirSync(data, { recursive: true, encoding: 'utf8' })) {
    const stats = statSync(join(data, name));
    assert.equal(stats.mode & 0o777, stats.isDirectory() ? 0o700 : 0o600, name);
  }
  assert.equal(statSync(data).mode & 0o777, 0o700);
});

test('a folder that somebody else uses too keeps its mode, and what is put into it is private', async (t) => {
  const data = folder(t);
  writeFileSync(join(data, 'theirs'), '');
  chmodSync(data, 0o755);
  await office(t, ['anna'], { data });
  assert.equal(statSync(data).mode & 0o777, 0o755);
  assert.equal(statSync(join(data, 'letters')).mode & 0o777, 0o700);
});

test('a store that cannot be opened says so once', async (t) => {
  const data = folder(t);
  const store = await office(t, ['anna'], { data });
  await place(store, 'anna', letterOf(100));
  await store.close();
  rmSync(join(data, 'index.sqlite'));
  const stopped: StoreError[] = [];
  await assert.rejects(reopen(t, data, { onStopped: (error) => stopped.push(error) }), isPermanent);
  // The thread's end is heard a little later than its reason.
  const again = await office(t, ['anna']);
  await again.close();
  assert.deepEqual(stopped, []);
});

function isPermanent(error: unknown): boolean {
  assert.ok(error instanceof StoreError);
  assert.equal(error.kind, 'permanent');
  return true;
}
