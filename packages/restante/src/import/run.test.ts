import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../testing/running-office.ts';
import { TrialIntake } from '../testing/trial-intake.ts';
import { EmlSource } from './eml.ts';
import { MaildirSource } from './maildir.ts';
import { type ImportOptions, importLetters } from './run.ts';
import { Unreadable } from './source.ts';
import { readUniqueIdList, type UniqueIdList } from './unique-id-list.ts';

/** A Maildir with these letters, by the names of their files. */
function maildir(letters: Readonly<Record<string, string | Buffer>>): string {
  const path = temporaryFolder();
  for (const folder of ['tmp', 'new', 'cur']) mkdirSync(join(path, folder));
  for (const [name, letter] of Object.entries(letters)) writeFileSync(join(path, name), letter);
  return path;
}

function run(path: string, intake: TrialIntake, options: Partial<ImportOptions> = {}) {
  return importLetters({ source: MaildirSource.open(path), intake, ...options });
}

const octetsOf = ({ letters }: TrialIntake) => letters.map(({ octets }) => octets.toString('latin1'));

/** A list with two columns. */
function listOf(...rows: readonly string[]): UniqueIdList {
  const path = join(temporaryFolder(), 'list');
  writeFileSync(path, rows.map((row) => `${row}\n`).join(''));
  return readUniqueIdList(path, '%08Xu%08Xv', true);
}

test('letters come in the order of their names’ times, as the octets that they are, when their files say', async () => {
  const path = maildir({
    'cur/1000000002.M5P1.x:2,S': 'A: 3\n\n3',
    'new/1000000002.M10P1.x': 'A: 4\n\n4\n',
    'cur/1000000001.P9.x:2,': 'A: 2\r\n\r\na\rb\n',
    'new/999999999.P9.x': 'A: 1\n',
    'tmp/1000000000.P9.x': 'never delivered\n',
    'cur/.hidden': 'no letter\n',
  });
  utimesSync(join(path, 'new/999999999.P9.x'), 1_234_567_890.5, 1_234_567_890.5);
  const intake = new TrialIntake();
  const report = await run(path, intake);
  assert.deepEqual(octetsOf(intake), ['A: 1\r\n', 'A: 2\r\n\r\na\rb\r\n', 'A: 3\r\n\r\n3\r\n', 'A: 4\r\n\r\n4\r\n']);
  assert.equal(intake.letters[0]?.arrived, 1_234_567_890_500);
  const { taken, octets, already, refusedLetters, letters } = report;
  assert.deepEqual(
    { taken, octets, already, refusedLetters, letters },
    {
      taken: 4,
      octets: 41,
      already: 0,
      refusedLetters: 0,
      letters: 4,
    },
  );
});

test('repeated, it takes nothing twice, and what has come meanwhile', async () => {
  const path = maildir({ 'new/1.a': 'A: 1\n', 'new/2.a': 'A: 2\n' });
  const intake = new TrialIntake();
  await run(path, intake);
  writeFileSync(join(path, 'new/3.a'), 'A: 3\n');
  renameSync(join(path, 'new/1.a'), join(path, 'cur/1.a:2,S'));
  const { taken, already } = await run(path, intake);
  assert.deepEqual({ taken, already }, { taken: 1, already: 2 });
  assert.deepEqual(octetsOf(intake), ['A: 1\r\n', 'A: 2\r\n', 'A: 3\r\n']);
});

test('two letters of the same octets are two, also the second time', async () => {
  const path = maildir({ 'new/1.a': 'A: 1\n', 'new/2.a': 'A: 1\r\n', 'new/3.a': 'A: 1\n' });
  const intake = new TrialIntake();
  assert.equal((await run(path, intake)).taken, 3);
  assert.equal((await run(path, intake)).already, 3);
  assert.equal(new Set(intake.letters.map(({ key }) => key)).size, 3);
});

test('again takes them once more, each time', async () => {
  const path = maildir({ 'new/1.a': 'A: 1\n', 'new/2.a': 'A: 2\n', 'new/3.a': 'A: 1\n' });
  const intake = new TrialIntake();
  for (const sum of [3, 6, 9]) {
    assert.equal((await run(path, intake, { again: true })).taken, 3);
    assert.equal(intake.letters.length, sum);
  }
  assert.equal((await run(path, intake)).already, 3);
});

