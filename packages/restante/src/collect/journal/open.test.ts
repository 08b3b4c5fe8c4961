import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openJournal } from './open.ts';

test('what is written is there when the journal is opened again, in a file and a folder for the owner alone', (t) => {
  const folder = join(mkdtempSync(join(tmpdir(), 'restante-journal-')), 'collect');
  t.after(() => rmSync(join(folder, '..'), { recursive: true, force: true }));
  const mailbox = 'Anna@pop.example.org:995';
  const journal = openJournal(folder, mailbox);
  journal.write(
    [
      { type: 'listed', key: 'u1', uniqueId: 'u1', declaredOctets: 100, at: 1 },
      { type: 'listed', key: 'u2', uniqueId: 'u2', declaredOctets: undefined, at: 1 },
      { type: 'fetching', key: 'u1' },
    ],
    { begun: 5, destination: 'maildir:/x' },
  );
  journal.write([
    {
      type: 'staged',
      key: 'u1',
      octets: 99,
      sha256: 'a'.repeat(64),
      fingerprint: 'f',
      headersOnly: false,
      place: 'p',
      destination: 'maildir:/x',
    },
    { type: 'rebound', key: 'u2', to: 'u3', uniqueId: 'u3' },
  ]);
  const letters = [...journal.letters()];
  const facts = journal.facts;
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  for (const name of readdirSync(folder)) assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
  journal.close();
  assert.deepEqual(readdirSync(folder), ['%41nna@pop.example.org%3a995.journal']);
  const again = openJournal(folder, mailbox);
  assert.deepEqual([...again.letters()], letters);
  assert.deepEqual(again.facts, facts);
  assert.throws(() => openJournal(folder, mailbox), {
    name: 'Failure',
    message: new RegExp(`is in use by process ${process.pid}.*kill ${process.pid}`),
  });
  again.close();
});
