import assert from 'node:assert/strict';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { incoming, stage, typeOf } from './conformance-letters.test.kit.ts';
import type { Settled, StagedLetter, UnsettledLetter } from './destination.ts';
import { recordOf } from './dying.test.kit.ts';
import { lettersIn } from './mbox.test.kit.ts';
import { openMbox } from './mbox.ts';

const thorough = process.env['RESTANTE_LONG'] === '1';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'restante-mbox-'));
});
after(() => rmSync(folder, { recursive: true }));

/** A new path, in a folder of its own. */
function newPath(): string {
  return join(mkdtempSync(join(folder, 'case-')), 'mbox');
}

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
  /** The short run cuts at every third octet, and at each of those round the ends of letters. */
  const cuts = (): readonly number[] =>
    Array.from({ length: end - begin + 1 }, (_, index) => begin + index).filter(
      (cut, index) => thorough || index % 3 === 0 || Math.abs(cut - middle) < 8 || end - cut < 8,
    );
  let middle = 0;

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
    // The line end in front, then two entries of one length.
    middle = begin + 1 + (end - begin - 1) / 2;
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
    for (const cut of cuts()) {
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
    for (const cut of cuts()) {
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

/** How many letters in the file are these octets, whatever empty lines other programs have put behind them. */
function countOf(path: string, octets: Buffer): number {
  const wanted = octets.toString('latin1').replaceAll('\r\n', '\n').trimEnd();
  return lettersIn(path, 'loosely').filter((letter) => letter.toString('latin1').trimEnd() === wanted).length;
}