test('after it was cut off anywhere, a repetition brings the rest and nothing twice', async () => {
  const letters = Object.fromEntries(Array.from({ length: 700 }, (_, index) => [`new/${index}.a`, `A: ${index}\n`]));
  const path = maildir(letters);
  for (const lostAfter of [0, 1, 199, 200, 201, 555]) {
    const intake = new TrialIntake();
    intake.lostAfter = lostAfter;
    const first = await run(path, intake);
    assert.equal(first.stopped, 'the office closed');
    assert.equal(first.taken, lostAfter);
    intake.lostAfter = Number.POSITIVE_INFINITY;
    const second = await run(path, intake);
    assert.deepEqual([second.already, second.taken, second.stopped], [lostAfter, 700 - lostAfter, undefined]);
    assert.deepEqual(
      octetsOf(intake),
      Object.values(letters).map((letter) => letter.replace('\n', '\r\n')),
    );
    assert.ok(intake.mostOpen <= 400, 'what is on the way is bounded');
    assert.ok(lostAfter > 300 || intake.mostOpen > 100, 'many are on the way at once');
  }
});

test('what cannot be taken is named with its place, why and a remedy; all else is taken', async () => {
  const path = maildir({
    'new/1.a': 'A: 1\n',
    'new/2.nul': Buffer.from('A: 2\n\n\0\n'),
    'new/3.gone': 'A: 3\n',
    'new/6.a': 'A: 6\n',
    secret: 'root:x:0:0\n',
  });
  symlinkSync(join(path, 'secret'), join(path, 'new/4.link'));
  mkdirSync(join(path, 'new/5.folder'));
  const source = MaildirSource.open(path);
  rmSync(join(path, 'new/3.gone'));
  const intake = new TrialIntake();
  const { refused, refusedLetters, taken } = await importLetters({ source, intake });
  assert.equal(taken, 2);
  assert.equal(refusedLetters, 4);
  assert.deepEqual(
    refused.map(({ place, why }) => [place.slice(path.length), why]),
    [
      ['/new/2.nul', 'a NUL octet stands in it, 6 octets from its beginning'],
      ['/new/3.gone', 'it is not there'],
      ['/new/4.link', 'it is a symbolic link, which may lead anywhere'],
      ['/new/5.folder', 'it is no regular file'],
    ],
  );
  assert.ok(refused.every(({ remedy }) => remedy.length > 0));
  assert.ok(!octetsOf(intake).join().includes('root'));
});

test('a file that may not be read is named', {
  skip: process.getuid?.() === 0 && 'root may read everything',
}, async () => {
  const path = maildir({ 'new/1.a': 'A: 1\n' });
  chmodSync(join(path, 'new/1.a'), 0);
  const { refused } = await run(path, new TrialIntake());
  assert.equal(refused[0]?.why, 'permission denied');
});

test('letters whose flags change meanwhile are found', async () => {
  const path = maildir({ 'new/1.a': 'A: 1\n', 'cur/2.a:2,': 'A: 2\n', 'cur/3.a:2,': 'A: 3\n' });
  const source = MaildirSource.open(path);
  renameSync(join(path, 'new/1.a'), join(path, 'cur/1.a:2,S'));
  renameSync(join(path, 'cur/2.a:2,'), join(path, 'cur/2.a:2,RS'));
  const intake = new TrialIntake();
  assert.equal((await importLetters({ source, intake })).taken, 3);
  assert.deepEqual(octetsOf(intake), ['A: 1\r\n', 'A: 2\r\n', 'A: 3\r\n']);
});

