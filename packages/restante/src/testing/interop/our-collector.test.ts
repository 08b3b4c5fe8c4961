import assert from 'node:assert/strict';
import { chownSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { selfSignedCertificate } from '@restante/pop/testing';
import { collectOnce, type Errand } from '../collect-once.ts';
import { MODES } from '../connection.ts';
import { Dovecot } from '../dovecot.ts';
import { Mailutils } from '../mailutils.ts';
import type { Office } from '../office.ts';
import { withLf } from '../real-mail/files.ts';
import { RunningOffice } from '../running-office.ts';
import { Cell } from './cell.ts';
import { LATER, LETTERS } from './letters.ts';
import { withoutPeers } from './peer-program.ts';

const offices = {
  'our own office': { here: true, open: () => RunningOffice.start() },
  Dovecot: { here: Dovecot.isInstalled(), open: () => Dovecot.start() },
  'mailutils-pop3d': { here: Mailutils.isInstalled(), open: () => Mailutils.start() },
};

for (const [name, { here, open }] of Object.entries(offices)) {
  suite(`our collector at ${name}`, { skip: withoutPeers(here, name) }, () => {
    let office: Office;
    before(async () => {
      office = await open();
    });
    after(() => office.close());

    for (const mode of MODES) {
      test(`${mode}: keeps, fetches nothing twice, and deletes what it has`, async () => {
        await collects(await Cell.make(office, 'collector', mode));
      });
      test(`${mode}: fetches and deletes`, async () => {
        await empties(await Cell.make(office, 'emptier', mode));
      });
    }

    for (const mode of MODES.filter((each) => each !== 'plain')) {
      test(`${mode}: does not log in where the certificate is not the one it trusts`, async () => {
        const cell = await Cell.make(office, 'collector-other', mode);
        const report = await collectOnce({ ...errand(cell), ca: selfSignedCertificate().cert });
        assert.equal(report.result, 'network');
      });
    }
  });
}

async function collects(cell: Cell): Promise<void> {
  await cell.deliver(LETTERS);
  const held = await cell.held();
  const first = await collectOnce(errand(cell));
  assert.deepEqual([first.result, first.kept, first.left], ['done', LETTERS.length, LETTERS.length], first.error);
  same(cell.arrived(), held);

  const second = await collectOnce(errand(cell));
  assert.deepEqual([second.result, second.kept, cell.arrived().length], ['done', 0, 0], second.error);

  await cell.deliver(LATER);
  const third = await collectOnce(errand(cell));
  assert.deepEqual([third.result, third.kept], ['done', LATER.length], third.error);
  const all = await cell.held();
  same(cell.arrived(), new Map([...all].filter(([uniqueId]) => !held.has(uniqueId))));

  const last = await collectOnce(errand(cell), { afterwards: { type: 'delete' } });
  assert.deepEqual([last.result, last.kept, last.deleted, last.left], ['done', 0, all.size, 0], last.error);
  assert.equal((await cell.held()).size, 0);
  assert.equal(cell.arrived().length, 0);
}

async function empties(cell: Cell): Promise<void> {
  await cell.deliver(LETTERS);
  const held = await cell.held();
  const report = await collectOnce(errand(cell), { afterwards: { type: 'delete' }, commitEvery: 4 });
  assert.deepEqual([report.result, report.kept, report.deleted], ['done', held.size, held.size], report.error);
  same(cell.arrived(), held);
  assert.equal((await cell.held()).size, 0);
}

/** These letters came, and no others, each with LF line ends. */
function same(came: readonly Buffer[], held: ReadonlyMap<string, Buffer>): void {
  const sorted = (letters: readonly Buffer[]) => letters.map((octets) => octets.toString('latin1')).sort();
  assert.deepEqual(sorted(came), sorted([...held.values()].map(withLf)));
}

/** Other programs run as somebody else, our collector as whom the tests are run by: the Maildir has to be theirs. */
function errand({ office, mode, account, password, home }: Cell): Errand {
  chownSync(join(home, 'mail'), userInfo().uid, userInfo().gid);
  return { office, mode, account, password, home };
}
