import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { extname } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { folder } from './office.test.kit.ts';

test('a letter of 150 MB goes in and out of a process with a heap of 64 MB, which grows by less than that', async (t) => {
  const program = fileURLToPath(new URL(`./large.test.kit${extname(import.meta.url)}`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--max-old-space-size=64',
    program,
    folder(t),
    String(150_000_000),
  ]);
  const { whole, grown } = JSON.parse(stdout) as { whole: boolean; grown: number };
  assert.ok(whole, 'it came out as it went in');
  assert.ok(grown < 64 * 1024 * 1024, `the process grew by ${grown} octets`);
});