test('letters whose flags change one after the other, each just before it is read, are found', async () => {
  const names = Array.from({ length: 50 }, (_, index) => `${100 + index}.a`);
  const path = maildir(Object.fromEntries(names.map((name) => [`cur/${name}:2,`, `A: ${name}\n`])));
  const open = MaildirSource.open(path);
  const intake = new TrialIntake();
  const source = {
    extent: open.extent,
    done: 0,
    leftOut: [],
    close: () => undefined,
    *letters() {
      for (const letter of open.letters()) {
        renameSync(join(path, `cur/${letter.fileName}:2,`), join(path, `cur/${letter.fileName}:2,S`));
        yield letter;
      }
    },
  };
  assert.deepEqual((await importLetters({ source, intake })).refused, []);
  assert.equal(intake.letters.length, names.length);
});

test('a source that cannot be read to its end ends the import, which says so', async () => {
  const path = maildir({ 'new/1.a': 'A: 1\n' });
  const source = MaildirSource.open(path);
  const broken = {
    ...{ extent: source.extent, done: 0, leftOut: [], close: () => undefined },
    *letters() {
      yield* source.letters();
      throw new Unreadable('it cannot be read: EIO', 'mend that');
    },
  };
  const { stopped } = await importLetters({ source: broken, intake: new TrialIntake() });
  assert.equal(stopped, 'it cannot be read: EIO');
});

test('folders beside the INBOX stay where they are, and are named', async () => {
  const path = maildir({ 'new/1.a': 'A: 1\n' });
  mkdirSync(join(path, '.Sent', 'cur'), { recursive: true });
  writeFileSync(join(path, '.Sent', 'cur', '1.b'), 'A: sent\n');
  const { leftOut, taken } = await run(path, new TrialIntake());
  assert.equal(taken, 1);
  assert.deepEqual(
    leftOut.map(({ place }) => place),
    [join(path, '.Sent')],
  );
});

test('a link in the place of new or cur is not followed', () => {
  const path = maildir({});
  rmSync(join(path, 'cur'), { recursive: true });
  symlinkSync('/etc', join(path, 'cur'));
  assert.throws(() => MaildirSource.open(path), /^Failure: .*cur is no folder: a link may lead anywhere/);
  assert.throws(() => MaildirSource.open(join(path, 'none')), /^Failure: .* is no Maildir: it has no folder "new"/);
});

test('names with any octets', async () => {
  const path = maildir({});
  for (const name of [Buffer.from([0x31, 0x2e, 0xff, 0xfe]), Buffer.from('2.a\nb\u001b[31m'), Buffer.from('3.grüße')]) {
    writeFileSync(Buffer.concat([Buffer.from(`${path}/new/`), name]), Buffer.concat([name, Buffer.from([0, 0x0a])]));
  }
  const { refused } = await run(path, new TrialIntake());
  assert.deepEqual(
    refused.map(({ place }) => place.slice(path.length)),
    ['/new/1.\\xff\\xfe', '/new/2.a\\x0ab\\x1b[31m', '/new/3.grüße'],
  );
});

test('a letter that changes between the two looks at a large one is not taken', async () => {
  const file = join(temporaryFolder(), 'large.eml');
  const lines = 'x'.repeat(99).concat('\n');
  writeFileSync(file, `A: 1\n\n${lines.repeat(20_000)}`);
  const intake = new TrialIntake();
  const begin = intake.begin.bind(intake);
  let committed = 0;
  intake.begin = (letter) => {
    writeFileSync(file, `A: 2\n\n${lines.repeat(20_000)}`);
    const delivery = begin(letter);
    return {
      ...delivery,
      commit: () => {
        committed += 1;
        return delivery.commit();
      },
    };
  };
  const { refused } = await importLetters({ source: new EmlSource([file]), intake });
  assert.equal(refused[0]?.why, 'it changed while it was read');
  assert.equal(committed, 0);
});

test('a large letter comes octet for octet, and its memory is bounded', async () => {
  const file = join(temporaryFolder(), 'large.eml');
  const text = `A: 1\n\n${'line\nline\r\n\n'.repeat(500_000)}end`;
  writeFileSync(file, text);
  const intake = new TrialIntake();
  await importLetters({ source: new EmlSource([file]), intake });
  assert.equal(intake.letters[0]?.octets.toString('latin1'), `${text.replace(/\r?\n/g, '\r\n')}\r\n`);
});

