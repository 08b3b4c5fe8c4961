import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, test } from 'node:test';
import { AccountRoutes } from '../delivery/routes.ts';
import { type DurableStore, openStore } from '../store/store.ts';
import { LocalOffice } from './office.ts';

const HASH = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA';
const DOMAINS = ['localhost', 'post.example'];
const opened: { readonly data: string; readonly store: DurableStore }[] = [];
let store: DurableStore;
let office: LocalOffice;

/** An office on this store whose configuration says so. */
function officeFor(domains: readonly string[], postmaster?: string): LocalOffice {
  const named = postmaster === undefined ? {} : { postmaster };
  const routes = new AccountRoutes({ accounts: store, domains, separator: '+', ...named });
  return new LocalOffice({ data: opened.at(-1)?.data ?? '', store, routes, domains });
}

beforeEach(async () => {
  const data = await mkdtemp(join(tmpdir(), 'restante-office-aliases-'));
  store = await openStore({ data });
  opened.push({ data, store });
  office = officeFor(DOMAINS);
  for (const name of ['anna', 'bert', 'carl']) await add(name);
});
after(async () => {
  for (const { data, store: each } of opened) {
    await each.close();
    await rm(data, { recursive: true });
  }
});

function add(name: string, ...addresses: readonly string[]) {
  return office.addAccount({ name, addresses, passwordHash: HASH });
}

function alias(address: string, ...accounts: readonly string[]) {
  return office.addAlias({ address, accounts });
}

async function leads(address: string): Promise<string> {
  const { accounts, result } = await office.testRoute({ address });
  return accounts.length > 0 ? accounts.join(' ') : result;
}

