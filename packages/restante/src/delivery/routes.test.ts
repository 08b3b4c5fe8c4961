import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Account } from '../accounts/account.ts';
import type { Alias } from '../accounts/alias.ts';
import { parsePath } from './path.ts';
import { type AccountRoute, AccountRoutes, type AccountRoutesOptions, type RoutesIndex, type Step } from './routes.ts';

function account(name: string, addresses: readonly string[] = [], disabled = false): Account {
  return { name, addresses, disabled, passwordHash: '', credentialVersion: 1, created: 0 };
}

function alias(address: string, ...accounts: readonly string[]): Alias {
  return { address, accounts };
}

const PEOPLE = [
  account('mail'),
  account('pat', ['pat.smith@example.org', 'info@example.org']),
  account('old', ['old@example.net'], true),
];

function index(
  people: readonly Account[] = PEOPLE,
  { aliases = [], later = false }: { readonly aliases?: readonly Alias[]; readonly later?: boolean } = {},
): RoutesIndex {
  const answer = <T>(value: T): T | Promise<T> => (later ? Promise.resolve(value) : value);
  const addresses = [...people.flatMap((each) => each.addresses), ...aliases.map((each) => each.address)];
  return {
    byName: (name) => answer(people.find((each) => each.name === name)),
    byAddress: (address) => answer(people.find((each) => each.addresses.includes(address))),
    alias: (address) => answer(aliases.find((each) => each.address === address)),
    servesDomain: (domain) => answer(addresses.some((address) => address.endsWith(`@${domain}`))),
    first: () => answer(people.find(({ disabled }) => !disabled) ?? people[0]),
  };
}

const DOMAINS = ['localhost', 'store.example'];

async function resolve(address: string, options: Partial<AccountRoutesOptions> = {}): Promise<AccountRoute> {
  const path = parsePath(address);
  assert.ok(path, address);
  return new AccountRoutes({ accounts: index(), domains: DOMAINS, separator: '+', ...options }).resolve(path);
}

/** Where it leads, in short: the maildrops, or what it is instead. */
async function route(address: string, options: Partial<AccountRoutesOptions> = {}): Promise<string> {
  const found = await resolve(address, options);
  return found.type === 'maildrops' ? found.maildrops.join(' ') : found.type;
}

describe('route', () => {
  it('leads to an account by its bare name and by its name at each of our domains', async () => {
    for (const address of ['pat', 'pat@localhost', 'pat@store.example']) {
      assert.equal(await route(address), 'pat', address);
    }
  });

  it('does not lead to a namesake in a domain that is served for the addresses of others', async () => {
    const people = [account('info', ['info@one.example']), account('pat', ['pat@two.example'])];
    const aliases = [alias('sales@three.example', 'pat')];
    for (const address of ['info@two.example', 'pat@one.example', 'pat@three.example', 'info+x@two.example']) {
      assert.equal(await route(address, { accounts: index(people, { aliases }) }), 'unknown-user', address);
    }
  });

  it('leads to an account by its own addresses, and only there by that local-part', async () => {
    assert.equal(await route('pat.smith@example.org'), 'pat');
    assert.equal(await route('info@localhost'), 'unknown-user');
  });

  it("prefers an account's own address to another account's name", async () => {
    const people = [account('info'), account('pat', ['info@example.org', 'info@store.example'])];
    assert.equal(await route('info@example.org', { accounts: index(people) }), 'pat');
    assert.equal(await route('info@store.example', { accounts: index(people) }), 'pat');
    assert.equal(await route('info@localhost', { accounts: index(people) }), 'info');
  });

  it('is found in any case and in quotes (SM-10)', async () => {
    for (const address of ['PAT', 'Pat@LOCALHOST', 'pat@STORE.example', 'Pat.Smith@Example.ORG', '"pat"@localhost']) {
      assert.equal(await route(address), 'pat', address);
    }
  });

  it('is found in a domain in A-labels, which is how it stands on the wire (SM-45)', async () => {
    const options = { domains: ['xn--mnchen-3ya.example'] };
    assert.equal(await route('pat@XN--mnchen-3ya.example', options), 'pat');
    const routes = new AccountRoutes({ accounts: index(), ...options });
    const found = routes.resolve({ text: 'pat@München.example', local: 'pat', domain: 'München.example' });
    assert.ok(!(found instanceof Promise) && found.type === 'maildrops');
  });

  it('is not found for those who do not live here (SM-11), whatever they are called', async () => {
    for (const address of ['jones', 'jones@localhost', 'jones@example.org', '""@localhost', '"a b"@localhost', '+x']) {
      assert.equal(await route(address), 'unknown-user', address);
    }
  });

  it('does not lead out: domains not served are refused (SM-09)', async () => {
    for (const address of [
      'pat@elsewhere.example',
      'pat@[127.0.0.1]',
      'postmaster@elsewhere.example',
      'pat+x@elsewhere.example',
      '"pat@localhost"@x',
    ]) {
      assert.equal(await route(address), 'not-served', address);
    }
  });

  it('tells a disabled account (SM-36), also with a tag', async () => {
    for (const address of ['old', 'old@localhost', 'old@example.net', 'old+x@example.net']) {
      assert.equal(await route(address), 'disabled', address);
    }
  });

  it('is at hand at once when the index has it at hand', () => {
    const path = parsePath('pat+x@store.example');
    assert.ok(path);
    const found = new AccountRoutes({ accounts: index(), domains: DOMAINS, separator: '+' }).resolve(path);
    assert.ok(!(found instanceof Promise) && found.type === 'maildrops');
  });
});

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