test('a letter that is too large is left out; a full disk ends the import', async () => {
  const path = maildir({ 'new/1.a': 'A: 1\n', 'new/2.a': 'A: 2\n', 'new/3.a': 'A: 3\n' });
  const intake = new TrialIntake();
  intake.faults.set('A: 2\r\n', 'too-large');
  const first = await run(path, intake);
  assert.deepEqual([first.taken, first.refused[0]?.remedy], [2, 'raise limits.letter_size, and repeat']);
  intake.faults.set('A: 2\r\n', 'no-room');
  const second = await run(path, intake);
  assert.deepEqual([second.taken, second.already, second.stopped], [0, 2, 'no-room, as the trial wants it']);
});

test('a mailbox that is full ends the import, and one letter that it can never hold is left out; either says what to do', async () => {
  const path = maildir({ 'new/1.a': 'A: 1\n', 'new/2.a': 'A: 2\n', 'new/3.a': 'A: 3\n' });
  const intake = new TrialIntake();
  intake.faults.set('A: 2\r\n', 'exceeds-maildrop');
  const first = await run(path, intake);
  assert.equal(first.taken, 2);
  assert.match(first.refused[0]?.remedy ?? '', /restante account quota .* repeat/);
  intake.faults.set('A: 2\r\n', 'over-quota');
  const second = await run(path, intake);
  assert.deepEqual([second.taken, second.already], [0, 2]);
  assert.match(second.stopped ?? '', /over-quota.*restante account quota .* repeat/);
});

test('unique-ids are kept; where that cannot be, the letter is not taken with another', async () => {
  const names = ['1.a', '2.b', '3.c', '4.d', '5.e', '6.f', '7.g'];
  const path = maildir(Object.fromEntries(names.map((name) => [`new/${name}`, `A: ${name}\n`])));
  const intake = new TrialIntake();
  intake.give('given-before');
  const long = 'x'.repeat(71);
  const uniqueIds = listOf(
    '1.a one',
    '2.b one',
    '3.c given-before',
    `4.d ${long}`,
    '6.f grüße',
    `7.g ${'y'.repeat(70)}`,
  );
  const { taken, refused, matching, letters } = await run(path, intake, { uniqueIds });
  assert.deepEqual([taken, matching, letters], [2, 2, 7]);
  assert.deepEqual(
    intake.letters.map(({ uniqueId }) => uniqueId),
    ['one', 'y'.repeat(70)],
  );
  assert.deepEqual(
    refused.map(({ place, why }) => [place.slice(-3), why.replace(/^\/.*: /, '').slice(0, 35)]),
    [
      ['2.b', `its unique-id one is that of ${path}`.slice(0, 35)],
      ['3.c', 'its unique-id given-before was give'],
      ['4.d', `its unique-id "${long}`.slice(0, 35)],
      ['5.e', 'there is no unique-id for it'],
      ['6.f', 'its unique-id "grÃ¼Ã\u009fe" is none (RFC 1939'.slice(0, 35)],
    ],
  );
  // The remedy that is named: without the list, the rest comes with new unique-ids.
  const rest = await run(path, intake);
  assert.deepEqual([rest.taken, rest.already], [5, 2]);
});

test('a dry run changes nothing, and says how many match: before and after', async () => {
  const path = maildir({ 'new/1.a': 'A: 1\n', 'new/2.b': 'A: 2\n', 'new/3.c': 'A: 3\n' });
  const uniqueIds = listOf('1 one', '2 two', '3 three');
  const intake = new TrialIntake();
  const before = await run(path, intake, { uniqueIds, dryRun: true });
  assert.deepEqual([before.taken, before.matching, intake.letters.length], [3, 3, 0]);
  await run(path, intake, { uniqueIds });
  const after = await run(path, intake, { uniqueIds, dryRun: true });
  assert.deepEqual([after.taken, after.already, after.matching], [0, 3, 3]);
  const others = await run(path, intake, { uniqueIds: listOf('1 one', '2 zwei', '3 three'), dryRun: true });
  assert.deepEqual([others.matching, others.refused[0]?.why], [2, 'it is there already, with another unique-id']);
});
