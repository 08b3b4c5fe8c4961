import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { StoreError } from '@restante/pop/maildrop';
import { AccountRoutes } from '../delivery/routes.ts';
import { type DurableStore, openStore } from '../store/store.ts';
import { copyOfficeFiles, initialPasswordFile } from './files.ts';
import { LocalOffice } from './office.ts';

const HASH = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA';
let data: string;
let store: DurableStore;
let office: LocalOffice;

before(async () => {
  data = await mkdtemp(join(tmpdir(), 'restante-office-'));
  store = await openStore({ data });
  const domains = ['localhost', 'post.example'];
  const routes = new AccountRoutes({ accounts: store, domains, separator: '+' });
  office = new LocalOffice({ data, store, routes, domains });
});
after(async () => {
  await store.close();
  await rm(data, { recursive: true });
});

function add(name: string, ...addresses: readonly string[]) {
  return office.addAccount({ name, addresses, passwordHash: HASH });
}

test('names and addresses are kept in lower case, an address given twice is one', async () => {
  const view = await add('Anna', 'Anna.Maria@Example.ORG', 'anna.maria@example.org');
  assert.equal(view.name, 'anna');
  assert.deepEqual(view.addresses, ['anna.maria@example.org']);
  assert.equal((await office.showAccount({ name: 'ANNA' })).name, 'anna');
});

test('no address that reaches somebody is given to another', async () => {
  await add('bert', 'boss@example.org');
  await assert.rejects(add('carl', 'boss@example.org'), /Failure: boss@example\.org belongs to the account bert/);
  await assert.rejects(add('carl', 'bert@localhost'), /Failure: bert@localhost reaches the account bert/);
  await assert.rejects(add('carl', 'bert@POST.example'), /Failure: bert@post\.example reaches the account bert/);
  await add('carl', 'bert@elsewhere.example');
  await add('dora', 'office@localhost');
  await assert.rejects(add('office'), /Failure: office@localhost belongs to the account dora/);
  await add('emil', 'emil@localhost');
});

test('what is no name or address is refused, and said in print', async () => {
  for (const name of ['', 'a b', 'ä', 'a@b', '-', 'x'.repeat(65)])
    await assert.rejects(add(name), /Failure: .*cannot be/);
  await assert.rejects(add('\u001b[2J\n'), (error: Error) => /^[ -~]+$/.test(error.message));
  for (const address of ['', 'x', '@example.org', 'x@', 'x@[127.0.0.1]', 'x y@example.org', 'x@exa mple.org']) {
    await assert.rejects(add('fritz', address), /Failure: .*write NAME@DOMAIN/, address);
  }
});

test('the view counts the letters', async () => {
  const delivery = store.beginDelivery({ returnPath: '', recipients: [{ maildrop: 'anna', trace: Buffer.from('') }] });
  await delivery.write(Buffer.from('Subject: x\r\n\r\nx\r\n'));
  for (const placed of await Promise.all(delivery.commit())) assert.ok(!(placed instanceof StoreError));
  const { letters, octets, state } = await office.showAccount({ name: 'anna' });
  assert.deepEqual({ letters, octets, state }, { letters: 1, octets: 17, state: 'enabled' });
  const status = await office.status();
  assert.deepEqual(
    { open: status.open, letters: status.letters, octets: status.octets, sessions: status.sessions },
    { open: false, letters: 1, octets: 17, sessions: 0 },
  );
});

test("the first password's file goes when the password does, and only then", async () => {
  await add('mail');
  const file = initialPasswordFile(data);
  writeFileSync(file, 'x');
  await office.setPassword({ name: 'anna', passwordHash: HASH });
  assert.ok(existsSync(file));
  await office.setPassword({ name: 'mail', passwordHash: HASH });
  assert.ok(!existsSync(file));
});

test('a backup has the certificate and the configuration too; what is in its place is left alone', async () => {
  mkdirSync(join(data, 'tls'));
  writeFileSync(join(data, 'tls', 'key.pem'), 'key');
  writeFileSync(join(data, 'restante.toml'), '# mine');
  const directory = join(data, '..', `${data}-backup`);
  try {
    assert.equal((await office.backup({ directory })).letters, 1);
    assert.equal(readFileSync(join(directory, 'tls', 'key.pem'), 'utf8'), 'key');
    assert.equal(readFileSync(join(directory, 'restante.toml'), 'utf8'), '# mine');
    assert.ok(!existsSync(join(directory, 'initial-password')));
    const { added, journals, missed } = await office.backup({ directory });
    assert.deepEqual([added, journals, missed], [0, 0, []], 'brought up to date');
    mkdirSync(join(data, 'other', 'thing'), { recursive: true });
    await assert.rejects(office.backup({ directory: join(data, 'other') }), /Failure: .* is not empty/);
    writeFileSync(join(directory, 'restante.toml'), '# other');
    await copyOfficeFiles(data, directory);
    assert.equal(readFileSync(join(directory, 'restante.toml'), 'utf8'), '# other');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('whoever removes an account learns where mail for what led to it goes', async () => {
  await add('olga', 'olga@club.example', 'chief@club.example');
  await add('paul');
  await add('quentin');
  await office.setDisabled({ name: 'quentin', disabled: true });
  await office.addAlias({ address: 'team@club.example', accounts: ['olga', 'paul'] });
  await office.addAlias({ address: 'sales@shop.example', accounts: ['olga'] });
  await office.addAlias({ address: '@club.example', accounts: ['paul'] });
  await office.addAlias({ address: '@post.example', accounts: ['quentin'] });
  const { aliases, emptied, onward } = await office.removeAccount({ name: 'olga' });
  assert.deepEqual([...aliases].sort(), ['sales@shop.example', 'team@club.example']);
  assert.deepEqual(emptied, ['sales@shop.example']);
  const caught = { result: 'maildrops', accounts: ['paul'], rule: 'catch-all' };
  const byAddress = new Map(onward.map(({ address, ...rest }) => [address, rest]));
  assert.deepEqual(Object.fromEntries(byAddress), {
    'olga@club.example': caught,
    'chief@club.example': caught,
    'olga@localhost': { result: 'unknown-user', accounts: [] },
    'olga@post.example': { result: 'disabled', accounts: [], rule: 'catch-all' },
    'sales@shop.example': { result: 'not-served', accounts: [] },
  });
});
