import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { folder, office, place, reopen } from '../../office.test.kit.ts';
import { migrate, schemaVersion } from './schema.ts';

test('a new index has this version, and opening it again changes nothing', (t) => {
  const database = new DatabaseSync(join(folder(t), 'index'));
  migrate(database, 'index');
  const schema = database.prepare('SELECT sql FROM sqlite_schema').all();
  migrate(database, 'index');
  assert.deepEqual(database.prepare('SELECT sql FROM sqlite_schema').all(), schema);
  assert.deepEqual({ ...database.prepare('PRAGMA user_version').get() }, { user_version: schemaVersion });
  database.close();
});

test('an index that a newer program has written is refused, as is the database of another', async (t) => {
  const data = folder(t);
  const store = await office(t, ['anna'], { data });
  await place(store, 'anna', 'A: b\r\n\r\n');
  await store.close();
  const set = (pragma: string) => {
    const database = new DatabaseSync(join(data, 'index.sqlite'));
    database.exec(`PRAGMA ${pragma}`);
    database.close();
  };
  set(`user_version = ${schemaVersion + 1}`);
  await assert.rejects(reopen(t, data), /has version \d+, and this program knows versions up to \d+: use the newer/);
  set('user_version = 0');
  await assert.rejects(reopen(t, data), /is a database of another program/);
  set(`user_version = ${schemaVersion}; PRAGMA application_id = 1`);
  await assert.rejects(reopen(t, data), /is a database of another program/);
  set(`application_id = ${0x72657374}`);
  const again = await reopen(t, data);
  assert.equal(again.openMaildrop('anna').count, 1);
});

test('the index is opened so that a commit is on the disk when it returns', async (t) => {
  const { openWriteConnection } = await import('./connection.ts');
  const database = openWriteConnection(join(folder(t), 'index.sqlite'));
  assert.deepEqual({ ...database.prepare('PRAGMA journal_mode').get() }, { journal_mode: 'wal' });
  // 2 is FULL: the log is synced at every commit, not only at checkpoints.
  assert.deepEqual({ ...database.prepare('PRAGMA synchronous').get() }, { synchronous: 2 });
  database.close();
});
