import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Failure } from '../../failure.ts';
import { destinationConformance } from './conformance.test.kit.ts';
import {
  assertThere,
  assertTidy,
  incoming,
  place,
  sent,
  several,
  stage,
  typeOf,
} from './conformance-letters.test.kit.ts';
import { dieAt, recordOf } from './dying.test.kit.ts';
import { lettersIn, mboxUnderTest } from './mbox.test.kit.ts';
import { openMbox } from './mbox.ts';

destinationConformance('an mbox file', mboxUnderTest, {
  promise: 'exactly-once',
  has: ['prepared', 'reader', 'breaks', 'dying', 'bent'],
});

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'restante-mbox-'));
});
after(() => rmSync(folder, { recursive: true }));

/** A new path, in a folder of its own. */
function newPath(): string {
  return join(mkdtempSync(join(folder, 'case-')), 'mbox');
}

describe('an mbox file is what is named, or is made', () => {
  test('for its owner only, each letter behind a From line, with an empty line behind it, and From quoted', async () => {
    const path = newPath();
    const mbox = await openMbox(path);
    assert.equal(mbox.name, `mbox:${path}`);
    const octets = Buffer.from('a: b\r\n\r\nFrom here\r\n>From there\r\nFrom\r\nno end');
    await place(mbox, [
      { letter: incoming('one'), octets },
      { letter: incoming('two'), octets: Buffer.from('c: d\r\n') },
    ]);
    await mbox.close();
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const line = 'From MAILER-DAEMON Tue Nov 24 12:00:00 2026\n';
    assert.equal(
      readFileSync(path, 'latin1'),
      `${line}a: b\n\n>From here\n>>From there\nFrom\nno end\n\n${line}c: d\n\n`,
    );
    assert.deepEqual(readdirSync(join(path, '..')), ['mbox']);
  });

  test('a letter with a bare LF is there with all its octets', async () => {
    const path = newPath();
    const mbox = await openMbox(path);
    const octets = Buffer.from('a: b\r\n\r\nFrom c\nFrom d\r\r\n');
    await place(mbox, [{ letter: incoming('one'), octets }]);
    await mbox.close();
    assert.match(readFileSync(path, 'latin1'), /^From [^\n]*\na: b\r\n\r\n>From c\n>From d\r\r\n\n$/);
  });

  test('that does not end with an empty line gets one; its mode stays', async () => {
    const letter = 'From anna Thu Jan  1 00:00:00 1970\na: b\n\nc';
    for (const [end, missing] of [
      ['', '\n\n'],
      ['\n', '\n'],
      ['\n\n', ''],
      ['\r\n', '\n'],
      ['\r\n\r\n', ''],
    ] as const) {
      const path = newPath();
      writeFileSync(path, letter + end, { mode: 0o640 });
      const mbox = await openMbox(path);
      await place(mbox, [{ letter: incoming('one'), octets: Buffer.from('d: e\r\n') }]);
      await mbox.close();
      const text = readFileSync(path, 'latin1');
      assert.ok(text.startsWith(`${letter}${end}${missing}From MAILER-DAEMON `), JSON.stringify(text));
      assert.equal(statSync(path).mode & 0o777, 0o640);
    }
  });

  test('is no other file, nor one in a folder where no lock can be made', async () => {
    const path = newPath();
    writeFileSync(path, 'dear diary\n');
    mkdirSync(`${path}.folder`);
    const refusals = [
      [path, /is no mbox file: it does not begin with a line "From …"/],
      [`${path}.folder`, /is no regular file: name an mbox file/],
      [join(folder, 'nowhere', 'mbox'), /nowhere cannot be written to: no such file or directory; .*its lock/],
    ] as const;
    for (const [wrong, why] of refusals) {
      await assert.rejects(openMbox(wrong), (thrown) => thrown instanceof Failure && why.test(thrown.message), wrong);
    }
    assert.equal(readFileSync(path, 'latin1'), 'dear diary\n');
  });

  test('by a link: the file behind it is locked and written', async () => {
    const path = newPath();
    const elsewhere = join(mkdtempSync(join(folder, 'elsewhere-')), 'real');
    writeFileSync(elsewhere, '');
    symlinkSync(elsewhere, path);
    let beside: readonly string[] = [];
    const mbox = await openMbox(path, {
      at: (step) => {
        if (step === 'place.letter') beside = readdirSync(join(elsewhere, '..'));
      },
    });
    await place(mbox, [sent('one')]);
    await mbox.close();
    assert.ok(beside.includes('real.lock'), beside.join(' '));
    assert.equal(lettersIn(elsewhere).length, 1);
    assert.deepEqual(readdirSync(join(path, '..')), ['mbox']);
  });
});

