import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Dovecot } from '../dovecot.ts';
import { withoutPeers } from '../interop/peer-program.ts';
import { Random } from '../oracle/random.ts';
import { temporaryFolder } from '../running-office.ts';
import { CrashRun, type Target } from './crash-run.ts';
import { POINTS, SETTLE_POINTS } from './points.ts';
import { accountTarget, maildirTarget, mboxTarget } from './targets.ts';

const thorough = process.env['RESTANTE_LONG'] === '1';
/** Another one every time for the long run; RESTANTE_SEED does one again. */
const seed = Number(process.env['RESTANTE_SEED'] ?? (thorough ? Date.now() % 2 ** 31 : 1));
const random = new Random(seed);
/** What the collector needs at most from its start to its end, in milliseconds: it is killed at some moment before. */
const LIFE = 1_200;

/** Where most can go wrong: what the short run has for each destination. */
const isTelling = (point: string): boolean => /(staged|kept|delete-sent|place) |QUIT/.test(point);

/** A life that ends there leaves letters of which the next one has to find out. */
const BEFORE_SETTLING = ['journal staged after', 'destination place half', 'journal kept before'];

const TARGETS: Readonly<Record<string, (folder: string) => Target | Promise<Target>>> = {
  'a Maildir, while a second program moves, flags and deletes': (folder) => maildirTarget(folder, random),
  'an mbox': mboxTarget,
  'a local account': (folder) => accountTarget(folder, random),
};

suite('SIGKILL: each letter comes once, octet for octet, and none is deleted that did not come (P3-64)', {
  skip: withoutPeers(Dovecot.isInstalled(), 'Dovecot'),
}, () => {
  let dovecot: Dovecot;
  before(async () => {
    dovecot = await Dovecot.start();
  });
  after(() => dovecot.close());

  for (const [index, [name, target]] of Object.entries(TARGETS).entries()) {
    test(`into ${name}, at every step`, async (t) => {
      t.diagnostic(`RESTANTE_SEED=${seed}`);
      const run = await newRun(dovecot, `steps${index}`, target);
      const missed: string[] = [];
      for (const visit of thorough ? [1, 2] : [1]) {
        for (const point of index === 0 || thorough ? POINTS : POINTS.filter(isTelling)) {
          const report = await run.live({ fault: { point, visit, action: 'kill' } });
          assert.deepEqual(await run.verify(), [], `killed at visit ${visit} of ${point}`);
          if (report !== undefined) missed.push(`visit ${visit} of ${point}`);
        }
      }
      // What is staged and not known to be kept is settled in the next life: that is ended as well.
      for (const settle of SETTLE_POINTS) {
        for (const point of thorough ? BEFORE_SETTLING : BEFORE_SETTLING.slice(0, 2)) {
          await run.live({ fault: { point, visit: 1, action: 'kill' } });
          const report = await run.live({ fault: { point: settle, visit: 1, action: 'kill' } });
          assert.deepEqual(await run.verify(), [], `killed at ${point}, then at ${settle}`);
          if (report !== undefined) missed.push(`${settle} behind ${point}`);
        }
      }
      await run.ends();
      // A second visit may be more than one life has.
      assert.deepEqual(
        missed.filter((each) => !/^visit 2/.test(each)),
        [],
        'every step was come to',
      );
    });

    test(`into ${name}, at any moment`, async (t) => {
      const run = await newRun(dovecot, `moments${index}`, target);
      let killed = 0;
      const lives = thorough ? 50 : 6;
      for (let life = 1; life <= lives; life += 1) {
        const report = await run.live({ after: random.below(LIFE) });
        if (report === undefined) killed += 1;
        assert.deepEqual(await run.verify(), [], `life ${life}, RESTANTE_SEED=${seed}`);
      }
      await run.ends();
      t.diagnostic(`${run.letters} letters, killed in ${killed} of ${lives} lives, RESTANTE_SEED=${seed}`);
    });
  }
});

async function newRun(
  dovecot: Dovecot,
  user: string,
  target: (folder: string) => Target | Promise<Target>,
): Promise<CrashRun> {
  const folder = join(temporaryFolder(), user);
  mkdirSync(folder);
  return new CrashRun(dovecot, user, await target(folder), { folder, random });
}
