import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import type { CollectEvent } from '../../collect/event.ts';
import { collectOnce } from '../collect-once.ts';
import { Dovecot } from '../dovecot.ts';
import { withoutPeers } from '../interop/peer-program.ts';
import type { Office } from '../office.ts';
import { RunningOffice, temporaryFolder } from '../running-office.ts';
import { withLf } from './files.ts';
import { Mailbox } from './mailbox.ts';
import { defect, type RealLetter, realLetters } from './spam-assassin.ts';

const ACCOUNT = 'real';
const PASSWORD = 'by the collector';

suite('real mail, collected', () => {
  const letters = realLetters();

  test('6,046 letters from Dovecot: each octet for octet, and deleted', {
    skip: withoutPeers(Dovecot.isInstalled(), 'Dovecot'),
  }, async (t) => {
    const office = await Dovecot.start();
    try {
      fill(office.maildir(ACCOUNT), letters);
      await collected(t, office, letters.length);
    } finally {
      await office.close();
    }
  });

  test('the letters that our own office takes: each octet for octet, and deleted', async (t) => {
    const office = await RunningOffice.start();
    try {
      await office.addAccount(ACCOUNT, PASSWORD);
      const sound = letters.filter((letter) => defect(letter) === undefined);
      const replies = await new Mailbox(office, ACCOUNT, PASSWORD).take(
        sound.map(({ octets }) => octets),
        4,
      );
      assert.ok(replies.every(({ code }) => code === 250));
      await collected(t, office, sound.length);
    } finally {
      await office.close();
    }
  });
});

/** What the tests' own client reads is what the collector puts into its Maildir; then the server has none. */
async function collected(t: TestContext, office: Office, count: number): Promise<void> {
  const mailbox = new Mailbox(office, ACCOUNT, PASSWORD);
  const held = await mailbox.fetchAll('plain');
  assert.equal(held.length, count);
  const home = temporaryFolder();
  const kept: Extract<CollectEvent, { event: 'kept' }>[] = [];
  const started = performance.now();
  const errand = { office, mode: 'plain', account: ACCOUNT, password: PASSWORD, home } as const;
  const report = await collectOnce(errand, { afterwards: { type: 'delete' }, commitEvery: 1_000 }, (event) => {
    if (event.event === 'kept') kept.push(event);
  });
  t.diagnostic(`${Math.round((count / (performance.now() - started)) * 1000)} letters/s`);
  assert.deepEqual(
    [report.result, report.kept, report.deleted, report.failed],
    ['done', count, count, 0],
    report.error,
  );

  const sums = new Map(held.map(({ uniqueId, octets }) => [uniqueId, sum(octets)]));
  for (const { uniqueId, sha256 } of kept) assert.equal(sha256, sums.get(uniqueId ?? ''), uniqueId);
  const files = readdirSync(join(home, 'mail', 'new')).map((file) =>
    sum(readFileSync(join(home, 'mail', 'new', file))),
  );
  assert.deepEqual(files.sort(), held.map(({ octets }) => sum(stored(octets))).sort());
  assert.deepEqual(await mailbox.uniqueIds(), []);
}

/** Lines end with LF in a Maildir, unless that could not be undone, since there are others that do. */
function stored(octets: Buffer): Buffer {
  return /(?<!\r)\n/.test(octets.toString('latin1')) ? octets : withLf(octets);
}

/** Puts letters into a Maildir of Dovecot's, with LF line ends. */
function fill(maildir: string, letters: readonly RealLetter[]): void {
  const home = dirname(maildir);
  const { uid, gid } = statSync(dirname(home));
  for (const path of [home, maildir, ...['cur', 'new', 'tmp'].map((name) => join(maildir, name))]) {
    mkdirSync(path, { recursive: true });
    chownSync(path, uid, gid);
  }
  for (const [index, { octets }] of letters.entries()) {
    const path = join(maildir, 'cur', `${1_700_000_000 + index}.M1P${index}.real:2,S`);
    writeFileSync(path, withLf(octets));
    chownSync(path, uid, gid);
  }
}

function sum(octets: Buffer): string {
  return createHash('sha256').update(octets).digest('hex');
}
