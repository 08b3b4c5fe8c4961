import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { deliver, expunge, folder, letterOf, office } from '../office.test.kit.ts';
import { restore } from './restore.ts';
import { verifyCounts } from './verify-counts.ts';

test('what is counted of each maildrop is summed again, and what is counted wrong is found', async (t) => {
  const data = folder(t);
  const copy = `${folder(t)}/copy`;
  const store = await office(t, ['anna', 'bert'], { data });
  for (let letter = 1; letter <= 4; letter += 1) await deliver(store, ['anna', 'bert'], letterOf(500 * letter));
  await expunge(store, 'anna', [2, 3]);
  await store.undelete('anna', {}, { account: 'anna', session: 's', address: 'local' });
  await expunge(store, 'bert', [1]);
  await store.backup(copy);
  await store.close();
  const database = new DatabaseSync(`${copy}/index.sqlite`);
  assert.deepEqual([...verifyCounts(database)], []);
  database.exec("UPDATE maildrops SET count = count + 1, octets = octets - 5 WHERE name = 'bert'");
  const [wrong] = verifyCounts(database);
  assert.equal(wrong?.maildrop, 'bert');
  assert.deepEqual([wrong.counted.letters, wrong.found.letters, wrong.found.octets - wrong.counted.octets], [4, 3, 5]);
  database.close();
  assert.throws(() => restore(copy, `${folder(t)}/anew`), /counts 4 letters, \d+ octets in bert, which has 3/);
});
