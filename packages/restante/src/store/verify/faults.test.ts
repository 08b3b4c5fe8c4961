import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { StoreError } from '@restante/pop/maildrop';
import { folder, idsOf, letterOf, office, place, reopen, traceOf, whole } from '../office.test.kit.ts';
import { repair } from '../repair/repair.ts';
import { verify } from './verify.ts';

/** A generator whose numbers are the same in every run (mulberry32). */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const LETTERS = 12;
const EACH = 50;

test('bits flip in segments, index and log: no octet is ever served wrong, and what is damaged is named or refused', async (t) => {
  const root = folder(t);
  const data = join(root, 'data');
  const store = await office(t, ['anna'], { data, limits: { segment: 8_000 } });
  const letters = new Map<string, string>();
  for (let sent = 0; sent < LETTERS; sent += 1) {
    const letter = letterOf(1_500, `${sent}`);
    const { uniqueId } = await place(store, 'anna', letter);
    letters.set(uniqueId, Buffer.concat([traceOf('anna'), letter]).toString('latin1'));
  }
  const backup = join(root, 'backup');
  await store.backup(backup);
  // As after SIGKILL: everything is in the log yet.
  const killed = join(root, 'killed');
  cpSync(data, killed, { recursive: true });
  await store.close();
  const files = readdirSync(join(data, 'letters'));
  const sums = { faults: 0, letters: 0, served: 0, refused: 0, offices: 0, lost: 0, mended: 0, named: 0, silent: 0 };
  const random = numbersFrom(2026_11_24);
  for (const kind of ['segment', 'index', 'log'] as const) {
    for (let times = 0; times < EACH; times += 1) {
      const bent = join(root, 'bent');
      rmSync(bent, { recursive: true, force: true });
      cpSync(kind === 'log' ? killed : data, bent, { recursive: true });
      const segments = readdirSync(join(bent, 'letters'));
      const file = {
        segment: join('letters', segments[random(segments.length)] ?? ''),
        index: 'index.sqlite',
        log: 'index.sqlite-wal',
      }[kind];
      const octets = readFileSync(join(bent, file));
      const at = random(octets.length);
      octets[at] = (octets[at] ?? 0) ^ (1 << random(8));
      writeFileSync(join(bent, file), octets);
      sums.faults += 1;
      // What is no index of ours any more is refused, which names it too.
      const { problems, notices } = await verify({ data: bent, onProblem: () => undefined }).catch((error: unknown) => {
        assert.ok(error instanceof StoreError);
        return { problems: 1, notices: 0 };
      });
      if (problems + notices > 0) sums.named += 1;
      else sums.silent += 1;
      if (kind === 'segment') {
        assert.ok(problems > 0, `octet ${at} of ${file} is a letter's, and its damage is named`);
        const { left } = repair({ data: bent, from: copyOf(backup, root) });
        assert.deepEqual(left, []);
        assert.equal((await verify({ data: bent, onProblem: () => undefined })).problems, 0);
        sums.mended += 1;
        writeFileSync(join(bent, file), octets);
      }
      await serve(bent, letters, sums);
    }
  }
  t.diagnostic(JSON.stringify(sums));
  assert.equal(sums.lost, 0);

  async function serve(bent: string, sent: ReadonlyMap<string, string>, count: typeof sums): Promise<void> {
    let again: Awaited<ReturnType<typeof reopen>>;
    let ids: readonly string[];
    try {
      again = await reopen(t, bent);
    } catch (error) {
      assert.ok(error instanceof StoreError && error.message.length > 0);
      count.offices += 1;
      return;
    }
    try {
      ids = await idsOf(again, 'anna');
      const maildrop = again.openMaildrop('anna');
      for (const [number, id] of ids.entries()) {
        count.letters += 1;
        try {
          const served = (await whole(maildrop, number + 1)).toString('latin1');
          // The index has no checksums of its own: a unique-id that is bent is another, the octets are some letter's, whole.
          assert.ok(
            sent.get(id) === served || [...sent.values()].includes(served),
            `letter ${number + 1} came out wrong`,
          );
          count.served += 1;
        } catch (error) {
          assert.ok(error instanceof StoreError, String(error));
          count.refused += 1;
        }
      }
      maildrop.close();
    } catch (error) {
      assert.ok(error instanceof StoreError || error instanceof RangeError, String(error));
      count.refused += 1;
    } finally {
      await again.close().catch(() => undefined);
    }
    // Whatever it made of it, no file that has the letters' octets is gone.
    const there = readdirSync(join(bent, 'letters'));
    if (!files.every((name) => there.includes(name))) count.lost += 1;
  }
});

/** With files of its own: those of a backup beside the office are links to the office's. */
function copyOf(backup: string, root: string): string {
  const copy = join(root, 'copy');
  rmSync(copy, { recursive: true, force: true });
  cpSync(backup, copy, { recursive: true });
  return copy;
}
