import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Random } from '../../testing/oracle/random.ts';
import { type Image, losses } from '../../testing/power-cut/disk.ts';
import { moveImage, writeImage } from '../../testing/power-cut/image.ts';
import { recordProgram, whyNotRecord } from '../../testing/power-cut/record.ts';
import { momentsOf, type Recording, replay, without } from '../../testing/power-cut/replay.ts';
import { place } from './conformance-letters.test.kit.ts';
import { fromFile } from './maildir.test.kit.ts';
import { lettersIn } from './mbox.test.kit.ts';
import { cutLetters, type JournalLine, type Kind, openKind } from './power-cut.test.kit.ts';

const thorough = process.env['RESTANTE_LONG'] === '1';
const reason = whyNotRecord();
const skip = process.env['RESTANTE_REQUIRE_PEERS'] === '1' ? false : (reason ?? false);
const program = fileURLToPath(new URL('power-cut.test.kit.js', import.meta.url));
/** Folders are rebuilt in memory where that can be: their own syncs prove nothing. */
const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

let folder = '';
before(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'restante-cut-')));
});
after(() => rm(folder, { recursive: true }));

for (const kind of ['maildir', 'mbox'] as const) {
  describe(`letters that are collected into ${kind === 'mbox' ? 'an mbox file' : 'a Maildir'}`, { skip }, () => {
    let recording: Recording;
    before(async () => {
      const [data, log] = [join(folder, kind), join(folder, `${kind}.log`)];
      await mkdir(data);
      writeFileSync(log, '');
      const traced = await recordProgram(program, [kind, join(data, kind), log], join(folder, `${kind}.trace`));
      recording = { folder: data, before: new Map(), promised: [], traced, log };
    });

    test('are each there once after a power cut, whatever the disk has lost, and what was kept is there at once', async () => {
      const broken = await cut(recording, kind, thorough ? 1 : 6);
      assert.deepEqual(broken, []);
    });

    // What is left out, and where that must be noticed: which shows that power cuts are simulated at all.
    const folders =
      kind === 'mbox' ? ['/mbox', '/mbox.restante-staging'] : ['/maildir/new', '/maildir/restante-staging/'];
    for (const place of folders) {
      test(`are not without the syncs of ${place}`, async () => {
        const bent = without(recording, (effect) => {
          if (effect.type !== 'sync') return false;
          const path = effect.path.slice(recording.folder.length);
          return place.endsWith('/') ? path.startsWith(place) : path === place;
        });
        assert.ok(bent.traced.length < recording.traced.length);
        assert.notDeepEqual(await cut(bent, kind, 1, 1), []);
      });
    }
  });
}

/** Cuts the power at every so many moments, with each kind of loss; answers what was wrong, `enough` of it at most. */
async function cut(recording: Recording, kind: Kind, every: number, enough = 3): Promise<readonly string[]> {
  const random = new Random(1);
  const broken: string[] = [];
  const moments = momentsOf(recording).filter((_, index) => index % every === 0);
  assert.ok(moments.length > 10);
  await replay(recording, moments, async (moment, disk, events) => {
    for (const loss of losses) {
      if (broken.length >= enough) return;
      const image = disk.image(loss, random);
      try {
        await check(kind, recording.folder, image, events as unknown as readonly JournalLine[]);
      } catch (error) {
        broken.push(`${loss} at line ${moment.line}: ${error instanceof Error ? error.message : error}`);
      }
    }
  });
  return broken;
}

/** What the next run makes of it. */
async function check(kind: Kind, from: string, image: Image, journal: readonly JournalLine[]): Promise<void> {
  const data = await mkdtemp(join(memory, 'restante-cut-'));
  const path = join(data, kind);
  try {
    writeImage(moveImage(image, from, data));
    keepInode(path);
    const kept = journal.flatMap((line) => ('kept' in line ? line.kept : []));
    const staged = journal.flatMap((line) => ('staged' in line ? line.staged : []));
    if (kind === 'maildir') assertOnce(kind, path, kept, 'kept');
    else assertWritten(path, kept);
    const destination = await openKind(kind, path);
    const open = staged.filter(({ letter }) => !kept.includes(letter.key));
    const settled = await destination.settle(open);
    const there = open.filter((_, index) => settled[index]?.type === 'there').map(({ letter }) => letter.key);
    assert.deepEqual(
      settled.filter(({ type }) => type === 'not-known'),
      [],
    );
    assertOnce(kind, path, [...kept, ...there], 'settled');
    const rest = cutLetters.filter(({ letter: { key } }) => !kept.includes(key) && !there.includes(key));
    await place(destination, rest);
    await destination.close();
    assert.equal(lettersOf(kind, path).length, cutLetters.length, 'none more');
    assertOnce(
      kind,
      path,
      cutLetters.map(({ letter }) => letter.key),
      'in the end',
    );
    // An attempt at a lock that says nothing yet of who makes it is removed when it is old.
    const left = readdirSync(data).filter((name) => name !== kind && !isEmptyAttempt(join(data, name)));
    // Where nothing was left to be done, what waits there waits for a letter.
    if (open.length + rest.length > 0) assert.deepEqual(left, []);
  } finally {
    await rm(data, { recursive: true });
  }
}

function isEmptyAttempt(path: string): boolean {
  return /\.lock\.\d+\.[0-9a-f]{12}$/.test(path) && statSync(path).size === 0;
}

/** A disk keeps the number of a file; one that is written anew has another. */
function keepInode(path: string): void {
  const note = `${path}.restante-staging/append`;
  if (!existsSync(note) || !existsSync(path)) return;
  const text = readFileSync(note, 'utf8');
  if (text.startsWith('{') && text.endsWith('}')) {
    writeFileSync(note, JSON.stringify({ ...JSON.parse(text), inode: statSync(path).ino }));
  }
}

function assertOnce(kind: Kind, path: string, keys: readonly string[], when: string): void {
  const there = keys.length === 0 ? [] : lettersOf(kind, path);
  for (const { letter, octets } of cutLetters.filter((one) => keys.includes(one.letter.key))) {
    assert.equal(there.filter((one) => one.equals(octets)).length, 1, `${letter.key}, ${when}`);
  }
}

/** Behind a letter that is kept, zeros may stand of the next that was not: until the next run. */
function assertWritten(path: string, keys: readonly string[]): void {
  const text = keys.length === 0 ? '' : readFileSync(path, 'latin1');
  for (const { letter, octets } of cutLetters.filter((one) => keys.includes(one.letter.key))) {
    const written = octets
      .toString('latin1')
      .replaceAll('\r\n', '\n')
      .replace(/(?<=^|\n)(?=>*From )/g, '>');
    assert.equal(text.split(written).length, 2, `${letter.key}, kept`);
  }
}

function lettersOf(kind: Kind, path: string): readonly Buffer[] {
  if (kind === 'mbox') {
    return lettersIn(path, 'loosely').map((letter) =>
      Buffer.from(letter.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'),
    );
  }
  return ['new', 'cur'].flatMap((sub) => readdirSync(join(path, sub)).map((name) => fromFile(join(path, sub, name))));
}