describe('the reason', () => {
  const aliases = [alias('sales@example.org', 'old', 'pat'), alias('@example.org', 'mail')];
  const accounts = index(PEOPLE, { aliases });

  async function because(address: string, options: Partial<AccountRoutesOptions> = {}) {
    const found = await resolve(address, { accounts, ...options });
    assert.ok('because' in found, found.type);
    const { rule, key, tag } = found.because;
    return tag === undefined ? [rule, key] : [rule, key, tag];
  }

  it('is the rule that led there, what it matched, and the tag that was left out', async () => {
    assert.deepEqual(await because('Pat.Smith@example.org'), ['address', 'pat.smith@example.org']);
    assert.deepEqual(await because('sales+a+b@example.org'), ['alias', 'sales@example.org', 'a+b']);
    assert.deepEqual(await because('pat+@localhost'), ['name', 'pat', '']);
    assert.deepEqual(await because('old'), ['name', 'old']);
    assert.deepEqual(await because('postmaster@example.org'), ['postmaster', '']);
    assert.deepEqual(await because('postmaster', { postmaster: 'pat' }), ['postmaster', 'pat']);
    assert.deepEqual(await because('x+y@example.org'), ['catch-all', '@example.org']);
  });

  it('comes step by step, with the disabled ones', async () => {
    const steps: Step[] = [];
    const path = parsePath('Sales+x@example.org');
    assert.ok(path);
    const found = await new AccountRoutes({ accounts, domains: DOMAINS, separator: '+' }).resolve(path, (step) => {
      steps.push(step);
    });
    const old = { name: 'old', disabled: true };
    const pat = { name: 'pat', disabled: false };
    assert.deepEqual(steps, [
      { domain: 'example.org', servedBy: 'addresses' },
      { rule: 'address', key: 'sales+x@example.org', accounts: [] },
      { rule: 'alias', key: 'sales+x@example.org', accounts: [] },
      { rule: 'address', key: 'sales@example.org', tag: 'x', accounts: [] },
      { rule: 'alias', key: 'sales@example.org', tag: 'x', accounts: [old, pat] },
    ]);
    assert.deepEqual(found, { type: 'maildrops', maildrops: ['pat'], because: steps.at(-1) });
  });

  it('ends where the domain is not served', async () => {
    const steps: Step[] = [];
    const path = parsePath('x@elsewhere.example');
    assert.ok(path);
    await new AccountRoutes({ accounts, domains: DOMAINS }).resolve(path, (step) => {
      steps.push(step);
    });
    assert.deepEqual(steps, [{ domain: 'elsewhere.example', servedBy: 'nothing' }]);
  });
});

describe('an index that takes its time', () => {
  const PARTS = ['pat', 'old', 'info', 'sales', 'postmaster', 'mail', 'x', 'c++', 'pat+x', '+', '', 'pat.smith'];
  const aliases = [alias('sales@example.org', 'pat', 'old', 'mail'), alias('@store.example', 'mail')];

  it('leads to the same, by the same steps', async () => {
    const part = fc.constantFrom(...PARTS);
    const domain = fc.constantFrom('', 'localhost', 'store.example', 'example.org', 'example.net', 'elsewhere.example');
    await fc.assert(
      fc.asyncProperty(part, part, domain, async (base, tag, at) => {
        const path = { text: '', local: tag === '' ? base : `${base}+${tag}`, domain: at };
        const heard = [true, false].map(async (later) => {
          const steps: Step[] = [];
          const accounts = index(PEOPLE, { aliases, later });
          const routes = new AccountRoutes({ accounts, domains: DOMAINS, separator: '+' });
          return { route: await routes.resolve(path, (step) => steps.push(step)), steps };
        });
        const [one, other] = await Promise.all(heard);
        assert.deepEqual(one, other);
      }),
    );
  });
});

describe('an index that fails', () => {
  for (const method of ['byName', 'byAddress', 'servesDomain', 'first', 'alias'] as const) {
    for (const how of ['throws', 'rejects']) {
      it(`${how} in ${method}: unavailable, never unknown (SM-11)`, async () => {
        const failing = () => {
          if (how === 'throws') throw new Error('disk on fire');
          return Promise.reject(new Error('disk on fire'));
        };
        const accounts = { ...index(), [method]: failing };
        const address = {
          byName: 'pat',
          byAddress: 'x@example.org',
          servesDomain: 'x@y',
          first: 'postmaster',
          alias: 'x@example.org',
        }[method];
        assert.deepEqual(await resolve(address, { accounts }), { type: 'unavailable', reason: 'disk on fire' });
      });
    }
  }
});
