import assert from 'node:assert/strict';
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { conformancePage, page } from './conformance-page.mjs';
import { conformance, reasonsGiven, tables, testTitles } from './conformance-rows.mjs';

const shown = { tests: testTitles(), reasons: reasonsGiven() };

test('docs/conformance.md is what the sources say: npm run docs writes it', () => {
  assert.ok(conformancePage(shown) === readFileSync(page, 'utf8'), 'it is out of date: npm run docs');
});

test('every link of it leads somewhere', () => {
  const links = [...readFileSync(page, 'utf8').matchAll(/\]\((\.\.[^)]+)\)/g)].map(([, target]) => target);
  assert.ok(links.length > 500);
  const dead = links.filter((target) => !existsSync(resolve(dirname(page), target)));
  assert.deepEqual(dead, []);
});

/** Tries a change on a copy of the table and its transcripts. */
function onCopy(table, change) {
  const folder = mkdtempSync(join(tmpdir(), 'restante-conformance-'));
  try {
    cpSync(dirname(table), folder, { recursive: true });
    return change(folder, join(folder, 'rows.txt'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a transcript whose head loses a line fails, whichever it is', () => {
  for (const table of tables) {
    onCopy(table, (folder, copy) => {
      const written = conformance(copy, shown);
      for (const name of globSync('**/*.txt', { cwd: folder })) {
        if (basename(name) === 'rows.txt') continue;
        const file = join(folder, name);
        const text = readFileSync(file, 'utf8');
        const head = /^(?:#.*\n)+/.exec(text)?.[0].split('\n').slice(0, -1) ?? [];
        const naming = head.filter((line) => /^# [A-Z][A-Z0-9]*[-.]?\d+[,:]/.test(line));
        assert.ok(naming.length > 0, name);
        for (const line of naming) {
          writeFileSync(file, text.replace(`${line}\n`, ''));
          assert.notDeepEqual(conformance(copy, shown), written, `${name} without ${line}`);
        }
        writeFileSync(file, text);
      }
    });
  }
});

test('a row whose only transcript is gone has a problem that names it', () => {
  const [table] = tables;
  const alone = conformance(table, shown).find(
    ({ how, transcript }) => how === 'transcript' && transcript.length === 1,
  );
  const name = basename(alone.transcript[0]);
  const rows = onCopy(table, (folder, copy) => {
    for (const file of globSync(`**/${name}`, { cwd: folder })) rmSync(join(folder, file));
    return conformance(copy, shown);
  });
  assert.equal(rows.find(({ id }) => id === alone.id).problem, 'no transcript names it');
});

test('a row whose test is gone has a problem that names it', () => {
  const [table] = tables;
  const { id } = conformance(table, shown).find(({ how }) => how === 'test');
  const tests = new Map([...shown.tests].filter(([each]) => each !== id));
  assert.equal(conformance(table, { ...shown, tests }).find((row) => row.id === id).problem, 'no test names it');
});
