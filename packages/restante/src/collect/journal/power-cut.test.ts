import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Random } from '../../testing/oracle/random.ts';
import { type Image, losses } from '../../testing/power-cut/disk.ts';
import { moveImage, writeImage } from '../../testing/power-cut/image.ts';
import { recordProgram, whyNotRecord } from '../../testing/power-cut/record.ts';
import { momentsOf, type Recording, replay, without } from '../../testing/power-cut/replay.ts';
import { MAILBOX, program, transactionsIn } from './crash.test.kit.ts';
import { openJournal } from './open.ts';

const TRANSACTIONS = 24;
const reason = whyNotRecord();
const skip = process.env['RESTANTE_REQUIRE_PEERS'] === '1' ? false : (reason ?? false);

test('after a power cut each transaction that was durable is there, and no part of another', { skip }, async (t) => {
  const recording = await record(t);
  const { cuts, broken } = await cutPower(t, recording);
  assert.deepEqual(broken, []);
  assert.ok(cuts > 200, `${cuts} cuts`);
});

test('the cuts would show it if the journal, or its name in the folder, were not synced', { skip }, async (t) => {
  const recording = await record(t);
  const folder = join(recording.folder, 'collect');
  const names = without(recording, (effect) => effect.type === 'sync' && effect.path === folder);
  assert.ok((await cutPower(t, names)).broken.length > 0);
  const logs = without(recording, (effect) => effect.type === 'sync' && effect.path.endsWith('-wal'));
  assert.ok((await cutPower(t, logs)).broken.length > 0);
});

async function record(t: TestContext): Promise<Recording> {
  assert.equal(reason, undefined);
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'restante-journal-recording-')));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [data, log] = [join(folder, 'data'), join(folder, 'log')];
  mkdirSync(data);
  writeFileSync(log, '');
  const traced = await recordProgram(program, [join(data, 'collect'), String(TRANSACTIONS), log], `${folder}/trace`);
  return { folder: data, before: new Map(), promised: [], traced, log };
}

/** Cuts the power at every call, with each kind of loss by turns, and looks at what is left. */
async function cutPower(t: TestContext, recording: Recording): Promise<{ cuts: number; broken: string[] }> {
  const random = new Random(1);
  const broken: string[] = [];
  let cuts = 0;
  await replay(recording, momentsOf(recording), async (moment, disk, said) => {
    const durable = said.length;
    for (const loss of ['all' as const, losses[cuts % losses.length] ?? 'none']) {
      cuts += 1;
      const wrong = whatIsWrong(t, recording.folder, disk.image(loss, random), durable);
      if (wrong !== undefined) broken.push(`line ${moment.line}, loss of ${loss}: ${wrong}`);
    }
  });
  return { cuts, broken };
}

function whatIsWrong(t: TestContext, folder: string, image: Image, durable: number): string | undefined {
  const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const rebuilt = mkdtempSync(join(memory, 'restante-journal-cut-'));
  t.after(() => rmSync(rebuilt, { recursive: true, force: true }));
  try {
    writeImage(moveImage(image, folder, rebuilt));
    const journal = openJournal(join(rebuilt, 'collect'), MAILBOX);
    const there = transactionsIn(journal);
    journal.close();
    return there === durable || there === durable + 1 ? undefined : `${durable} were durable, ${there} are there`;
  } catch (error) {
    return String(error);
  } finally {
    rmSync(rebuilt, { recursive: true, force: true });
  }
}
