import assert from 'node:assert/strict';
import test from 'node:test';
import { parseTrace } from './trace.ts';

/** A string or path as strace -xx writes it. */
function hex(text: string): string {
  return Buffer.from(text)
    .toString('hex')
    .replaceAll(/../gu, (octet) => `\\x${octet}`);
}

const file = `21<${hex('/data/a')}>`;

test('a write has its octets, as many as were written, and its offset', () => {
  const [plain, positioned] = parseTrace(
    [`100 write(${file}, "${hex('ab, [c]\n')}", 8) = 5`, `100 pwrite64(${file}, "${hex('xyz')}", 3, 4096) = 3`].join(
      '\n',
    ),
  );
  assert.deepEqual(plain?.effect, { type: 'write', fd: 21, path: '/data/a', octets: Buffer.from('ab, [') });
  assert.deepEqual(positioned?.effect, {
    type: 'write',
    fd: 21,
    path: '/data/a',
    octets: Buffer.from('xyz'),
    offset: 4_096,
  });
});

test('the parts of a vectored write are one write', () => {
  const vector = `[{iov_base="${hex('one')}", iov_len=3}, {iov_base="${hex('two')}", iov_len=3}]`;
  const [plain, positioned] = parseTrace(
    [`7 writev(${file}, ${vector}, 2) = 6`, `7 pwritev(${file}, ${vector}, 2, 100) = 6`].join('\n'),
  );
  assert.deepEqual(plain?.effect, { type: 'write', fd: 21, path: '/data/a', octets: Buffer.from('onetwo') });
  assert.deepEqual(positioned?.effect, {
    type: 'write',
    fd: 21,
    path: '/data/a',
    octets: Buffer.from('onetwo'),
    offset: 100,
  });
});

test('a call that another thread’s interrupts in the trace lasts from its first line to its last', () => {
  const traced = parseTrace(
    [
      `1 fdatasync(${file} <unfinished ...>`,
      `2 write(${file}, "${hex('x')}", 1 <unfinished ...>`,
      '1 <... fdatasync resumed>) = 0',
      '2 <... write resumed>) = 1',
    ].join('\n'),
  );
  assert.deepEqual(
    traced.map(({ begin, end, effect }) => [begin, end, effect.type]),
    [
      [0, 2, 'sync'],
      [1, 3, 'write'],
    ],
  );
});

test('names: made, moved and removed, also relative to a directory', () => {
  const directory = `3<${hex('/data')}>`;
  const traced = parseTrace(
    [
      `1 openat(AT_FDCWD<${hex('/tmp')}>, "${hex('/data/ü b')}", O_RDWR|O_CREAT|O_CLOEXEC, 0666) = 4<${hex('/data/ü b')}>`,
      `1 openat(${directory}, "${hex('c')}", O_RDONLY) = -1 ENOENT (No such file or directory)`,
      `1 mkdir("${hex('/data/d')}", 0700) = 0`,
      `1 renameat2(${directory}, "${hex('c')}", ${directory}, "${hex('d/e')}", 0) = 0`,
      `1 unlink("${hex('/data/f')}") = 0`,
      `1 fsync(${directory}) = 0`,
      '1 --- SIGCHLD {si_signo=SIGCHLD} ---',
      '1 +++ exited with 0 +++',
    ].join('\n'),
  );
  assert.deepEqual(
    traced.map(({ effect }) => effect),
    [
      { type: 'open', fd: 4, path: '/data/ü b', flags: new Set(['O_RDWR', 'O_CREAT', 'O_CLOEXEC']) },
      { type: 'make-directory', path: '/data/d' },
      { type: 'rename', from: '/data/c', to: '/data/d/e' },
      { type: 'unlink', path: '/data/f' },
      { type: 'sync', path: '/data' },
    ],
  );
});

test('what would be missed is an error: octets cut short, and calls that are not modelled', () => {
  assert.throws(() => parseTrace(`1 write(${file}, "${hex('x')}"..., 100) = 100`), /cut short/u);
  assert.throws(() => parseTrace(`1 copy_file_range(${file}, NULL, ${file}, NULL, 10, 0) = 10`), /not modelled/u);
});
