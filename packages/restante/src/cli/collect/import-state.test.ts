import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { mailboxKey } from '../../collect/account.ts';
import { openJournal } from '../../collect/journal/open.ts';
import { runVerb, temporaryFolder } from '../../testing/running-office.ts';

const KEY = mailboxKey({ server: { host: 'pop.example.org', port: 995, auth: { user: 'anna' } } });

/** Runs the verb with a `.fetchids` of two maildrops, and nobody to call. */
function machine() {
  const home = temporaryFolder();
  const file = join(home, '.fetchids');
  writeFileSync(file, 'anna@pop.example.org 1\nanna@pop.example.org 2\nbert@pop.example.org 3\n');
  const state = join(home, 'state');
  const run = (...words: readonly string[]) =>
    runVerb(['collect', 'import-state', file, ...words, '--state', state, '--data', join(home, 'data')]);
  const known = () => {
    const journal = openJournal(state, KEY);
    const keys = [...journal.letters()].map(({ key, state }) => `${key} ${state}`);
    journal.close();
    return keys;
  };
  return { home, file, state, run, known };
}

test('import-state asks nobody for a password and calls nobody', async () => {
  const { run, known } = machine();
  const { status, stderr, stdout } = await run('pops://anna@pop.example.org', '--from', 'fetchmail');
  assert.equal(status, 0, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, /^anna@pop\.example\.org: 2 letters that fetchmail has will not be fetched\.$/m);
  assert.deepEqual(known(), ['1 kept', '2 kept']);
});

test('import-state says which maildrops are in the file, and takes the one that --of names', async () => {
  const { run, known } = machine();
  const wrong = await run('pops://anna@mail.example.org', '--from', 'fetchmail');
  assert.equal(wrong.status, 1);
  assert.match(
    wrong.stderr,
    /no letter of anna@mail\.example\.org, but of anna@pop\.example\.org, bert@pop\.example\.org: .*--of NAME/,
  );
  const right = await run(
    'pops://anna@pop.example.org',
    '--from',
    'fetchmail',
    '--of',
    'bert@pop.example.org',
    '--json',
  );
  assert.deepEqual(JSON.parse(right.stdout), {
    account: 'anna@pop.example.org',
    from: 'fetchmail',
    adopted: 1,
    known: 0,
    partly: 0,
  });
  assert.deepEqual(known(), ['3 kept']);
});

test('import-state writes nothing where the file is another program’s, is not there, or the journal is in use', async () => {
  const { run, state, home } = machine();
  const other = await run('pops://anna@pop.example.org', '--from', 'mpop');
  assert.equal(other.status, 1);
  assert.match(other.stderr, /\.fetchids is no list of mpop’s: line 1 is not/);
  const missing = await runVerb(['collect', 'import-state', join(home, 'no'), 'pops://a@h', '--from', 'mpop']);
  assert.match(missing.stderr, /no cannot be read: no such file or directory/);
  mkdirSync(state);
  const journal = openJournal(state, KEY);
  const { status, stderr } = await run('pops://anna@pop.example.org', '--from', 'fetchmail');
  assert.notEqual(status, 0);
  assert.match(stderr, new RegExp(`in use by process ${process.pid}`));
  assert.deepEqual([...journal.letters()], []);
  journal.close();
});

test('import-state takes programs that it knows, and no option that is for calling', async () => {
  const { run } = machine();
  assert.equal((await run('pops://anna@pop.example.org')).status, 2);
  assert.equal((await run('pops://anna@pop.example.org', '--from', 'pine')).status, 2);
  const { status, stderr } = await run('pops://anna@pop.example.org', '--from', 'fetchmail', '--delete');
  assert.equal(status, 2);
  assert.match(stderr, /--delete is for restante collect/);
});