describe('an mbox file that others use too', () => {
  test('is not written to while another program has its lock: the destination is to blame', async () => {
    const path = newPath();
    const mbox = await openMbox(path, { patience: 0 });
    const staged = await stage(mbox, sent('one'));
    await mbox.prepare([staged]);
    writeFileSync(`${path}.lock`, '0');
    const [placing] = await mbox.place([staged]);
    assert.ok(placing?.type === 'refused' && placing.blame === 'destination');
    assert.match(placing.why, /mbox is locked by another program: wait for it to end, or remove .*mbox\.lock/);
    const records = [recordOf(staged, sent('one').octets)];
    await assert.rejects((await openMbox(path, { patience: 0 })).settle(records), Failure);
    rmSync(`${path}.lock`);
    await place(mbox, [sent('one')]);
    await mbox.close();
    assert.equal(lettersIn(path).length, 1);
  });

  test('takes the letters of several processes at once, each whole and once', async () => {
    const tested = mboxUnderTest();
    try {
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

  test('tells which letters are whole when another program appends one meanwhile and heeds no lock', async () => {
    const path = newPath();
    const other = 'From eve Thu Jan  1 00:00:00 1970\nSubject: other\n\nother\n\n';
    const mbox = await openMbox(path, {
      at: (step) => {
        if (step === 'place.letter' && !readFileSync(path, 'latin1').includes('From eve')) appendFileSync(path, other);
      },
    });
    const letters = several(3);
    await place(mbox, letters);
    await mbox.close();
    assert.equal(lettersIn(path).length, 4);
    for (const { octets } of letters) assert.equal(countOf(path, octets), 1);
  });

  test('what a process of another maildrop left half done is put in order by who comes next, and settled by who has it', async () => {
    const tested = mboxUnderTest();
    try {
      const [anna, ben] = [several(3, 'anna'), several(2, 'ben', 'ben@mail.example:995')];
      assert.ok(tested.dying);
      const { staged } = await dieAt(tested.dying, anna, 'place.letter', 2);
      truncateSync(tested.path, statSync(tested.path).size - 20);
      const other = await tested.open();
      await other.settle([]);
      await place(other, ben);
      await other.close();
      await assertThere(tested, [...anna.slice(0, 1), ...ben]);
      const destination = await tested.open();
      assert.deepEqual((await destination.settle(staged)).map(typeOf), ['there', 'there', 'there']);
      await destination.close();
      await assertThere(tested, [...anna, ...ben]);
      await assertTidy(tested);
    } finally {
      await tested.close();
    }
  });
});

test('what could not be taken away when the disk failed is taken away before anything else is appended', async () => {
  const path = newPath();
  const failing = new Set<string>();
  const mbox = await openMbox(path, {
    at: (step) => {
      if (failing.has(step)) throw Object.assign(new Error('EIO: planted'), { code: 'EIO' });
    },
  });
  await place(mbox, [sent('before')]);
  const [first, second] = [await stage(mbox, sent('first')), await stage(mbox, sent('second'))];
  await mbox.prepare([first, second]);
  failing.add('place.before-sync');
  assert.deepEqual((await mbox.place([first, second])).map(typeOf), ['refused', 'refused']);
  assert.equal(lettersIn(path).length, 1);
  failing.clear();
  await place(mbox, [sent('first'), sent('second')]);
  await mbox.close();
  assert.equal(lettersIn(path).length, 3);
  chmodSync(path, 0o600);
});

/** How many letters in the file are these octets, whatever empty lines other programs have put behind them. */
function countOf(path: string, octets: Buffer): number {
  const wanted = octets.toString('latin1').replaceAll('\r\n', '\n').trimEnd();
  return lettersIn(path, 'loosely').filter((letter) => letter.toString('latin1').trimEnd() === wanted).length;
}
