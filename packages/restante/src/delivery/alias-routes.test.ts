import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePath } from './path.ts';
import { account, alias, DOMAINS, index, PEOPLE, route } from './routes.test-support.ts';
import { AccountRoutes, type RoutesIndex } from './routes.ts';

describe('an alias', () => {
  const people = [...PEOPLE, account('anna'), account('bert')];
  const aliases = [
    alias('sales@example.org', 'pat'),
    alias('all@localhost', 'anna', 'old', 'bert'),
    alias('gone@localhost', 'old'),
    alias('office@fourth.example', 'anna'),
    alias('a b@localhost', 'anna'),
    alias('lost@localhost', 'nobody'),
  ];
  const options = { accounts: index(people, { aliases }) };

  it('leads to its accounts, in their order, in any case and in quotes (SM-10)', async () => {
    assert.equal(await route('Sales@Example.org', options), 'pat');
    assert.equal(await route('"sales"@example.org', options), 'pat');
    assert.equal(await route('"a b"@localhost', options), 'anna');
  });

  it('goes to the others when one is disabled; only when all are it is disabled (SM-36)', async () => {
    assert.equal(await route('all@localhost', options), 'anna bert');
    assert.equal(await route('gone@localhost', options), 'disabled');
  });

  it('is one address: not at another domain, not bare', async () => {
    for (const address of ['sales@localhost', 'all@store.example', 'all']) {
      assert.equal(await route(address, options), 'unknown-user', address);
    }
  });

  it('makes its domain served, for itself and postmaster only (SM-08)', async () => {
    assert.equal(await route('office@fourth.example', options), 'anna');
    assert.equal(await route('anna@fourth.example', options), 'unknown-user');
    assert.equal(await route('postmaster@fourth.example', options), 'mail');
  });

  it('may be long', async () => {
    const many = Array.from({ length: 234 }, (_, index) => account(`n${index}`, [], index % 3 === 0));
    const names = many.map(({ name }) => name);
    const accounts = index(many, { aliases: [alias('all@localhost', 'gone', ...names, 'gone too')] });
    const enabled = many.filter(({ disabled }) => !disabled).map(({ name }) => name);
    assert.equal(await route('all@localhost', { accounts }), enabled.join(' '));
  });

  it('comes behind an own address and before a name: nobody else takes what somebody has as his own', async () => {
    const both = [...aliases, alias('info@example.org', 'anna'), alias('bert@localhost', 'anna')];
    const accounts = index(people, { aliases: both });
    assert.equal(await route('info@example.org', { accounts }), 'pat');
    assert.equal(await route('bert@localhost', { accounts }), 'anna');
    assert.equal(await route('bert@store.example', { accounts }), 'bert');
  });

  it('whose accounts are all gone is no reason to bounce (SM-11)', async () => {
    assert.equal(await route('lost@localhost', options), 'unavailable');
  });
});

describe('a tag', () => {
  const people = [
    ...PEOPLE,
    account('c++', ['lang+c@example.org']),
    account('pat+lists'),
    account('anna-maria'),
    account('anna'),
  ];
  const aliases = [alias('sales@example.org', 'anna'), alias('pat+bills@localhost', 'anna')];
  const options = { accounts: index(people, { aliases }) };

  it('is left out for an own address, an alias and a name, bare too', async () => {
    assert.equal(await route('pat.smith+news@example.org', options), 'pat');
    assert.equal(await route('sales+2027@example.org', options), 'anna');
    for (const address of ['pat+news@localhost', 'PAT+News@store.example', 'pat+', 'pat+a+b', '"pat+a b"@localhost']) {
      assert.equal(await route(address, options), 'pat', address);
    }
  });

  it('does not hide who is called so exactly, or almost', async () => {
    assert.equal(await route('c++', options), 'c++');
    assert.equal(await route('c+++x@localhost', options), 'c++');
    assert.equal(await route('lang+c@example.org', options), 'c++');
    assert.equal(await route('lang+c+x@example.org', options), 'c++');
    assert.equal(await route('lang+d@example.org', options), 'unknown-user');
    assert.equal(await route('pat+lists@localhost', options), 'pat+lists');
    assert.equal(await route('pat+lists+x', options), 'pat+lists');
    assert.equal(await route('pat+listsx', options), 'pat');
    assert.equal(await route('pat+bills@localhost', options), 'anna');
    assert.equal(await route('pat+bills@store.example', options), 'pat');
  });

  it('may be set off by another character, and names that hold that one come first', async () => {
    const dashes = { ...options, separator: '-' };
    assert.equal(await route('anna-maria@localhost', dashes), 'anna-maria');
    assert.equal(await route('anna-maria-news', dashes), 'anna-maria');
    assert.equal(await route('anna-news', dashes), 'anna');
    assert.equal(await route('anna+news', dashes), 'unknown-user');
  });

  it('is part of the name where there is no separator', async () => {
    const accounts = index(people, { aliases });
    const path = parsePath('pat+news@localhost');
    assert.ok(path);
    assert.deepEqual(await new AccountRoutes({ accounts, domains: DOMAINS }).resolve(path), { type: 'unknown-user' });
  });

  it('costs a bounded number of look-ups, however many separators there are', async () => {
    let lookups = 0;
    const accounts = index();
    const byAddress: RoutesIndex['byAddress'] = (address) => {
      lookups += 1;
      return accounts.byAddress(address);
    };
    assert.equal(
      await route(`x${'+'.repeat(250)}@localhost`, { accounts: { ...accounts, byAddress } }),
      'unknown-user',
    );
    assert.ok(lookups < 20, `${lookups}`);
    assert.equal(await route(`pat${'+x'.repeat(100)}@localhost`), 'pat');
  });
});

