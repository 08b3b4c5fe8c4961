// Where each requirement is shown: `node scripts/conformance-rows.mjs` prints, for each rows.txt beside transcripts, every
// ID with the transcripts and tests that name it, and fails when one is not shown as the table says. Of the same rows
// conformance-page.mjs makes docs/conformance.md.
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const ID = /[A-Z][A-Z0-9]*(?:-|\.)?[0-9]+/g;

/** ID -> files, from the comments at the heads of the transcripts in a folder. */
function transcriptsIn(folder) {
  const shown = new Map();
  for (const file of globSync('**/*.txt', { cwd: folder }).sort()) {
    if (basename(file) === 'rows.txt') continue;
    const head = /^(?:#.*\n)+/.exec(readFileSync(join(folder, file), 'utf8'))?.[0] ?? '';
    const ids = head.split('\n').map((line) => /^# ((?:[A-Z][A-Z0-9]*[-.]?[0-9]+(?:, |: ))+)/.exec(line)?.[1] ?? '');
    const named = [...ids.join().matchAll(ID)].map(([id]) => id);
    for (const id of named.length > 0 ? named : ['(no ID)']) add(shown, id, join(relative(root, folder), file));
  }
  return shown;
}

/** ID -> files, from the titles of all tests, and the names of the cases of suites that others run. */
export function testTitles() {
  const shown = new Map();
  for (const file of globSync(['packages/*/src/**/*.ts', 'scripts/*.test.mjs'], { cwd: root }).sort()) {
    if (!isTest(file)) continue;
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, , title] of text.matchAll(/(?:\b(?:test|describe|suite|it)\(\s*|\bname: )(['"`])(.*?)\1/gs)) {
      for (const [id] of spelledOut(title).matchAll(ID)) add(shown, id, file);
    }
  }
  return shown;
}

/** ID -> files of the product whose comments name it as a reason: the code that does it, as far as the code says so. */
export function reasonsGiven() {
  const given = new Map();
  for (const file of globSync('packages/*/src/**/*.ts', { cwd: root }).sort()) {
    if (isTest(file) || /\/testing\/|\.kit\.ts$/.test(file)) continue;
    const text = readFileSync(join(root, file), 'utf8');
    for (const [comment] of text.matchAll(/(?<![:'"`\w])\/\/.*|\/\*.*?\*\//gs)) {
      for (const [id] of spelledOut(comment).matchAll(ID)) add(given, id, file);
    }
  }
  return given;
}

function isTest(file) {
  return /\.test\.|store-cases/.test(file);
}

/** `P3-40..42` as `P3-40 P3-41 P3-42`. */
function spelledOut(text) {
  return text.replace(/([A-Z][A-Z0-9]*-)(\d+)\.\.(\d+)/g, (_, prefix, first, last) => {
    const ids = [];
    for (let number = Number(first); number <= Number(last); number += 1) {
      ids.push(prefix + String(number).padStart(first.length, '0'));
    }
    return ids.join(' ');
  });
}

function add(shown, id, file) {
  shown.set(id, new Set([...(shown.get(id) ?? []), file]));
}

/**
 * The rows of a table, each with the heading that it stands under, where it is shown, and what is wrong with it. A row of
 * what is not offered yet may stand for several: `UTF-01..17`.
 */
export function conformance(table, { tests = testTitles(), reasons = reasonsGiven() } = {}) {
  const transcripts = transcriptsIn(dirname(table));
  const rows = [];
  let heading = '';
  for (const line of readFileSync(table, 'utf8').split('\n')) {
    if (line.startsWith('#')) heading = line.slice(2);
    if (line === '' || line.startsWith('#')) continue;
    const [id, title, how] = line.split(' | ');
    const shown = { transcript: [...(transcripts.get(id) ?? [])], test: [...(tests.get(id) ?? [])] };
    const code = [...(reasons.get(id) ?? [])];
    rows.push({ id, title, how, heading, ...shown, code, problem: problemOf(line, { id, how }, shown) });
    transcripts.delete(id);
  }
  for (const [id, files] of transcripts) {
    const problem = `${id}, of ${[...files]}, is not in the table`;
    rows.push({ id, title: '', how: '', heading, transcript: [...files], test: [], code: [], problem });
  }
  return rows;
}

function problemOf(line, { id, how }, shown) {
  if (how?.startsWith('later: ')) return undefined;
  if (how !== 'transcript' && how !== 'test') return `"${line}" is not ID | title | transcript, test or later: why`;
  if (id.includes('..')) return 'only what is not offered yet may be put together';
  return shown[how].length > 0 ? undefined : `no ${how} names it`;
}

export const tables = globSync('packages/*/transcripts/**/rows.txt', { cwd: root })
  .sort()
  .map((file) => join(root, file));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { id, title, how, transcript, test, problem } of tables.flatMap((table) => conformance(table))) {
    const where = problem ?? (how.startsWith('later') ? how : [...transcript, ...test].join(' '));
    process.stdout.write(`${problem ? '!' : ' '} ${id.padEnd(9)} ${title}\n    ${where}\n`);
    if (problem) process.exitCode = 1;
  }
}
