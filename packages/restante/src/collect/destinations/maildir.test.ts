import assert from 'node:assert/strict';
import {
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Failure } from '../../failure.ts';
import { compareNames } from '../../import/maildir-name.ts';
import { destinationConformance } from './conformance.test.kit.ts';
import { assertThere, assertTidy, incoming, place, sent, several, stage } from './conformance-letters.test.kit.ts';
import { dieAt, recordOf } from './dying.test.kit.ts';
import { maildirUnderTest } from './maildir.test.kit.ts';
import { openMaildir } from './maildir.ts';
import { type DestinationStep, destinationSteps } from './steps.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'restante-maildir-'));
});
after(() => rm(folder, { recursive: true }));

test('a letter lies in new, with LF line ends and a name that says when, what and how long', async () => {
  const root = join(folder, 'plain');
  const maildir = await openMaildir(root);
  assert.deepEqual(readdirSync(root).sort(), ['cur', 'new', 'tmp']);
  const letter = { mailbox: 'anna@mail.example:995', key: '../../x', uniqueId: '../../x', listed: 1_700_000_000_123 };
  const stage = maildir.stage(letter);
  await stage.write(Buffer.from('Subject: hello\r'));
  await stage.write(Buffer.from('\n\r\nFrom here\r\n'));
  const staged = await stage.end();
  assert.equal(staged.type, 'staged');
  assert.deepEqual(readdirSync(join(root, 'new')), []);
  await maildir.prepare([staged]);
  const [placing] = await maildir.place([staged]);
  const [name = ''] = readdirSync(join(root, 'new'));
  assert.deepEqual(placing, { type: 'placed', place: `new/${name}` });
  assert.match(name, /^1700000000\.M123000R[0-9a-f]{32}\.[A-Za-z0-9._-]+,S=26,W=29$/);
  assert.equal(readFileSync(join(root, 'new', name), 'latin1'), 'Subject: hello\n\nFrom here\n');
  await maildir.close();
  assert.deepEqual(readdirSync(root).sort(), ['cur', 'new', 'tmp']);
});

/** A Maildir has no lock, and needs no note. */
const others: readonly DestinationStep[] = ['place.locked', 'place.before-note', 'place.noted', 'place.cleared'];

destinationConformance('a Maildir', maildirUnderTest, {
  promise: 'exactly-once',
  has: ['prepared', 'reader', 'breaks', 'dying', 'bent'],
  steps: destinationSteps.filter((step) => !others.includes(step)),
});

