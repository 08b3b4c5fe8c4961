import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { AccountReport } from '../../collect/event.ts';
import { Dovecot } from '../dovecot.ts';
import { withoutPeers } from '../interop/peer-program.ts';
import { Random } from '../oracle/random.ts';
import { temporaryFolder } from '../running-office.ts';
import { CrashRun } from './crash-run.ts';
import { type Fault, POINTS } from './points.ts';
import { accountTarget, maildirTarget, mboxTarget } from './targets.ts';

const thorough = process.env['RESTANTE_LONG'] === '1';
const random = new Random(5);
/** Where something is written; behind it there is nothing that could fail. */
const failing = POINTS.filter((point) =>
  /^(journal .* before|destination (stage|write|end|prepare before|place before))$/.test(point),
);
const TARGETS = { maildir: maildirTarget, mbox: mboxTarget, account: accountTarget };

suite('a disk that fails', { skip: withoutPeers(Dovecot.isInstalled(), 'Dovecot') }, () => {
  let dovecot: Dovecot;
  before(async () => {
    dovecot = await Dovecot.start();
  });
  after(() => dovecot.close());

  for (const [kind, target] of Object.entries(TARGETS)) {
    test(`${kind}: full or read-only at any step, it says so, loses nothing, and goes on when that is mended`, async () => {
      const folder = join(temporaryFolder(), 'run');
      mkdirSync(folder);
      const run = new CrashRun(dovecot, `failing-${kind}`, await target(folder, random), { folder, random });
      const unseen: string[] = [];
      for (const [index, point] of failing.entries()) {
        for (const action of thorough
          ? (['ENOSPC', 'EROFS'] as const)
          : [index % 2 === 0 ? ('ENOSPC' as const) : ('EROFS' as const)]) {
          const fault: Fault = { point, visit: thorough ? 1 + random.below(4) : 1, action };
          const report = await run.live({ fault });
          assert.deepEqual(await run.verify(), [], `${action} at ${point}`);
          // A run may have no second visit of a point.
          if (report?.result !== 'done') saysSo(report);
          else if (fault.visit === 1) unseen.push(`${action} at ${point}`);
        }
      }
      assert.deepEqual(unseen, [], 'each was told of');
      await run.ends();
    });
  }

  const root = process.getuid?.() === 0 ? false : 'mounting takes root';
  for (const [kind, target] of Object.entries({ maildir: maildirTarget, mbox: mboxTarget })) {
    test(`${kind}: on a file system that is really full, and one that is really read-only`, {
      skip: root,
    }, async () => {
      const base = temporaryFolder();
      const [folder, state] = [join(base, 'small'), join(base, 'state')];
      for (const path of [folder, state]) mkdirSync(path);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=384k', 'tmpfs', folder]);
      try {
        const run = new CrashRun(dovecot, `small-${kind}`, target(folder, random), { folder: state, random });
        // Many times what there is room for, whatever the reader removes meanwhile.
        run.deliver(200);
        const full = await run.live({});
        assert.deepEqual(await run.verify(), []);
        assert.notEqual(full?.result, 'done');
        saysSo(full);

        execFileSync('mount', ['-o', 'remount,ro,size=16m', folder]);
        const readOnly = await run.live({});
        assert.notEqual(readOnly?.result, 'done');
        saysSo(readOnly);

        execFileSync('mount', ['-o', 'remount,rw,size=16m', folder]);
        await run.ends();
      } finally {
        execFileSync('umount', [folder]);
      }
    });
  }
});

/** It ended in good order, and says what is wrong. */
function saysSo(report: AccountReport | undefined): void {
  assert.ok(report !== undefined && ['partly', 'later', 'failed'].includes(report.result), JSON.stringify(report));
  assert.match(report.error ?? '', /ENOSPC|EROFS|full|no space|read-only|written?|not done/i, JSON.stringify(report));
}