describe('a catch-all', () => {
  const people = [...PEOPLE, account('anna'), account('bert')];
  const aliases = [
    alias('@example.org', 'anna', 'bert'),
    alias('@store.example', 'anna'),
    alias('sales@example.org', 'bert'),
    alias('@example.net', 'anna'),
  ];
  const options = { accounts: index(people, { aliases }) };

  it('takes what leads nowhere else, in its domain', async () => {
    for (const address of [
      'x@example.org',
      'anna@example.org',
      '""@example.org',
      '"a@b"@example.org',
      'x+y@example.org',
    ]) {
      assert.equal(await route(address, options), 'anna bert', address);
    }
    assert.equal(await route('x@store.example', options), 'anna');
    assert.equal(await route('x@localhost', options), 'unknown-user');
    assert.equal(await route('x', options), 'unknown-user');
  });

  it('takes nothing that leads anywhere: address, alias, name, with a tag too, a disabled account, postmaster', async () => {
    assert.equal(await route('pat.smith@example.org', options), 'pat');
    assert.equal(await route('sales@example.org', options), 'bert');
    assert.equal(await route('sales+x@example.org', options), 'bert');
    assert.equal(await route('bert@store.example', options), 'bert');
    assert.equal(await route('bert+x@store.example', options), 'bert');
    assert.equal(await route('old@example.net', options), 'disabled');
    assert.equal(await route('postmaster@example.org', options), 'mail');
  });
});

describe('postmaster', () => {
  const ADDRESSES = [
    'Postmaster',
    'postmaster@localhost',
    'POSTMASTER@store.example',
    'postmaster@example.org',
    'PostMaster+x@example.org',
    '"postmaster"@localhost',
  ];

  it('is the first account, bare and at every served domain, in any case, with a tag (SM-08)', async () => {
    for (const address of ADDRESSES) assert.equal(await route(address), 'mail', address);
  });

  it('is the account that the setting names', async () => {
    for (const address of ADDRESSES) assert.equal(await route(address, { postmaster: 'Pat' }), 'pat', address);
  });

  it('is whoever has that name, wherever the domain is served', async () => {
    const accounts = index([account('mail'), account('postmaster'), account('pat', ['pat@example.org'])]);
    for (const address of ADDRESSES) assert.equal(await route(address, { accounts }), 'postmaster', address);
    for (const address of ADDRESSES)
      assert.equal(await route(address, { accounts, postmaster: 'pat' }), 'pat', address);
  });

  it('is first of all whoever has that address, or the alias for it', async () => {
    const people = [account('mail'), account('postmaster'), account('pat', ['postmaster@example.org'])];
    const accounts = index(people, { aliases: [alias('postmaster@localhost', 'pat')] });
    for (const options of [{ accounts }, { accounts, postmaster: 'mail' }]) {
      assert.equal(await route('postmaster@example.org', options), 'pat');
      assert.equal(await route('postmaster+x@example.org', options), 'pat');
      assert.equal(await route('postmaster@localhost', options), 'pat');
    }
  });

  it('is never unknown: where nobody can be found the letter waits', async () => {
    assert.equal(await route('postmaster', { postmaster: 'gone' }), 'unavailable');
    assert.equal(await route('postmaster', { accounts: index([]) }), 'unavailable');
  });

  it('waits rather than bounce when who should have it is disabled (SM-08)', async () => {
    const retired = [account('mail', [], true), account('pat'), account('old', ['postmaster@example.org'], true)];
    const accounts = index(retired, { aliases: [alias('postmaster@localhost', 'mail', 'old')] });
    assert.equal(await route('postmaster', { accounts }), 'pat', 'the first that is not disabled');
    assert.equal(await route('postmaster+x@store.example', { accounts }), 'pat');
    for (const address of ['postmaster@example.org', 'PostMaster+x@localhost'])
      assert.equal(await route(address, { accounts }), 'unavailable', address);
    assert.equal(await route('postmaster', { accounts, postmaster: 'old' }), 'unavailable');
    assert.equal(await route('postmaster', { accounts: index([account('mail', [], true)]) }), 'unavailable');
    assert.equal(await route('postmaster', { accounts: index([account('postmaster', [], true)]) }), 'unavailable');
  });

  it('is the only one of its kind: abuse and webmaster are names like any other (RFC 2142 is not ours to guess)', async () => {
    for (const name of ['abuse', 'webmaster', 'hostmaster'])
      assert.equal(await route(`${name}@localhost`), 'unknown-user');
  });
});
