import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { folder, office, reopen } from './office.test.kit.ts';

const info = { address: 'info@example.org', accounts: ['bert', 'anna'] };

test('an alias leads to its accounts in their order, until it is replaced or removed, and outlives the process', async (t) => {
  const data = folder(t);
  const store = await office(t, ['anna', 'bert', 'cleo'], { data });
  assert.equal(store.alias(info.address), undefined);
  await store.putAlias(info);
  assert.deepEqual(store.alias(info.address), info);
  const changed = { ...info, accounts: ['cleo', 'anna', 'bert'] };
  await store.putAlias(changed);
  await store.putAlias({ address: '@example.net', accounts: ['anna'] });
  await store.close();
  const again = await reopen(t, data);
  assert.deepEqual(again.alias(info.address), changed);
  assert.deepEqual(again.alias('@example.net'), { address: '@example.net', accounts: ['anna'] });
  assert.equal(again.alias('example.net'), undefined);
  assert.deepEqual(await again.removeAlias(info.address), changed);
  assert.equal(again.alias(info.address), undefined);
  assert.equal(await again.removeAlias(info.address), undefined);
});

test('aliases are listed by domain and then by address, each whole, however many there are', async (t) => {
  const names = ['anna', 'bert', 'cleo'];
  const store = await office(t, names);
  const put = [
    { address: 'b@b.example', accounts: ['anna'] },
    { address: 'a@b.example', accounts: ['bert', 'anna'] },
    { address: '@b.example', accounts: ['cleo'] },
    { address: 'z@a.example', accounts: names },
  ];
  for (const alias of put) await store.putAlias(alias);
  assert.deepEqual(await store.aliases(), [put[3], put[2], put[1], put[0]]);
  const many = Array.from({ length: 2_500 }, (_, number) => {
    return { address: `${String(number).padStart(4, '0')}@c.example`, accounts: ['cleo', 'anna'] };
  });
  await Promise.all(many.map((alias) => store.putAlias(alias)));
  assert.deepEqual((await store.aliases()).slice(4), many);
});

test('a domain is served that only an alias or a catch-all is in', async (t) => {
  const store = await office(t, ['anna']);
  assert.equal(store.servesDomain('example.org'), false);
  await store.putAlias({ address: 'info@example.org', accounts: ['anna'] });
  await store.putAlias({ address: '@example.net', accounts: ['anna'] });
  assert.deepEqual(
    ['example.org', 'example.net', 'org', ''].map((domain) => store.servesDomain(domain)),
    [true, true, false, false],
  );
  await store.removeAlias('info@example.org');
  assert.equal(store.servesDomain('example.org'), false);
});

test('an address is never an own one and an alias at once', async (t) => {
  const store = await office(t, ['bert']);
  await store.add({ name: 'anna', addresses: ['anna@example.org'], passwordHash: '$none$' });
  await store.putAlias({ address: 'info@example.org', accounts: ['anna'] });
  await assert.rejects(store.putAlias({ address: 'anna@example.org', accounts: ['bert'] }), {
    name: 'AccountExists',
    message: /anna@example\.org .*anna/,
  });
  const cleo = { name: 'cleo', addresses: ['cleo@example.org', 'info@example.org'], passwordHash: '$none$' };
  await assert.rejects(store.add(cleo), { name: 'AccountExists', message: /info@example\.org is an alias/ });
  assert.equal(store.byName('cleo'), undefined);
  assert.throws(() => store.openMaildrop('cleo'), { kind: 'no-maildrop' });
  await assert.rejects(store.setAddresses('bert', ['bert@example.org', 'info@example.org']), {
    name: 'AccountExists',
    message: /info@example\.org is an alias/,
  });
  await assert.rejects(store.setAddresses('bert', ['anna@example.org']), { name: 'AccountExists' });
  assert.deepEqual(store.byName('bert')?.addresses, []);
  assert.equal(store.alias('anna@example.org'), undefined);
  assert.equal(store.byAddress('anna@example.org')?.name, 'anna');
});

test('an account’s addresses are replaced, and those that it had are free', async (t) => {
  const store = await office(t, []);
  const { credentialVersion } = await store.add({
    name: 'anna',
    addresses: ['a@example.org', 'b@example.org'],
    passwordHash: '$none$',
  });
  await store.setAddresses('anna', ['b@example.org', 'c@example.net']);
  assert.deepEqual(store.byName('anna')?.addresses, ['b@example.org', 'c@example.net']);
  assert.equal(store.byName('anna')?.credentialVersion, credentialVersion, 'logins stay as they are');
  assert.equal(store.byAddress('a@example.org'), undefined);
  assert.equal(store.servesDomain('example.net'), true);
  await store.putAlias({ address: 'a@example.org', accounts: ['anna'] });
  await store.setAddresses('anna', []);
  assert.equal(store.servesDomain('example.net'), false);
  await assert.rejects(store.setAddresses('nobody', []), { name: 'NoAccount' });
});

test('an account that is removed leaves its aliases, and one that leads to nobody goes with it', async (t) => {
  const store = await office(t, ['anna', 'bert']);
  await store.putAlias(info);
  await store.putAlias({ address: '@example.net', accounts: ['bert'] });
  await store.remove('bert');
  assert.deepEqual(store.alias(info.address), { ...info, accounts: ['anna'] });
  assert.equal(store.alias('@example.net'), undefined);
  assert.equal(store.servesDomain('example.net'), false);
  await store.add({ name: 'bert', addresses: [], passwordHash: '$none$' });
  assert.deepEqual(store.alias(info.address)?.accounts, ['anna'], 'one of the same name is somebody else');
});

test('an alias of somebody who is not there, of nobody or of one twice is refused', async (t) => {
  const store = await office(t, ['anna']);
  await store.putAlias({ address: 'a@example.org', accounts: ['anna'] });
  for (const address of ['a@example.org', 'b@example.org']) {
    await assert.rejects(store.putAlias({ address, accounts: ['anna', 'nobody'] }), { name: 'NoAccount' });
    await assert.rejects(store.putAlias({ address, accounts: [] }), RangeError);
    await assert.rejects(store.putAlias({ address, accounts: ['anna', 'anna'] }), RangeError);
  }
  await assert.rejects(store.putAlias({ address: 'info', accounts: ['anna'] }), RangeError);
  assert.deepEqual(await store.aliases(), [{ address: 'a@example.org', accounts: ['anna'] }]);
});

test('what is asked for each letter is found by an index, however many aliases there are', async (t) => {
  const data = folder(t);
  await (await office(t, [], { data })).close();
  const database = new DatabaseSync(join(data, 'index.sqlite'));
  t.after(() => database.close());
  for (const sql of [
    'SELECT account FROM aliases WHERE address = ? ORDER BY place',
    'SELECT 1 FROM addresses WHERE domain = ?1 UNION ALL SELECT 1 FROM aliases WHERE domain = ?1 LIMIT 1',
  ]) {
    for (const { detail } of database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all()) {
      assert.doesNotMatch(String(detail), /SCAN|TEMP/);
    }
  }
});
