import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Account } from '../accounts/account.ts';
import { parsePath } from './path.ts';
import { AccountRoutes, type AccountRoutesOptions, type Route } from './routes.ts';

function account(name: string, addresses: readonly string[] = [], disabled = false): Account {
  return { name, addresses, disabled, passwordHash: '', credentialVersion: 1, created: 0 };
}

const PEOPLE = [
  account('mail'),
  account('pat', ['pat.smith@example.org', 'info@example.org']),
  account('old', ['old@example.net'], true),
];

function index(people: readonly Account[] = PEOPLE, later = false): AccountRoutesOptions['accounts'] {
  const answer = <T>(value: T): T | Promise<T> => (later ? Promise.resolve(value) : value);
  return {
    byName: (name) => answer(people.find((each) => each.name === name)),
    byAddress: (address) => answer(people.find((each) => each.addresses.includes(address))),
    servesDomain: (domain) =>
      answer(people.some(({ addresses }) => addresses.some((address) => address.endsWith(`@${domain}`)))),
    first: () => answer(people[0]),
  };
}

const DOMAINS = ['localhost', 'store.example'];

async function route(address: string, options: Partial<AccountRoutesOptions> = {}): Promise<Route> {
  const path = parsePath(address);
  assert.ok(path, address);
  return new AccountRoutes({ accounts: index(), domains: DOMAINS, ...options }).resolve(path);
}

const to = (maildrop: string): Route => ({ type: 'maildrops', maildrops: [maildrop] });

describe('route', () => {
  it('leads to an account by its bare name and by its name at each of our domains', async () => {
    for (const address of ['pat', 'pat@localhost', 'pat@store.example']) {
      assert.deepEqual(await route(address), to('pat'), address);
    }
  });

  it('does not lead to a namesake in a domain that is served for the addresses of others', async () => {
    const people = [account('info', ['info@one.example']), account('pat', ['pat@two.example'])];
    for (const address of ['info@two.example', 'pat@one.example']) {
      assert.deepEqual(await route(address, { accounts: index(people) }), { type: 'unknown-user' }, address);
    }
  });

  it('leads to an account by its own addresses, and only there by that local-part', async () => {
    assert.deepEqual(await route('pat.smith@example.org'), to('pat'));
    assert.deepEqual(await route('info@localhost'), { type: 'unknown-user' });
  });

  it("prefers an account's own address to another account's name", async () => {
    const people = [account('info'), account('pat', ['info@example.org'])];
    assert.deepEqual(await route('info@example.org', { accounts: index(people) }), to('pat'));
    assert.deepEqual(await route('info@localhost', { accounts: index(people) }), to('info'));
  });

  it('is found in any case and in quotes (SM-10)', async () => {
    for (const address of ['PAT', 'Pat@LOCALHOST', 'pat@STORE.example', 'Pat.Smith@Example.ORG', '"pat"@localhost']) {
      assert.deepEqual(await route(address), to('pat'), address);
    }
  });

  it('is not found for those who do not live here (SM-11), whatever they are called', async () => {
    for (const address of ['jones', 'jones@localhost', 'jones@example.org', '""@localhost', '"a b"@localhost']) {
      assert.deepEqual(await route(address), { type: 'unknown-user' }, address);
    }
  });

  it('does not lead out: domains not served are refused (SM-09)', async () => {
    for (const address of [
      'pat@elsewhere.example',
      'pat@[127.0.0.1]',
      'postmaster@elsewhere.example',
      '"pat@localhost"@x',
    ]) {
      assert.deepEqual(await route(address), { type: 'not-served' }, address);
    }
  });

  it('tells a disabled account (SM-36)', async () => {
    for (const address of ['old', 'old@localhost', 'old@example.net']) {
      assert.deepEqual(await route(address), { type: 'disabled' }, address);
    }
  });

  it('is the same when the index takes its time', async () => {
    for (const address of [
      'pat',
      'info@example.org',
      'pat@store.example',
      'jones',
      'pat@elsewhere.example',
      'PostMaster',
    ]) {
      assert.deepEqual(await route(address, { accounts: index(PEOPLE, true) }), await route(address), address);
    }
  });

  it('is at hand at once when the index has it at hand', () => {
    const path = parsePath('pat@store.example');
    assert.ok(path);
    assert.deepEqual(new AccountRoutes({ accounts: index(), domains: DOMAINS }).resolve(path), to('pat'));
  });
});

describe('postmaster', () => {
  const ADDRESSES = ['Postmaster', 'postmaster@localhost', 'POSTMASTER@store.example', 'postmaster@example.org'];

  it('is the first account, bare and at every served domain, in any case (SM-08)', async () => {
    for (const address of ADDRESSES) assert.deepEqual(await route(address), to('mail'), address);
  });

  it('is the account that the setting names', async () => {
    for (const address of ADDRESSES) assert.deepEqual(await route(address, { postmaster: 'Pat' }), to('pat'), address);
  });

  it('is whoever has that name or that address', async () => {
    const people = [account('mail'), account('postmaster'), account('pat', ['postmaster@example.org'])];
    assert.deepEqual(await route('postmaster', { accounts: index(people) }), to('postmaster'));
    assert.deepEqual(await route('postmaster@example.org', { accounts: index(people) }), to('pat'));
  });

  it('is never unknown: where nobody can be found the letter waits', async () => {
    assert.equal((await route('postmaster', { postmaster: 'gone' })).type, 'unavailable');
    assert.equal((await route('postmaster', { accounts: index([]) })).type, 'unavailable');
  });
});

describe('an index that fails', () => {
  for (const method of ['byName', 'byAddress', 'servesDomain', 'first'] as const) {
    for (const how of ['throws', 'rejects']) {
      it(`${how} in ${method}: unavailable, never unknown (SM-11)`, async () => {
        const failing = () => {
          if (how === 'throws') throw new Error('disk on fire');
          return Promise.reject(new Error('disk on fire'));
        };
        const accounts = { ...index(), [method]: failing };
        const address = { byName: 'pat', byAddress: 'x@example.org', servesDomain: 'x@y', first: 'postmaster' }[method];
        assert.deepEqual(await route(address, { accounts }), { type: 'unavailable', reason: 'disk on fire' });
      });
    }
  }
});
