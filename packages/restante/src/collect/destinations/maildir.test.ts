import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { destinationConformance } from './conformance.test.kit.ts';
import { maildirUnderTest } from './maildir.test.kit.ts';
import { openMaildir } from './maildir.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'restante-maildir-'));
});
after(() => rm(folder, { recursive: true }));

test('a letter lies in new, with LF line ends and a name that says when, what and how long', async () => {
  const root = join(folder, 'plain');
  const maildir = await openMaildir(root);
  assert.deepEqual(readdirSync(root).sort(), ['cur', 'new', 'tmp']);
  const letter = { mailbox: 'anna@mail.example:995', key: '../../x', uniqueId: '../../x', listed: 1_700_000_000_123 };
  const stage = maildir.stage(letter);
  await stage.write(Buffer.from('Subject: hello\r'));
  await stage.write(Buffer.from('\n\r\nFrom here\r\n'));
  const staged = await stage.end();
  assert.equal(staged.type, 'staged');
  assert.deepEqual(readdirSync(join(root, 'new')), []);
  await maildir.prepare([staged]);
  const [placing] = await maildir.place([staged]);
  const [name = ''] = readdirSync(join(root, 'new'));
  assert.deepEqual(placing, { type: 'placed', place: `new/${name}` });
  assert.match(name, /^1700000000\.M123000R[0-9a-f]{32}\.[A-Za-z0-9._-]+,S=26,W=29$/);
  assert.equal(readFileSync(join(root, 'new', name), 'latin1'), 'Subject: hello\n\nFrom here\n');
  await maildir.close();
  assert.deepEqual(readdirSync(root).sort(), ['cur', 'new', 'tmp']);
});

destinationConformance('a Maildir', maildirUnderTest, {
  promise: 'exactly-once',
  has: ['prepared', 'reader', 'breaks', 'dying'],
});
