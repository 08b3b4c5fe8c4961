import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Account } from '../accounts/account.ts';
import { shadowedNames } from './shadowed-names.ts';

function store(accounts: Record<string, readonly string[]>, aliases: Record<string, readonly string[]>) {
  const people = Object.entries(accounts).map(
    ([name, addresses]): Account => ({
      name,
      addresses,
      disabled: false,
      policy: {},
      passwordHash: '',
      credentialVersion: 1,
      created: 0,
    }),
  );
  return {
    byName: (name: string) => people.find((each) => each.name === name),
    list: () => people,
    aliases: () => Object.entries(aliases).map(([address, names]) => ({ address, accounts: names })),
  };
}

async function all(lines: AsyncIterable<string>): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

test('an own address or alias that has somebody’s NAME at one of our domains is told, with the remedy', async () => {
  const office = store(
    {
      anna: ['anna@new.example', 'info@new.example'],
      bert: ['carl@new.example', 'carl@old.example'],
      carl: [],
      dora: [],
    },
    {
      'dora@new.example': ['anna', 'bert'],
      'carl+x@new.example': ['anna'],
      '@new.example': ['anna'],
      'x@new.example': ['anna'],
    },
  );
  assert.deepEqual(await all(shadowedNames(office, ['localhost', 'new.example'])), [
    'mail for carl@new.example goes to bert, whose own address it is, and not to the account carl: restante account address bert --remove carl@new.example gives it back',
    'mail for dora@new.example goes to anna, bert, whose alias it is, and not to the account dora: restante alias remove dora@new.example gives it back',
  ]);
  assert.deepEqual(await all(shadowedNames(office, ['localhost'])), []);
});

test('an alias that leads to its namesake too takes nothing from anybody', async () => {
  const office = store({ anna: [], bert: [] }, { 'anna@localhost': ['bert', 'anna'] });
  assert.deepEqual(await all(shadowedNames(office, ['localhost'])), []);
});

test('a hundred of them are not a hundred lines', async () => {
  const names = Array.from({ length: 100 }, (_, index) => `n${index}`);
  const office = store(
    Object.fromEntries([...names, 'thief'].map((name) => [name, []])),
    Object.fromEntries(names.map((name) => [`${name}@localhost`, ['thief']])),
  );
  const lines = await all(shadowedNames(office, ['localhost']));
  assert.equal(lines.length, 21);
  assert.match(lines.at(-1) ?? '', /80 more addresses/);
});
