import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../failure.ts';
import { temporaryFolder } from '../testing/running-office.ts';
import { MaildirWriter } from './maildir-writer.ts';

test('a file that cannot be made is a Failure that names the Maildir, and nothing stays behind', async () => {
  const folder = temporaryFolder();
  const writer = new MaildirWriter(join(folder, 'out'));
  const [draft = ''] = readdirSync(folder);
  rmSync(join(folder, draft, 'tmp'), { recursive: true });
  const letter = { number: 1, uniqueId: 'a', octets: 0, arrived: 0, async *pieces() {} };
  await assert.rejects(
    writer.write(letter),
    (thrown) => thrown instanceof Failure && /out cannot be/.test(thrown.message),
  );
  await writer.abandon();
  assert.deepEqual(readdirSync(folder), []);
});
