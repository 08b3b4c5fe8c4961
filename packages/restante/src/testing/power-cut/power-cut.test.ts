import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { FaultPlan } from '../../store/faults.ts';
import type { PromiseEvent } from '../oracle/promises.ts';
import { Random } from '../oracle/random.ts';
import { type CutOptions, cutPower } from './check.ts';
import type { Image } from './disk.ts';
import { moveImage, writeImage } from './image.ts';
import { recordProgram, whyNotRecord } from './record.ts';
import { momentsOf, type Point, type Recording, replay, without } from './replay.ts';
import { readEvents, type Workload } from './workload.ts';

const program = fileURLToPath(new URL('program.js', import.meta.url));
const maildrops = ['one', 'two', 'three'];
const thorough = process.env['RESTANTE_LONG'] === '1';
const options = { maildrops, moments: thorough ? 160 : 16, losses: thorough ? 6 : 2, seed: 1 };
/** For what has to be noticed: few moments, and every kind of loss. It ends at the first broken promise. */
const closely = { maildrops, moments: 12, losses: 6, seed: 1 };

const reason = whyNotRecord();
const skip = process.env['RESTANTE_REQUIRE_PEERS'] === '1' ? false : (reason ?? false);

let folder = '';
before(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'restante-recording-')));
});
after(() => rm(folder, { recursive: true }));

interface Before {
  readonly image: (data: string) => Image;
  readonly promised: readonly PromiseEvent[];
}

async function recordWorkload(name: string, faults: FaultPlan = {}, before?: Before): Promise<Recording> {
  assert.equal(reason, undefined);
  const [data, log] = [join(folder, name), join(folder, `${name}.log`)];
  const { promised = [] } = before ?? {};
  const image = before?.image(data) ?? new Map();
  if (before) mkdirSync(data);
  writeImage(image);
  writeFileSync(log, promised.map((event) => `${JSON.stringify(event)}\n`).join(''));
  recordings += 1;
  const isHonest = Object.keys(faults).length === 0;
  const times = thorough && isHonest ? 40 : isHonest ? 20 : 8;
  const lives = isHonest && !before ? 2 : 1;
  const workload: Workload = { data, log, seed: recordings, maildrops, lives, times, faults };
  const traced = await recordProgram(program, [JSON.stringify(workload)], join(folder, `${name}.trace`));
  return { folder: data, before: image, promised, traced, log };
}

let recordings = 0;
let honest: Promise<Recording> | undefined;

function recordHonest(): Promise<Recording> {
  honest ??= recordWorkload('honest');
  return honest;
}

describe('after a power cut', { skip }, () => {
  test('every letter that got 250 is there and every letter whose QUIT got +OK is gone (SM-30, P3-63)', async () => {
    const { cuts, broken } = await cutPower(await recordHonest(), options);
    assert.deepEqual(broken, []);
    assert.ok(cuts >= options.moments, `${cuts} power cuts`);
  });

  for (const loss of ['torn', 'reordered'] as const) {
    test(`and another one while the first is recovered from (${loss}), it is the same`, async () => {
      const first = await recordHonest();
      const answered = momentsOf(first).filter(({ point }) => point === 'accepted');
      const middle = answered.slice(Math.floor(answered.length / 2)).slice(0, 1);
      let before: Before | undefined;
      await replay(first, middle, async (_moment, disk, events) => {
        const image = disk.image(loss, new Random(2));
        before = { image: (data) => moveImage(image, first.folder, data), promised: [...events] };
      });
      const second = await recordWorkload(`recovery-${loss}`, {}, before);
      const recovery = { ...second, traced: second.traced.slice(0, 200) };
      const { broken } = await cutPower(recovery, { ...options, moments: options.moments / 3 });
      assert.deepEqual(broken, []);
    });
  }

  test('these were recorded: letters small and large, full segments, removal, undelete, purge, compaction', async () => {
    const { traced, log } = await recordHonest();
    const done = new Set(readEvents(log).map(({ type }) => type));
    assert.deepEqual([...done].toSorted(), [
      'accepted',
      'aliased',
      'aliasing',
      'imported',
      'importing',
      'purging',
      'removed',
      'removing',
      'restored',
      'restoring',
      'retrieved',
      'sending',
    ]);
    const effects = traced.map(({ effect }) => effect);
    const made = effects.filter((effect) => effect.type === 'open' && /\.segment$/u.test(effect.path));
    assert.ok(made.length > 3, 'segments were filled');
    assert.ok(
      effects.some((effect) => effect.type === 'rename' && /\/incoming\//u.test(effect.from)),
      'a large letter',
    );
    assert.ok(
      effects.some((effect) => effect.type === 'unlink' && /\.segment$/u.test(effect.path)),
      'a compaction',
    );
    assert.ok(
      effects.some((effect) => effect.type === 'write' && /index\.sqlite$/u.test(effect.path)),
      'a checkpoint',
    );
  });
});

describe('the power-cut test notices a store that', { skip }, () => {
  const planted: readonly { readonly name: string; readonly faults: FaultPlan; readonly only: Point }[] = [
    {
      name: 'answers 250 without the sync',
      faults: { 'deliver.before-sync': { action: 'skip-sync' } },
      only: 'accepted',
    },
    {
      name: 'answers 250 before the letter is stored',
      faults: { 'deliver.before-append': { action: 'answer-early' } },
      only: 'accepted',
    },
    {
      name: 'answers +OK before the letters are removed',
      faults: { 'expunge.before-slice': { action: 'answer-early' } },
      only: 'removed',
    },
  ];
  for (const { name, faults, only } of planted) {
    test(name, async () => {
      const recording = await recordWorkload(name.replaceAll(/\W/gu, '-'), faults);
      const { broken } = await cutPower(recording, { ...closely, losses: 1, only });
      assert.notDeepEqual(broken, []);
    });
  }
});

describe('the power-cut test notices when no sync is made of', { skip }, () => {
  const afterLetters = { ...closely, moments: 40, losses: 1, only: 'accepted' } as const;
  const left: Readonly<Record<string, readonly [path: RegExp, options: CutOptions]>> = {
    segments: [/\.segment$/u, afterLetters],
    'the folder of segments': [/\/letters$/u, afterLetters],
    'large letters on their way in': [/\/incoming\//u, afterLetters],
    'the index': [/index\.sqlite$/u, closely],
    'the index’s log': [/index\.sqlite-wal$/u, closely],
    'the data folder': [/\/honest$/u, closely],
  };
  for (const [name, [path, options]] of Object.entries(left)) {
    test(name, async () => {
      const recording = await recordHonest();
      const lying = without(recording, (effect) => effect.type === 'sync' && path.test(effect.path));
      assert.ok(lying.traced.length < recording.traced.length, 'there were such syncs');
      const { broken } = await cutPower(lying, options);
      assert.notDeepEqual(broken, []);
    });
  }
});
