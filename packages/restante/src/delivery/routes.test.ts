import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parsePath } from './path.ts';
import { account, alias, DOMAINS, index, PEOPLE, resolve, route } from './routes.test-support.ts';
import { AccountRoutes, type AccountRoutesOptions, type Step } from './routes.ts';

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
