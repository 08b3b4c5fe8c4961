import assert from 'node:assert/strict';
import test from 'node:test';
import { AliasPromises } from './aliases.ts';
import { ImportPromises, importedLetter, KEPT } from './imports.ts';
import { recogniseLetter, writeLetter } from './letter.ts';
import { type FoundMaildrop, Promises } from './promises.ts';

function found(maildrop: string, names: readonly string[], trace = ''): FoundMaildrop {
  const letters = names.map((name) => {
    const octets = Buffer.concat([Buffer.from(trace), contentOf(name)]);
    return { uniqueId: idOf(name), octets: octets.length, letter: recogniseLetter(octets) };
  });
  return { maildrop, count: names.length, octets: letters.reduce((sum, { octets }) => sum + octets, 0), letters };
}

function contentOf(name: string): Buffer {
  const [, number] = /^import-(\d+)$/.exec(name) ?? [];
  return (number === undefined ? writeLetter(name, 100) : importedLetter(Number(number)).letter).content;
}

function idOf(name: string): string {
  const [, number] = /^import-(\d+)$/.exec(name) ?? [];
  return (number === undefined ? undefined : importedLetter(Number(number)).terms.uniqueId) ?? `id-${name}`;
}

const first = (count: number) => Array.from({ length: count }, (_, number) => `import-${number}`);

test('imported letters that were answered are there, those that were asked for may be, in order and once', () => {
  const kinds = (names: readonly string[], trace = '') => {
    const imports = new ImportPromises();
    imports.record({ type: 'importing', upTo: 3 });
    imports.record({ type: 'imported', upTo: 3, uniqueIds: first(3).map(idOf) });
    imports.record({ type: 'importing', upTo: 5 });
    return [...new Set(imports.verify(found(KEPT, names, trace)).map(({ kind }) => kind))];
  };
  assert.deepEqual(kinds(first(3)), []);
  assert.deepEqual(kinds(first(5)), []);
  assert.deepEqual(kinds(first(2)), ['lost']);
  assert.deepEqual(kinds(first(6)), ['never-sent']);
  assert.ok(kinds([...first(3), 'import-2']).includes('twice'));
  assert.ok(kinds([...first(3), 'import-4']).includes('out-of-order'));
  assert.ok(kinds(['import-1', 'import-0', 'import-2']).includes('out-of-order'));
  assert.deepEqual(kinds(first(3), 'Received: x\r\n'), ['wrong-mailbox']);
});

test('an imported letter keeps the unique-id that it had, or the one that it was given', () => {
  const renamed = (number: number) => {
    const imports = new ImportPromises();
    imports.record({ type: 'imported', upTo: 2, uniqueIds: first(2).map(idOf) });
    const { letters, ...sums } = found(KEPT, first(2));
    const others = letters.map((letter, index) => (index === number ? { ...letter, uniqueId: 'other' } : letter));
    return imports.verify({ ...sums, letters: others }).map(({ kind }) => kind);
  };
  assert.deepEqual(renamed(-1), []);
  assert.deepEqual(renamed(0), ['renamed']);
  assert.deepEqual(renamed(1), ['renamed']);
});

test('a letter to a group is in all of its mailboxes, or was, or in none', () => {
  const group = ['one', 'two'];
  const sent = () => {
    const promises = new Promises();
    const { sha256 } = writeLetter('a', 100);
    for (const maildrop of group) promises.record({ type: 'sending', maildrop, letter: 'a', sha256, group });
    return promises;
  };
  const kinds = (promises: Promises, ...in_: readonly string[]) =>
    promises
      .verify(group.map((maildrop) => found(maildrop, in_.includes(maildrop) ? ['a'] : [], `To: ${maildrop}\r\n`)))
      .map(({ kind }) => kind)
      .filter((kind) => kind === 'torn');
  assert.deepEqual(kinds(sent()), []);
  assert.deepEqual(kinds(sent(), 'one', 'two'), []);
  assert.deepEqual(kinds(sent(), 'one'), ['torn']);
  const { sha256 } = writeLetter('a', 100);
  const removed = sent();
  removed.record({ type: 'retrieved', maildrop: 'two', letter: 'a', uniqueId: 'id-a', sha256 });
  removed.record({ type: 'removing', maildrop: 'two', letters: ['a'], at: 1 });
  removed.record({ type: 'removed', maildrop: 'two', letters: ['a'] });
  assert.deepEqual(kinds(removed, 'one'), []);
  assert.deepEqual(kinds(removed), ['torn'], 'it was there, so it came to the other too');
});

test('an alias is what was answered, or what was asked for last, and leads to nobody who is gone', () => {
  const address = 'info@alias.example';
  const kinds = (is: readonly string[], accounts = ['one', 'two']) => {
    const aliases = new AliasPromises();
    aliases.record({ type: 'aliasing', address, accounts: ['one'] });
    aliases.record({ type: 'aliased', address, accounts: ['one'] });
    aliases.record({ type: 'aliasing', address, accounts: ['two', 'one'] });
    return aliases.verify(is.length > 0 ? [{ address, accounts: is }] : [], new Set(accounts)).map(({ kind }) => kind);
  };
  assert.deepEqual(kinds(['one']), []);
  assert.deepEqual(kinds(['two', 'one']), []);
  assert.deepEqual(kinds(['one', 'two']), ['lost']);
  assert.deepEqual(kinds([]), ['lost']);
  assert.deepEqual(kinds(['two', 'one'], ['one']), ['came-back']);
});
