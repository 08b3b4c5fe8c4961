import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
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
import type { Settled, StagedLetter, UnsettledLetter } from './destination.ts';
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

describe('what came of an append is told from the file', () => {
  const earlier = 'From anna Thu Jan  1 00:00:00 1970\nSubject: earlier\n\n>From is quoted here as well\n';
  const letters = ['one', 'two'].map((name) => ({
    letter: incoming(name),
    octets: Buffer.from(`S: ${name}\r\n\r\nFrom ${name}\r\n`),
  }));
  const eve = 'From eve Thu Jan  1 00:00:00 1970\nSubject: other\n\nother\n\n';
  let snapshot = '';
  let records: readonly UnsettledLetter[] = [];
  let begin = 0;
  let end = 0;

  before(async () => {
    const path = newPath();
    snapshot = mkdtempSync(join(folder, 'snapshot-'));
    writeFileSync(path, earlier);
    begin = earlier.length;
    const mbox = await openMbox(path, {
      at: (step) => {
        if (step === 'place.synced') cpSync(join(path, '..'), snapshot, { recursive: true });
      },
    });
    const staged: StagedLetter[] = [];
    for (const letter of letters) staged.push(await stage(mbox, letter));
    await mbox.prepare(staged);
    records = staged.map((one, index) => recordOf(one, letters[index]?.octets ?? Buffer.alloc(0)));
    await mbox.place(staged);
    end = statSync(path).size;
    await mbox.close();
  });

  /** All as it was when the process died with the append done, changed by `change`; then it is settled. */
  async function settled(change: (path: string) => void): Promise<{ path: string; settled: readonly Settled[] }> {
    const path = newPath();
    cpSync(snapshot, join(path, '..'), { recursive: true });
    // This process lives, and would not take its own away.
    rmSync(`${path}.lock`);
    // The copy is another file, where the note has the number of the one that was there.
    const note = join(`${path}.restante-staging`, 'append');
    const noted = JSON.parse(readFileSync(note, 'utf8')) as { inode: number };
    writeFileSync(note, JSON.stringify({ ...noted, inode: statSync(path).ino }));
    change(path);
    const mbox = await openMbox(path);
    const answers = await mbox.settle(records);
    await mbox.close();
    assert.deepEqual(readdirSync(join(path, '..')), ['mbox']);
    return { path, settled: answers };
  }

  const whole = (path: string): void => {
    for (const { octets } of letters) assert.equal(countOf(path, octets), 1);
    assert.ok(readFileSync(path, 'latin1').startsWith(earlier));
  };

  test('cut at any octet: what is there of a letter that is not whole goes, and each is there once', async () => {
    for (let cut = begin; cut <= end; cut += 1) {
      const { path, settled: answers } = await settled((file) => truncateSync(file, cut));
      assert.deepEqual(answers.map(typeOf), ['there', 'there'], `cut at ${cut}`);
      assert.equal(lettersIn(path).length, 3, `cut at ${cut}`);
      whole(path);
    }
  });

  test('with a hole from any octet on, as a power cut leaves it', async () => {
    for (let cut = begin; cut < end; cut += 7) {
      const { path, settled: answers } = await settled((file) => {
        truncateSync(file, cut);
        truncateSync(file, end);
      });
      assert.deepEqual(answers.map(typeOf), ['there', 'there'], `a hole from ${cut} on`);
      assert.equal(lettersIn(path).length, 3, `a hole from ${cut} on`);
      whole(path);
    }
  });

  test('with a letter of another program behind it: nothing of that is cut, and each is there once', async () => {
    for (let cut = begin; cut <= end; cut += 1) {
      const { path, settled: answers } = await settled((file) => {
        truncateSync(file, cut);
        appendFileSync(file, `\n${eve}`);
      });
      assert.deepEqual(answers.map(typeOf), ['there', 'there'], `cut at ${cut}`);
      const text = readFileSync(path, 'latin1');
      assert.ok(text.includes(`\n${eve}`), `cut at ${cut}`);
      // A From line that was cut may stand behind the first: that letter is whole nevertheless.
      for (const name of ['one', 'two']) {
        assert.equal(text.split(`\nS: ${name}\n\n>From ${name}\n`).length, 2, `cut at ${cut}`);
      }
    }
  });

  test('of a file that was written anew with the same letters: they are there', async () => {
    const { path, settled: answers } = await settled((file) => {
      cpSync(file, `${file}.new`);
      renameSync(`${file}.new`, file);
    });
    assert.deepEqual(answers.map(typeOf), ['there', 'there']);
    assert.equal(lettersIn(path).length, 3);
  });

  test('of a file that was written anew, or in place, with fields more or letters fewer: not known, and nothing is added', async () => {
    const changes: Readonly<Record<string, (text: string) => string>> = {
      'a field in each letter': (text) => text.replace(/^(S: .*|Subject: .*)$/gm, '$1\nStatus: RO'),
      'an earlier letter removed, ours changed': (text) => text.slice(begin).replace(/^(S: .*)$/gm, '$1\nStatus: RO'),
      'all removed': () => '',
      'ours removed': () => earlier,
    };
    for (const [what, change] of Object.entries(changes)) {
      for (const anew of [true, false]) {
        // In place, what was cut off to where it had ended before is as if nothing had been appended.
        if (!anew && what === 'ours removed') continue;
        let text = '';
        const { path, settled: answers } = await settled((file) => {
          text = change(readFileSync(file, 'latin1'));
          writeFileSync(anew ? `${file}.new` : file, text, 'latin1');
          if (anew) renameSync(`${file}.new`, file);
        });
        assert.deepEqual(answers.map(typeOf), ['not-known', 'not-known'], `${what}, ${anew}`);
        assert.equal(readFileSync(path, 'latin1'), text, `${what}, ${anew}`);
      }
    }
  });

  test('of a file in which an earlier letter was removed in place: ours are found where they are now', async () => {
    const { path, settled: answers } = await settled((file) => {
      writeFileSync(file, readFileSync(file, 'latin1').slice(begin + 1), 'latin1');
    });
    assert.deepEqual(answers.map(typeOf), ['there', 'there']);
    assert.equal(lettersIn(path).length, 2);
  });

  test('of a file that is gone: not known', async () => {
    const { settled: answers } = await settled((file) => rmSync(file));
    assert.deepEqual(answers.map(typeOf), ['not-known', 'not-known']);
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
