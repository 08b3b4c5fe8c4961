import assert from 'node:assert/strict';
import { chownSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isHere, runProgram, USER } from '../../testing/interop/peer-program.ts';
import { place, several } from './conformance-letters.test.kit.ts';
import { lettersIn } from './mbox.test.kit.ts';
import { openMbox } from './mbox.ts';

test('procmail and we append to one mbox file at the same time: each heeds the lock of the other, and every letter is whole', async (t) => {
  if (!isHere(t, 'procmail')) return;
  const home = mkdtempSync(join(tmpdir(), 'restante-procmail-'));
  t.after(() => rmSync(home, { recursive: true }));
  // It does not deliver as root.
  if (USER.uid !== undefined && USER.gid !== undefined) chownSync(home, USER.uid, USER.gid);
  const path = join(home, 'mbox');
  const rules = join(home, 'rules');
  writeFileSync(rules, `LOCKSLEEP=1\n:0:\n${path}\n`, { mode: 0o644 });
  writeFileSync(path, '', { mode: 0o666 });
  if (USER.uid !== undefined && USER.gid !== undefined) chownSync(path, USER.uid, USER.gid);

  const mbox = await openMbox(path);
  const ours = several(12);
  const theirs = Array.from(
    { length: 12 },
    (_, index) => `Subject: theirs ${index}\n\nFrom them\n${'line\n'.repeat(500)}`,
  );
  const delivered = theirs.map(async (letter) => {
    const { status, stderr } = await runProgram(['procmail', '-f', 'eve', 'LOGNAME=alice', rules], home, letter);
    assert.equal(status, 0, stderr);
  });
  for (const letter of ours) await place(mbox, [letter]);
  await Promise.all(delivered);
  await mbox.close();

  const there = lettersIn(path, 'loosely').map((letter) => letter.toString('latin1').trimEnd());
  const wanted = [...ours.map(({ octets }) => octets.toString('latin1').replaceAll('\r\n', '\n')), ...theirs];
  assert.deepEqual([...there].sort(), wanted.map((letter) => letter.trimEnd()).sort());
  assert.deepEqual(readdirSync(home).sort(), ['mbox', 'rules']);
});
