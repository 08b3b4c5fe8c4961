import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccountRoutes } from '../delivery/routes.ts';
import { TrialAccounts } from '../testing/trial-accounts.ts';
import { accountFinder } from './find-account.ts';

function finder(postmaster?: string) {
  const accounts = new TrialAccounts();
  accounts.put('pat', ['pat.smith@example.org', 'pat+own@example.org']);
  accounts.put('c+x');
  accounts.put('old', ['old@example.org'], true);
  accounts.putAlias('info@example.org', ['pat']);
  accounts.putAlias('c@localhost', ['pat']);
  accounts.putAlias('@example.org', ['pat']);
  accounts.putAlias('@localhost', ['pat']);
  const domains = ['localhost', 'store.example'];
  const routes = new AccountRoutes({
    accounts,
    domains,
    separator: '+',
    ...(postmaster !== undefined && { postmaster }),
  });
  const find = accountFinder(accounts, routes);
  return { accounts, find: async (identity: string) => (await find(identity))?.name };
}

test('an account is found by its name, NAME at our domains, and its own addresses', async () => {
  const { find } = finder();
  for (const identity of ['pat', 'PAT', 'Pat@localhost', 'pat@store.example', 'Pat.Smith@example.org']) {
    assert.equal(await find(identity), 'pat', identity);
  }
  assert.equal(await find('pat+own@example.org'), 'pat');
  for (const identity of ['c+x', 'c+x@localhost']) assert.equal(await find(identity), 'c+x', identity);
});

test('postmaster’s address as the own one of somebody who is disabled leads to nobody, and is no failure', async () => {
  const { accounts, find } = finder();
  accounts.put('gone', ['postmaster@example.org'], true);
  assert.equal(await find('postmaster@example.org'), undefined);
});

test('no alias, tag, catch-all or postmaster’s address leads to one, however few are behind it', async () => {
  for (const { find } of [finder(), finder('pat')]) {
    for (const identity of [
      'info@example.org',
      'c@localhost',
      'x@example.org',
      '@example.org',
      '@localhost',
      'pat+x',
      'pat+x@localhost',
      'pat.smith+x@example.org',
      'pat+own+x@example.org',
      'postmaster',
      'postmaster@localhost',
      'postmaster@example.org',
      'nobody',
      'nobody@elsewhere.example',
      'old@example.org',
      '',
    ]) {
      assert.equal(await find(identity), undefined, identity);
    }
  }
});

test('an account is told with its state: who may log in is decided elsewhere', async () => {
  assert.equal(await finder().find('old'), 'old');
});

test('what cannot be told now is not nobody (RC-03)', async () => {
  const { accounts, find } = finder();
  accounts.down = true;
  for (const identity of ['pat', 'pat@localhost', 'pat.smith@example.org'])
    await assert.rejects(find(identity), identity);
});
