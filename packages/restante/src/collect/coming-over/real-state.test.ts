import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Dovecot } from '../../testing/dovecot.ts';
import { Cell } from '../../testing/interop/cell.ts';
import { type Collector, fetchmail, getmail, mpop } from '../../testing/interop/collectors.ts';
import { LATER, LETTERS } from '../../testing/interop/letters.ts';
import { isHere, withoutPeers } from '../../testing/interop/peer-program.ts';
import { runVerb, temporaryFolder } from '../../testing/running-office.ts';
import type { Program } from './elsewhere.ts';
import { listOf, readState } from './read-state.ts';

/** Where each program remembers what it has, as docs/clients.md sets it up. */
const FILES: readonly { readonly program: Program; readonly collector: Collector; file(cell: Cell): string }[] = [
  { program: 'fetchmail', collector: fetchmail, file: () => '.fetchids' },
  {
    program: 'getmail',
    collector: getmail,
    file: (cell) => `oldmail-localhost-${cell.office.pop3.port}-${cell.account}`,
  },
  { program: 'mpop', collector: mpop, file: () => 'post-office.uidls' },
];

suite('what fetchmail, getmail and mpop write is read', {
  skip: withoutPeers(Dovecot.isInstalled(), 'Dovecot'),
}, () => {
  let office: Dovecot;
  before(async () => {
    office = await Dovecot.start();
  });
  after(() => office.close());

  for (const { program, collector, file } of FILES) {
    test(`${program}: what it has fetched is not fetched again, what has come since is, and both stay`, async (t) => {
      if (!isHere(t, collector.program)) return;
      const cell = await Cell.make(office, collector.name, 'plain');
      await cell.deliver(LETTERS);
      const held = [...(await cell.held()).keys()];
      const began = Date.now();
      await collector.call(cell, 'keep');
      await cell.deliver(LATER);
      const path = join(cell.home, file(cell));
      const lists = readState(program, readFileSync(path), path);
      const { letters, partly } = listOf(program, lists, { user: cell.login, host: 'localhost' }, path);
      assert.deepEqual([...letters.keys()].sort(), held.sort());
      assert.equal(partly, 0);
      for (const time of letters.values()) {
        if (program !== 'getmail') assert.equal(time, undefined);
        else assert.ok(time !== undefined && time >= began - 1_000 && time <= Date.now(), String(time));
      }
      await takesOver(cell, path, program);
    });
  }
});

async function takesOver(cell: Cell, path: string, program: Program): Promise<void> {
  const folder = temporaryFolder();
  const url = `pop://${encodeURIComponent(cell.login)}@localhost:${cell.office.pop3.port}`;
  const password = join(folder, 'password');
  writeFileSync(password, `${cell.password}\n`, { mode: 0o600 });
  const done = async (...words: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> => {
    const { status, ...said } = await runVerb(['collect', ...words, '--state', join(folder, 'state')]);
    assert.equal(status, 0, said.stderr);
    return said;
  };
  const { stderr } = await done('import-state', path, url, '--from', program);
  assert.match(stderr, new RegExp(`: ${LETTERS.length} letters that ${program} has will not be fetched\\.`));
  const again = JSON.parse((await done('import-state', path, url, '--from', program, '--json')).stdout);
  assert.deepEqual([again.adopted, again.known, again.partly], [0, LETTERS.length, 0]);

  const maildir = join(folder, 'Maildir');
  await done(url, '--to', `maildir:${maildir}`, '--tls', 'none', '--password-file', password, '--delete');
  assert.equal(readdirSync(join(maildir, 'new')).length, LATER.length);
  assert.equal((await cell.held()).size, LETTERS.length, 'what came since is deleted, what nothing proves is not');
}