describe('an alias', () => {
  test('is made, grows, and may be given again; case, quotes and script do not tell it apart', async () => {
    const made = { address: 'info@example.org', accounts: ['bert'], newDomain: true };
    assert.deepEqual(await alias('Info@Example.ORG', 'BERT'), made);
    const grown = { address: 'info@example.org', accounts: ['bert', 'anna', 'carl'], newDomain: false };
    assert.deepEqual(await alias('"info"@example.org', 'anna', 'bert', 'carl', 'anna'), grown);
    assert.deepEqual(await alias('info@example.org', 'carl'), grown);
    await alias('info@Bücher.example', 'anna');
    await alias('"a b"@localhost', 'anna');
    assert.deepEqual(await office.listAliases(), [
      { address: 'info@example.org', accounts: ['bert', 'anna', 'carl'] },
      { address: '"a b"@localhost', accounts: ['anna'] },
      { address: 'info@xn--bcher-kva.example', accounts: ['anna'] },
    ]);
    assert.equal(await leads('info+x@example.org'), 'bert anna carl');
    assert.equal(await leads('INFO@bücher.example'), 'anna');
  });

  test('loses accounts, and is gone with the last', async () => {
    await alias('info@example.org', 'anna', 'bert', 'carl');
    const remove = (...accounts: readonly string[]) => office.removeAlias({ address: 'INFO@example.org', accounts });
    assert.deepEqual(await remove('Bert'), { address: 'info@example.org', accounts: ['anna', 'carl'] });
    await assert.rejects(remove('bert'), /Failure: the alias info@example\.org does not lead to bert/);
    await assert.rejects(remove('anna', 'nobody'), /does not lead to nobody/);
    assert.deepEqual(await remove('carl', 'anna'), { address: 'info@example.org', accounts: [] });
    await assert.rejects(remove(), /Failure: there is no alias INFO@example\.org: restante alias list/);
    await alias('info@example.org', 'anna', 'bert');
    assert.deepEqual(await remove(), { address: 'info@example.org', accounts: [] });
    assert.deepEqual(await office.listAliases(), []);
    assert.equal(await leads('info@example.org'), 'not-served');
  });

  test('of a whole domain takes what leads nowhere else there', async () => {
    const catchAll = await alias('@Post.Example', 'carl');
    assert.deepEqual(catchAll, { address: '@post.example', accounts: ['carl'], newDomain: false });
    assert.equal(await leads('x@post.example'), 'carl');
    assert.equal(await leads('anna@post.example'), 'anna');
    assert.equal(await leads('x@localhost'), 'unknown-user');
    await assert.rejects(alias('*@post.example', 'carl'), /Failure: .* without the star: @post\.example/);
    assert.deepEqual(await office.removeAlias({ address: '@POST.example', accounts: [] }), {
      address: '@post.example',
      accounts: [],
    });
  });

  test('takes no address that is somebody’s already: the message says whose', async () => {
    await add('dora', 'boss@example.org');
    await assert.rejects(alias('boss@example.org', 'anna'), /boss@example\.org belongs to the account dora/);
    await assert.rejects(alias('Boss@example.org', 'dora'), /belongs to the account dora/);
    await assert.rejects(alias('anna@POST.example', 'bert'), /anna@post\.example reaches the account anna .* name/);
    await office.setDisabled({ name: 'anna', disabled: true });
    await assert.rejects(alias('anna@localhost', 'bert'), /reaches the account anna/, 'disabled is still somebody');
    await alias('anna@example.org', 'bert');
    await alias('anna+bills@localhost', 'bert');
    await alias('postmaster@localhost', 'bert');
  });

  test('and no account is given the address of an alias', async () => {
    await alias('dora@localhost', 'anna', 'bert');
    await alias('info@example.org', 'carl');
    await assert.rejects(add('dora'), /dora@localhost is an alias for anna, bert already: restante alias remove/);
    await assert.rejects(add('emil', 'info@example.org'), /info@example\.org is an alias for carl/);
    await assert.rejects(
      office.changeAddresses({ name: 'carl', add: ['info@example.org'], remove: [] }),
      /info@example\.org is an alias for carl/,
    );
    await office.removeAlias({ address: 'dora@localhost', accounts: [] });
    await add('dora');
  });

  test('leads to accounts here, and nowhere else', async () => {
    await assert.rejects(alias('x@localhost', 'nobody'), /there is no account nobody/);
    await assert.rejects(alias('x@localhost', 'anna', 'me@elsewhere.example'), /nothing is passed on/);
    await assert.rejects(alias('x@localhost', 'anna@localhost'), /name the account instead, anna/);
    await alias('info@example.org', 'anna', 'bert');
    await assert.rejects(alias('x@localhost', 'info@example.org'), /name the account instead, anna bert/);
    assert.deepEqual(
      (await office.listAliases()).map(({ address }) => address),
      ['info@example.org'],
    );
  });

  test('is an address: what is none is refused, in print', async () => {
    for (const address of [
      '',
      'x',
      'x@',
      '@',
      '""@localhost',
      'x@[127.0.0.1]',
      '@[127.0.0.1]',
      'a b@localhost',
      '\u001b[2J',
    ]) {
      await assert.rejects(alias(address, 'anna'), (error: Error) => /^[ -~]+$/.test(error.message), address);
    }
  });

  test('several changes at once lose nothing, and two takers of one address are not both served', async () => {
    await Promise.all(['anna', 'bert', 'carl'].map((name) => alias('all@localhost', name)));
    assert.deepEqual((await office.listAliases())[0]?.accounts, ['anna', 'bert', 'carl']);
    const takers = await Promise.allSettled([
      add('dora'),
      alias('dora@localhost', 'anna'),
      add('emil', 'dora@localhost'),
    ]);
    assert.deepEqual(
      takers.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected'],
    );
  });
});

