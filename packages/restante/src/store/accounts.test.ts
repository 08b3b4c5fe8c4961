import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreError } from '@restante/pop/maildrop';
import { by, deliver, expunge, folder, letterOf, office, place, traceOf, whole } from './office.test.kit.ts';

test('an account that is removed takes its mail with it, for good, and its name begins anew', async (t) => {
  const data = folder(t);
  const store = await office(t, ['anna', 'bert'], { data });
  await deliver(store, ['anna', 'bert'], letterOf(2_000));
  for (let sent = 0; sent < 3; sent += 1) await place(store, 'anna', letterOf(2_000));
  await expunge(store, 'anna', [2]);
  const open = store.openMaildrop('anna');
  await open.entries(1, 3);
  const { credentialVersion } = store.byName('anna') ?? assert.fail();
  await store.remove('anna');
  await assert.rejects(async () => open.read(2, 0), isPermanent);
  assert.deepEqual(await open.expunge([1], by), { notRemoved: [] });
  open.close();
  assert.throws(() => store.openMaildrop('anna'), { kind: 'no-maildrop' });
  await assert.rejects(store.remove('anna'), { name: 'NoAccount' });
  await assert.rejects(store.setPassword('anna', 'x'), { name: 'NoAccount' });
  const anew = await store.add({ name: 'anna', addresses: ['a@example.org'], passwordHash: '$none$' });
  assert.ok(anew.credentialVersion > credentialVersion, 'a remembered login of the old account is void');
  assert.equal(store.openMaildrop('anna').count, 0);
  assert.equal(await store.undelete('anna', {}, by), 0);
  const bert = store.openMaildrop('bert');
  assert.equal((await whole(bert, 1)).length, 2_000 + traceOf('bert').length);
  assert.equal((await store.status()).letters, 1);
});

test('a session of a removed account never gets at the mail of one that is made afterwards', async (t) => {
  const store = await office(t, ['anna']);
  await place(store, 'anna', letterOf(1_000, 'hers'));
  const unbound = store.openMaildrop('anna');
  const bound = store.openMaildrop('anna');
  await bound.entries(1, 1);
  await store.remove('anna');
  await store.add({ name: 'bert', addresses: [], passwordHash: '$none$' });
  await place(store, 'bert', letterOf(1_000, 'his'));
  await assert.rejects(async () => unbound.read(1, 0));
  await assert.rejects(async () => bound.read(1, 0));
  await bound.expunge([1], by);
  const maildrop = store.openMaildrop('bert');
  assert.equal(maildrop.count, 1);
  assert.match((await whole(maildrop, 1)).toString(), /Subject: his/);
});

test('accounts are found by name, by address and by domain, and each name and address belongs to one', async (t) => {
  const store = await office(t, []);
  const anna = { name: 'anna', addresses: ['anna@example.org', 'a@example.net'], passwordHash: '$1' };
  const added = await store.add(anna);
  assert.deepEqual(store.byName('anna'), added);
  assert.deepEqual([...added.addresses].sort(), [...anna.addresses].sort());
  assert.deepEqual(store.byAddress('a@example.net'), added);
  assert.equal(store.byAddress('b@example.net'), undefined);
  assert.equal(store.servesDomain('example.net'), true);
  assert.equal(store.servesDomain('ample.net'), false);
  await assert.rejects(store.add({ ...anna, addresses: [] }), { name: 'AccountExists' });
  await assert.rejects(store.add({ ...anna, name: 'bert', addresses: ['b@example.org', 'a@example.net'] }), {
    name: 'AccountExists',
  });
  assert.equal(store.byName('bert'), undefined);
  assert.throws(() => store.openMaildrop('bert'), { kind: 'no-maildrop' });
  await store.add({ name: 'aaron', addresses: [], passwordHash: '$2' });
  assert.deepEqual(
    (await store.list()).map(({ name }) => name),
    ['aaron', 'anna'],
  );
  assert.equal(store.first()?.name, 'anna');
  await store.setPassword('anna', '$3');
  await store.setDisabled('anna', true);
  const changed = store.byName('anna');
  assert.equal(changed?.passwordHash, '$3');
  assert.equal(changed?.disabled, true);
  assert.ok((changed?.credentialVersion ?? 0) > added.credentialVersion);
  assert.equal(store.first()?.name, 'aaron', 'the first of those that are not disabled');
  await store.setDisabled('aaron', true);
  assert.equal(store.first()?.name, 'anna', 'of all, when all are');
});

function isPermanent(error: unknown): boolean {
  assert.ok(error instanceof StoreError);
  assert.equal(error.kind, 'permanent');
  return true;
}
