import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { by, deliver, expunge, folder, idsOf, letterOf, office, place, reopen, whole } from '../../office.test.kit.ts';
import { migrate, migrations, schemaVersion } from './schema.ts';
import { asVersion1, version1 } from './version-1.test.kit.ts';

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

test('an office that version 1 has written is opened with all that is in it, and takes what is new', async (t) => {
  const data = folder(t);
  const store = await office(t, [], { data, limits: { inline: 100_000 } });
  const add = (name: string, addresses: string[]) => store.add({ name, addresses, passwordHash: `$hash of ${name}` });
  await add('anna', ['anna@example.org', 'a@example.net']);
  await add('bert', ['bert@example.org']);
  await store.setDisabled('bert', true);
  const sent = [letterOf(1_000, 'one'), letterOf(200_000, 'two'), letterOf(3_000, 'three'), letterOf(10, 'four')];
  for (const letter of sent) await deliver(store, ['anna', 'bert'], letter);
  await expunge(store, 'anna', [1, 3]);
  const lettersOf = async (office: typeof store, name: string) => {
    const maildrop = office.openMaildrop(name);
    const letters: Buffer[] = [];
    for (let number = 1; number <= maildrop.count; number += 1) letters.push(await whole(maildrop, number));
    const arrivals = await maildrop.arrivals(1, maildrop.count);
    maildrop.close();
    return { letters, arrivals, uniqueIds: await idsOf(office, name), octets: maildrop.octets };
  };
  const allOf = async (office: typeof store) => {
    return {
      accounts: await office.list(),
      anna: await lettersOf(office, 'anna'),
      bert: await lettersOf(office, 'bert'),
    };
  };
  const before = await allOf(store);
  assert.deepEqual([before.anna.letters.length, before.bert.letters.length], [2, 4]);
  await store.close();
  renameSync(join(data, 'index.sqlite'), join(data, 'written'));
  asVersion1(join(data, 'written'), join(data, 'index.sqlite'));

  const again = await reopen(t, data);
  assert.deepEqual(await allOf(again), before);
  assert.equal(again.byAddress('a@example.net')?.name, 'anna');
  assert.equal(again.servesDomain('example.net'), true);
  assert.equal(await again.undelete('anna', {}, by), 2);
  await place(again, 'anna', 'A: b\r\n\r\n');
  assert.equal(again.openMaildrop('anna').count, 5);
  await again.putAlias({ address: 'info@example.org', accounts: ['bert', 'anna'] });
  await again.close();
  const database = new DatabaseSync(join(data, 'index.sqlite'), { readOnly: true });
  assert.deepEqual({ ...database.prepare('PRAGMA user_version').get() }, { user_version: schemaVersion });
  assert.deepEqual({ ...database.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
  database.close();
  assert.deepEqual((await reopen(t, data)).alias('info@example.org')?.accounts, ['bert', 'anna']);
});

test('what version 1 was released with has not been changed', (t) => {
  const released = new DatabaseSync(join(folder(t), 'released'));
  released.exec(version1);
  const database = new DatabaseSync(join(folder(t), 'index'));
  database.exec(migrations[0] ?? '');
  const schema = (of: DatabaseSync) =>
    new Map(
      of
        .prepare('SELECT name, sql FROM sqlite_schema')
        .all()
        .map(({ name, sql }) => [name, String(sql).replace(/\s+/g, ' ')]),
    );
  const now = schema(database);
  for (const [name, sql] of schema(released)) assert.equal(now.get(name), sql, String(name));
  released.close();
  database.close();
});

test('the index is opened so that a commit is on the disk when it returns', async (t) => {
  const { openWriteConnection } = await import('./connection.ts');
  const database = openWriteConnection(join(folder(t), 'index.sqlite'));
  assert.deepEqual({ ...database.prepare('PRAGMA journal_mode').get() }, { journal_mode: 'wal' });
  // 2 is FULL: the log is synced at every commit, not only at checkpoints.
  assert.deepEqual({ ...database.prepare('PRAGMA synchronous').get() }, { synchronous: 2 });
  database.close();
});