describe('accounts and their addresses', () => {
  test('an account shows its aliases; when it is removed they are told, and which are gone', async () => {
    await alias('info@example.org', 'anna', 'bert');
    await alias('@example.org', 'anna');
    await alias('sales@example.org', 'bert');
    assert.deepEqual((await office.showAccount({ name: 'anna' })).aliases, ['@example.org', 'info@example.org']);
    const views = await office.listAccounts();
    assert.deepEqual(
      views.map(({ aliases }) => aliases.length),
      [2, 2, 0],
    );
    const { aliases, emptied } = await office.removeAccount({ name: 'anna' });
    assert.deepEqual(
      { aliases, emptied },
      { aliases: ['@example.org', 'info@example.org'], emptied: ['@example.org'] },
    );
    assert.equal(await leads('info@example.org'), 'bert');
    assert.equal(await leads('x@example.org'), 'unknown-user');
  });

  test('addresses come and go, together or not at all', async () => {
    const change = (add: readonly string[], remove: readonly string[] = []) =>
      office.changeAddresses({ name: 'Anna', add, remove });
    assert.deepEqual((await change(['Chef@Example.org', 'chef@example.org'])).addresses, ['chef@example.org']);
    assert.deepEqual((await change(['chef@example.org', 'anna@localhost'])).addresses.length, 2);
    await assert.rejects(change(['new@example.org', 'bert@localhost']), /reaches the account bert/);
    await assert.rejects(change(['new@example.org'], ['gone@example.org']), /gone@example\.org is no own address/);
    await assert.rejects(change(['no address']), /write NAME@DOMAIN/);
    assert.equal(await leads('new@example.org'), 'unknown-user');
    await add('dora', 'dora@example.net');
    await assert.rejects(change(['dora@example.net']), /belongs to the account dora/);
    const { addresses } = await change(['boss@example.org'], ['CHEF@example.org', '"anna"@localhost']);
    assert.deepEqual(addresses, ['boss@example.org']);
    assert.equal(await leads('chef@example.org'), 'unknown-user');
    assert.equal(await leads('anna@localhost'), 'anna');
    assert.equal(await leads('boss@example.org'), 'anna');
  });
});

describe('a route test', () => {
  test('says who would get it, what a sender hears, and what was looked at', async () => {
    await alias('info@localhost', 'anna', 'bert');
    const { steps, ...view } = await office.testRoute({ address: 'Info+x@localhost' });
    assert.deepEqual(view, {
      address: 'info+x@localhost',
      result: 'maildrops',
      accounts: ['anna', 'bert'],
      reply: '250 2.1.5 recipient ok',
      near: [],
    });
    assert.equal(steps.length, 6);
    const people = ['anna', 'bert'].map((name) => ({ name, disabled: false }));
    assert.deepEqual(steps.at(-1), { rule: 'alias', key: 'info@localhost', tag: 'x', accounts: people });
  });

  test('says what may have been meant, in that domain', async () => {
    await add('frederic', 'fritz@example.org');
    await alias('sales@example.org', 'anna');
    const test = (address: string) => office.testRoute({ address });
    const unknown = await test('frederik@localhost');
    assert.deepEqual([unknown.result, unknown.near], ['unknown-user', ['frederic@localhost']]);
    assert.match(unknown.reply, /^550 5\.1\.1 /);
    assert.deepEqual((await test('frederik+a-long-tag')).near, ['frederic']);
    assert.deepEqual((await test('frits@example.org')).near, ['fritz@example.org']);
    assert.deepEqual((await test('slaes@example.org')).near, ['sales@example.org']);
    assert.deepEqual((await test('frederik@example.org')).near, [], 'his name is no address there');
  });

  test('says which domains are served, when this one is not', async () => {
    await add('dora', 'dora@example.org');
    const { result, reply, near, served } = await office.testRoute({ address: 'dora@exmaple.org' });
    assert.equal(result, 'not-served');
    assert.match(reply, /^550 5\.7\.1 /);
    assert.deepEqual({ near, served }, { near: ['example.org'], served: [...DOMAINS, 'example.org'] });
  });

  test('says what is in the way', async () => {
    office = officeFor(DOMAINS, 'gone');
    const { result, reply, reason } = await office.testRoute({ address: 'postmaster' });
    assert.deepEqual([result, reason], ['unavailable', 'the postmaster\'s account "gone" does not exist']);
    assert.match(reply, /^451 4\.3\.0 /);
    await assert.rejects(office.testRoute({ address: 'a b' }), /Failure: "a b" is not an address/);
  });
});
