import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readSettings } from '../config/read-settings.ts';
import { examineDisk, type FileSystem } from './disk.ts';

const MIB = 2 ** 20;
const EXT4 = 0xef53;
const root = mkdtempSync(join(tmpdir(), 'restante-doctor-disk-'));
after(() => rmSync(root, { recursive: true }));

const read = readSettings({ text: 'limits.reserve = "100 MiB"\nlimits.letter_size = "50 MiB"', folder: root });
assert.ok(read.type === 'settings');
const { settings } = read;

/** What is found on a file system like this; all is well on it but what is named. */
async function found(facts: Partial<FileSystem> & { readonly free?: number }, data = root): Promise<readonly string[]> {
  const { free = 1024 * MIB, ...more } = facts;
  const asked: string[] = [];
  const findings = await examineDisk(data, settings, async (path) => {
    asked.push(path);
    return { type: EXT4, bsize: 4096, bavail: free / 4096, ffree: 1_000_000, files: 2_000_000, ...more };
  });
  assert.deepEqual(asked, [root]);
  return findings.map(({ level, what }) => `${level} ${what.replaceAll(root, 'DATA')}`);
}

test('room enough, for octets and for files, on a disk', async () => {
  assert.deepEqual(await found({}), [
    'ok DATA has 1.0 GiB free',
    'ok the file system of DATA is none of those that are known to lose mail',
  ]);
});

test('a folder that is not there yet is looked at where it will be made', async () => {
  assert.match((await found({}, join(root, 'not', 'yet'))).join(), /^ok DATA has 1\.0 GiB free/);
});

test('too little room to take a letter, and soon too little', async () => {
  const [room] = await found({ free: 99 * MIB });
  assert.equal(room, 'error DATA has 99 MiB free, less than limits.reserve (100 MiB): no mail is taken');
  const [soon] = await found({ free: 199 * MIB });
  assert.equal(soon, 'warning DATA has 199 MiB free: less than two letters of limits.letter_size above the reserve');
  const [enough] = await found({ free: 200 * MIB });
  assert.equal(enough, 'ok DATA has 200 MiB free');
});

test('too few files; and a file system that makes them as they are needed', async () => {
  assert.ok((await found({ ffree: 999 })).includes('error DATA has room for 999 more files only'));
  assert.ok(!(await found({ ffree: 0, files: 0 })).some((each) => /more files/.test(each)));
});

for (const [type, name] of [
  [0x01021994, 'tmpfs'],
  [0x6969, 'NFS'],
  [0x794c7630, 'overlayfs'],
  // Above 2^31 some C libraries have it negative.
  [0xff534d42 | 0, 'CIFS'],
] as const) {
  test(`${name} keeps less than was promised`, async () => {
    assert.match((await found({ type })).at(-1) ?? '', new RegExp(`^warning DATA is on ${name}: `));
  });
}
