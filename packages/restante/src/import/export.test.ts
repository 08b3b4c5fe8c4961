import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../failure.ts';
import { temporaryFolder } from '../testing/running-office.ts';
import { exportLetters } from './export.ts';
import { MboxWriter } from './mbox-writer.ts';
import { NewFile } from './new-file.ts';

test('when the letters cannot have their name, the list of unique-ids does not stay alone', async () => {
  const folder = temporaryFolder();
  const list = NewFile.open(join(folder, 'list'));
  const uniqueIds = {
    add: (line: string) => list.write(Buffer.from(line)),
    finish: async () => list.finish(),
    abandon: async () => list.abandon(),
  };
  const writer = new MboxWriter(join(folder, 'mbox'));
  const outgoing = { count: 0, octets: 0, async *letters() {}, close: async () => undefined };
  writeFileSync(join(folder, 'mbox'), "another's");
  await assert.rejects(exportLetters({ outgoing, writer, uniqueIds }), Failure);
  assert.deepEqual(readdirSync(folder), ['mbox']);
  assert.equal(readFileSync(join(folder, 'mbox'), 'utf8'), "another's");
});
