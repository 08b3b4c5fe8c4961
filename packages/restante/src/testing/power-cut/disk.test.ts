import assert from 'node:assert/strict';
import test from 'node:test';
import { Random } from '../oracle/random.ts';
import { Disk, type Loss } from './disk.ts';
import type { Effect } from './trace.ts';

const random = new Random(1);

function does(disk: Disk, ...effects: readonly Effect[]): void {
  for (const effect of effects) disk.begin(effect)();
}

function contents(disk: Disk, loss: Loss): Readonly<Record<string, string>> {
  const image = [...disk.image(loss, random)];
  return Object.fromEntries(
    image.map(([path, content]) => [path, content === 'directory' ? content : content.toString()]),
  );
}

const create = (path: string, ...flags: readonly string[]): Effect => {
  return { type: 'open', fd: 5, path, flags: new Set(['O_WRONLY', 'O_CREAT', ...flags]) };
};
const write = (path: string, text: string, offset?: number): Effect => {
  return { type: 'write', fd: 5, path, octets: Buffer.from(text), ...(offset === undefined ? {} : { offset }) };
};
const sync = (path: string): Effect => ({ type: 'sync', path });

test('of a new file nothing is durable: neither its name nor its octets', () => {
  const disk = new Disk('/d', new Map());
  does(disk, create('/d/a'), write('/d/a', 'abc'));
  assert.deepEqual(contents(disk, 'all'), {});
  assert.deepEqual(contents(disk, 'octets'), { '/d/a': '' });
  assert.deepEqual(contents(disk, 'names'), {});
  assert.deepEqual(contents(disk, 'none'), { '/d/a': 'abc' });
});

test('the octets are durable after a sync of the file, the name only after one of the directory', () => {
  const disk = new Disk('/d', new Map());
  does(disk, create('/d/a'), write('/d/a', 'abc'), sync('/d/a'), write('/d/a', 'def'));
  assert.deepEqual(contents(disk, 'all'), {});
  assert.deepEqual(contents(disk, 'octets'), { '/d/a': 'abc' });
  does(disk, sync('/d'));
  assert.deepEqual(contents(disk, 'all'), { '/d/a': 'abc' });
  assert.deepEqual(contents(disk, 'names'), { '/d/a': 'abcdef' });
});

test('a rename is there whole or not at all, and durable when its directory is synced', () => {
  const disk = new Disk('/d', new Map([['/d/a', Buffer.from('abc')]]));
  does(disk, { type: 'rename', from: '/d/a', to: '/d/b' });
  assert.deepEqual(contents(disk, 'all'), { '/d/a': 'abc' });
  assert.deepEqual(contents(disk, 'octets'), { '/d/b': 'abc' });
  does(disk, sync('/d'), { type: 'unlink', path: '/d/b' });
  assert.deepEqual(contents(disk, 'all'), { '/d/b': 'abc' });
  assert.deepEqual(contents(disk, 'octets'), {});
});

test('a rename between directories is durable where the directory was synced', () => {
  const disk = new Disk(
    '/d',
    new Map<string, Buffer | 'directory'>([
      ['/d/s', 'directory'],
      ['/d/a', Buffer.from('x')],
    ]),
  );
  does(disk, { type: 'rename', from: '/d/a', to: '/d/s/a' }, sync('/d/s'));
  assert.deepEqual(contents(disk, 'all'), { '/d/a': 'x', '/d/s': 'directory', '/d/s/a': 'x' });
  does(disk, sync('/d'));
  assert.deepEqual(contents(disk, 'all'), { '/d/s': 'directory', '/d/s/a': 'x' });
});

test('what is in a directory that is not durable is not there', () => {
  const disk = new Disk('/d', new Map());
  does(
    disk,
    { type: 'make-directory', path: '/d/s' },
    create('/d/s/a'),
    write('/d/s/a', 'x'),
    sync('/d/s/a'),
    sync('/d/s'),
  );
  assert.deepEqual(contents(disk, 'all'), {});
  does(disk, sync('/d'));
  assert.deepEqual(contents(disk, 'all'), { '/d/s': 'directory', '/d/s/a': 'x' });
});

test('a sync covers what was over when it began, and is worth nothing before it is over', () => {
  const disk = new Disk('/d', new Map([['/d/a', Buffer.from('....')]]));
  does(disk, write('/d/a', '1', 0));
  const running = disk.begin(write('/d/a', '2', 1));
  const syncing = disk.begin(sync('/d/a'));
  does(disk, write('/d/a', '3', 2));
  running();
  assert.deepEqual(contents(disk, 'all'), { '/d/a': '....' });
  syncing();
  assert.deepEqual(contents(disk, 'all'), { '/d/a': '1...' });
  does(disk, sync('/d/a'));
  assert.deepEqual(contents(disk, 'all'), { '/d/a': '123.' });
});

test('writes go where the descriptor stands, to the end when appending, and where they say', () => {
  const disk = new Disk('/d', new Map([['/d/a', Buffer.from('0123456789')]]));
  does(
    disk,
    { type: 'open', fd: 5, path: '/d/a', flags: new Set(['O_RDWR']) },
    write('/d/a', 'ab'),
    write('/d/a', 'cd'),
  );
  does(disk, write('/d/a', 'X', 9), { type: 'seek', fd: 5, offset: 6 }, write('/d/a', 'Y'));
  assert.deepEqual(contents(disk, 'none'), { '/d/a': 'abcd45Y78X' });
  does(disk, create('/d/a', 'O_APPEND'), write('/d/a', 'end'), { type: 'truncate', path: '/d/a', length: 12 });
  assert.deepEqual(contents(disk, 'none'), { '/d/a': 'abcd45Y78Xen' });
  does(disk, create('/d/a', 'O_TRUNC', 'O_DSYNC'), sync('/d/a'), write('/d/a', 'synced'));
  assert.deepEqual(contents(disk, 'all'), { '/d/a': 'synced' });
});

test('reordered: any subset of pages may be there, and a hole is zeros', () => {
  const disk = new Disk('/d', new Map([['/d/a', Buffer.alloc(0)]]));
  does(disk, write('/d/a', 'a'.repeat(4_096), 0), write('/d/a', 'b'.repeat(8_192), 4_096));
  const seen = new Set<string>();
  for (let time = 0; time < 200; time += 1) {
    const content = contents(disk, 'reordered')['/d/a'] ?? '';
    seen.add([0, 4_096, 8_192].map((at) => content[at] ?? '-').join(''));
  }
  assert.deepEqual([...seen].toSorted(), ['\0\0b', '\0b-', '\0bb', '---', 'a--', 'a\0b', 'ab-', 'abb'].toSorted());
});

test('torn: all up to a write, of which a multiple of 512 octets is there', () => {
  const disk = new Disk('/d', new Map([['/d/a', Buffer.alloc(0)]]));
  does(disk, write('/d/a', 'a'.repeat(100), 0), write('/d/a', 'b'.repeat(1_500), 100));
  const lengths = new Set<number>();
  for (let time = 0; time < 200; time += 1) lengths.add(contents(disk, 'torn')['/d/a']?.length ?? -1);
  assert.deepEqual(
    [...lengths].toSorted((a, b) => a - b),
    [0, 100, 612, 1_124],
  );
});
