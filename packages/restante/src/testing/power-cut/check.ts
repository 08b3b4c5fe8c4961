import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../store/store.ts';
import { KEPT } from '../oracle/imports.ts';
import { verifyOffice } from '../oracle/inspect.ts';
import { type PromiseEvent, Promises, type Violation } from '../oracle/promises.ts';
import { Random } from '../oracle/random.ts';
import { type Image, type Loss, losses } from './disk.ts';
import { digestOf, moveImage, writeImage } from './image.ts';
import { type Moment, momentsOf, type Point, type Recording, replay } from './replay.ts';
import { workloadLimits } from './workload.ts';

/** A power cut after which a promise was not kept. */
export interface Broken {
  readonly moment: Moment;
  readonly loss: Loss;
  readonly violations: readonly Violation[];
}

export interface Checked {
  /** Folders that were rebuilt, opened and verified. */
  readonly cuts: number;
  readonly broken: readonly Broken[];
}

export interface CutOptions {
  readonly maildrops: readonly string[];
  /** At how many moments the power is cut. */
  readonly moments: number;
  /** How many kinds of loss are tried at each moment: first that of all that is unsynced, then others by turns. */
  readonly losses: number;
  readonly seed: number;
  /** The only kind of moment that matters; default all kinds. */
  readonly only?: Point;
  /** Broken promises after which it ends; default 1. */
  readonly enough?: number;
}

/** Cuts the power at many moments of a recording, and verifies what a store opened on the rest holds. */
export async function cutPower(recording: Recording, options: CutOptions): Promise<Checked> {
  const random = new Random(options.seed);
  const broken: Broken[] = [];
  let cuts = 0;
  const moments = choose(momentsOf(recording), options, random);
  await replay(recording, moments, async (moment, disk, events) => {
    const seen = new Set<string>();
    for (let time = 0; time < options.losses && broken.length < (options.enough ?? 1); time += 1) {
      const loss = losses[time === 0 ? 0 : 1 + (cuts % (losses.length - 1))] ?? 'all';
      const image = disk.image(loss, random);
      const digest = digestOf(image);
      if (seen.has(digest)) continue;
      seen.add(digest);
      const violations = await checkCut(recording.folder, image, options.maildrops, events);
      if (violations.length > 0) broken.push({ moment, loss, violations });
      cuts += 1;
    }
  });
  return { cuts, broken };
}

/** Where folders are rebuilt: in memory where there is a file system for it, since their own syncs prove nothing. */
const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

async function checkCut(
  folder: string,
  image: Image,
  maildrops: readonly string[],
  events: readonly PromiseEvent[],
): Promise<readonly Violation[]> {
  const promises = new Promises();
  for (const event of events) promises.record(event);
  const rebuilt = await mkdtemp(join(memory, 'restante-power-cut-'));
  try {
    writeImage(moveImage(image, folder, rebuilt));
    await using store = await openStore({ data: rebuilt, limits: workloadLimits });
    const missing = [...maildrops, KEPT].filter((name) => !store.byName(name));
    // Before the first event the accounts may still be on their way.
    if (missing.length > 0) {
      return events.length > 0 ? [{ kind: 'lost', maildrop: missing.join(), what: 'the account' }] : [];
    }
    return await verifyOffice(store, maildrops, promises, { use: true });
  } catch (error) {
    return [{ kind: 'unreadable', maildrop: '', what: String(error) }];
  } finally {
    await rm(rebuilt, { recursive: true });
  }
}

/** How many of a hundred moments are of which kind, unless only one kind is asked for. */
const shares: Readonly<Record<Point, number>> = {
  accepted: 20,
  removed: 20,
  restored: 10,
  imported: 10,
  aliased: 5,
  synced: 25,
  between: 10,
};

/** Chooses moments of each kind, spread over the recording. */
function choose(all: readonly Moment[], { moments, only }: CutOptions, random: Random): readonly Moment[] {
  return (Object.keys(shares) as Point[]).flatMap((point) => {
    if (only !== undefined && only !== point) return [];
    const candidates = all.filter((moment) => moment.point === point);
    const share = only === undefined ? Math.ceil((moments * shares[point]) / 100) : moments;
    const step = Math.max(1, candidates.length / share);
    const chosen: Moment[] = [];
    for (let from = 0; from < candidates.length; from += step) {
      const [first, last] = [Math.floor(from), Math.min(candidates.length, Math.floor(from + step))];
      chosen.push(...candidates.slice(first + random.below(Math.max(1, last - first))).slice(0, 1));
    }
    return chosen;
  });
}