describe('a Maildir is what is named, or is made', () => {
  test('in an empty folder, beside what a run that died had made of it, and when both do it at once', async () => {
    for (const [name, parts] of Object.entries({
      empty: [],
      begun: ['tmp'],
      half: ['tmp', 'new', 'restante-staging'],
    })) {
      const root = join(folder, name);
      for (const part of ['.', ...parts]) mkdirSync(join(root, part), { recursive: true });
      await Promise.all([openMaildir(root), openMaildir(`${root}/`)]);
      for (const part of ['tmp', 'new', 'cur']) assert.ok(statSync(join(root, part)).isDirectory());
    }
  });

  test('for its owner only, as its letters are', async () => {
    const root = join(folder, 'modes');
    const maildir = await openMaildir(root);
    const [staged] = await place(maildir, [sent('one')]);
    for (const part of ['.', 'tmp', 'new', 'cur']) assert.equal(statSync(join(root, part)).mode & 0o777, 0o700);
    assert.equal(statSync(join(root, staged?.place ?? '')).mode & 0o777, 0o600);
    await maildir.close();
  });

  test('as another program made it, with folders beside, and a folder of it is one too', async () => {
    const root = join(folder, 'other');
    for (const part of ['cur', 'new', '.Sent/cur', '.Sent/new', '.Sent/tmp'])
      mkdirSync(join(root, part), { recursive: true });
    writeFileSync(join(root, 'dovecot-uidlist'), '');
    for (const path of [root, join(root, '.Sent')]) {
      const maildir = await openMaildir(path);
      assert.equal(maildir.name, `maildir:${path}`);
      await place(maildir, [sent(path)]);
      assert.equal(readdirSync(join(path, 'new')).length, 1);
      await maildir.close();
    }
  });

  test('never made of a folder that is something else, nor where there is no folder for it', async () => {
    const used = join(folder, 'used');
    mkdirSync(join(used, 'new'), { recursive: true });
    writeFileSync(join(used, 'letter.txt'), 'dear diary');
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const refusals = [
      [used, /is no Maildir, and not empty: name a Maildir, or a folder that is not there yet/],
      [file, /is no folder/],
      [join(folder, 'nowhere', 'Maildir'), /nowhere is not there: make that folder first, or name another/],
    ] as const;
    for (const [path, why] of refusals) await assert.rejects(openMaildir(path), (thrown) => isFailure(thrown, why));
    assert.deepEqual(readdirSync(used).sort(), ['letter.txt', 'new']);
  });

  const root = process.geteuid?.() === 0;
  test("not by root where it is somebody else's, who could not read the letters", { skip: !root }, async () => {
    const theirs = join(folder, 'theirs');
    mkdirSync(join(theirs, 'new'), { recursive: true });
    mkdirSync(join(theirs, 'cur'));
    chownSync(theirs, 65534, 65534);
    await assert.rejects(openMaildir(theirs), { message: /is not root's, .*: run it as user 65534$/ });
    assert.deepEqual(readdirSync(theirs).sort(), ['cur', 'new']);
  });

  test('by a link to it, while a link in it is refused: it may lead anywhere', async () => {
    const root = join(folder, 'real');
    await openMaildir(root);
    symlinkSync(root, join(folder, 'link'));
    const maildir = await openMaildir(join(folder, 'link'));
    await place(maildir, [sent('one')]);
    await maildir.close();
    assert.equal(readdirSync(join(root, 'new')).length, 1);
    for (const part of ['tmp', 'new', 'cur', 'restante-staging']) {
      const other = join(folder, `linked-${part}`);
      for (const made of ['tmp', 'new', 'cur']) if (made !== part) mkdirSync(join(other, made), { recursive: true });
      symlinkSync(join(folder, 'used'), join(other, part));
      await assert.rejects(openMaildir(other), (thrown) => isFailure(thrown, /is no folder: a link may lead anywhere/));
    }
  });

  test('and a link that lies where a letter is to be staged is never written through', async () => {
    const root = join(folder, 'planted');
    const maildir = await openMaildir(root);
    const dead = await openMaildir(root);
    await stage(dead, sent('one'));
    const [name = ''] = readdirSync(join(root, 'restante-staging'));
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'precious');
    rmSync(join(root, 'restante-staging', name));
    symlinkSync(victim, join(root, 'restante-staging', name));
    await place(maildir, [sent('one')]);
    await maildir.close();
    assert.equal(readFileSync(victim, 'utf8'), 'precious');
    const [placed = ''] = readdirSync(join(root, 'new'));
    assert.ok(lstatSync(join(root, 'new', placed)).isFile());
  });
});

describe('letters in a Maildir', () => {
  test('are found by their names, in new and in cur, whatever flags they have, with what the server had sent', async () => {
    const root = join(folder, 'found');
    const maildir = await openMaildir(root);
    const bare = { letter: incoming('bare'), octets: Buffer.from('a: b\r\n\r\nc\nd\r\r\n') };
    const letters = [sent('one'), sent('two'), bare];
    const [one, two] = await place(maildir, letters);
    renameSync(join(root, one?.place ?? ''), join(root, 'cur', `${one?.place.slice(4)}:2,FRS`));
    renameSync(join(root, two?.place ?? ''), join(root, 'cur', `${two?.place.slice(4)}`));
    for (const other of ['1700000000.M1P2.mail.example', '1700000000.R00.x,S=1', '.hidden']) {
      writeFileSync(join(root, 'cur', other), 'x');
    }
    const found = await maildir.find?.([...letters, sent('three')].map(({ letter }) => letter));
    assert.deepEqual([...(found?.keys() ?? [])].sort(), ['bare', 'one', 'two']);
    assert.match(found?.get('one')?.place ?? '', /^cur\/.*:2,FRS$/);
    for (const { letter, octets } of letters) {
      const { sha256 } = recordOf({ type: 'staged', letter, place: '', octets: octets.length }, octets);
      assert.deepEqual([found?.get(letter.key)?.octets, found?.get(letter.key)?.sha256], [octets.length, sha256]);
    }
    await maildir.close();
  });

  test('have names that sort as they were listed', async () => {
    const root = join(folder, 'sorted');
    const maildir = await openMaildir(root);
    const times = [999, 1000, 1001, 1999.5, 2000].map((time) => 1_700_000_000_000 + time);
    const letters = times.map((listed, index) => ({
      ...sent(`${index}`),
      letter: { ...incoming(`${index}`), listed },
    }));
    const staged = await place(maildir, [...letters].reverse());
    const places = staged.map(({ place }) => place.slice(4)).reverse();
    assert.deepEqual([...places].sort(compareNames), places);
    await maildir.close();
  });

  test('are never written over: a file of that name with other octets stays, and the letter is refused', async () => {
    const root = join(folder, 'over');
    const maildir = await openMaildir(root);
    const letter = sent('one');
    const staged = await stage(maildir, letter);
    await maildir.prepare([staged]);
    writeFileSync(join(root, staged.place), 'another');
    const [placing] = await maildir.place([staged]);
    assert.equal(placing?.type === 'refused' && placing.blame, 'letter');
    assert.equal(readFileSync(join(root, staged.place), 'utf8'), 'another');
    await maildir.close();
    assert.deepEqual(readdirSync(root).sort(), ['cur', 'new', 'tmp']);
  });

  test('that another program changed are not known after a crash', async () => {
    const root = join(folder, 'changed');
    const letter = sent('one');
    const dead = await openMaildir(root);
    const [staged] = await place(dead, [letter]);
    assert.ok(staged);
    writeFileSync(join(root, staged.place), 'X-Changed: yes\n', { flag: 'a' });
    const maildir = await openMaildir(root);
    const [settled] = await maildir.settle([recordOf(staged, letter.octets)]);
    assert.equal(settled?.type, 'not-known');
    assert.match(settled?.type === 'not-known' ? settled.why : '', /has other octets than those that came/);
    await maildir.close();
  });

  test('of several processes at once are all there, each once', async () => {
    const tested = maildirUnderTest();
    try {
      await tested.open();
      const groups = ['anna', 'ben', 'carla'].map((name) => several(10, name, `${name}@mail.example:995`));
      assert.ok(tested.dying);
      const dying = tested.dying;
      const ends = await Promise.all(groups.map((letters) => dieAt(dying, letters, 'none', 0)));
      assert.deepEqual(
        ends.map(({ kept }) => kept.length),
        [10, 10, 10],
      );
      await assertThere(tested, groups.flat());
      await assertTidy(tested);
    } finally {
      await tested.close();
    }
  });
});

function isFailure(thrown: unknown, why: RegExp): boolean {
  return thrown instanceof Failure && why.test(thrown.message);
}
