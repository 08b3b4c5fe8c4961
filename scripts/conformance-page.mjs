// docs/conformance.md, made of the rows.txt beside the transcripts, the transcripts' heads, the titles of the tests and the
// comments of the code. `npm run docs` writes it; conformance-page.test.mjs fails when it is not what is written there.
import { readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { conformance, reasonsGiven, tables, testTitles } from './conformance-rows.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
export const page = join(root, 'docs', 'conformance.md');
/** Proofs in one cell, beyond which the rest are counted and their folder is linked. */
const LISTED = 5;

const ABOUT = `# Conformance

From each requirement to its proof. A row has the requirement's ID, by which the code and the tests speak of it, the requirement
in short, what shows that it is kept, and the code that keeps it.

- **Shown by** comes first a [transcript](../packages/pop/transcripts/README.md): a dialog that a stranger can read, which the
  test run plays in memory, cut at every octet and over a real socket. *Tests* are named in italics: they show what no dialog can.
  Each names the ID at its head or in its title.
- **Code** names the files whose comments give the requirement as a reason. A dash means that no comment does, not that no code does.
- *Not offered yet* stands where a requirement belongs to something that the office does not do, and says what.

This page is made by \`npm run docs\` from the heads of the transcripts, the titles of the tests and the comments of the code. The test
run fails when the page is not what they say, when a row has no proof any more, and when a transcript names no row.
`;

/** The page, as the sources would have it now. */
export function conformancePage({ from = tables, tests = testTitles(), reasons = reasonsGiven() } = {}) {
  const parts = from.map((table) => {
    const [, title] = /^# (.*?),/.exec(readFileSync(table, 'utf8')) ?? [];
    return {
      title: title ?? relative(root, table),
      folder: dirname(table),
      rows: conformance(table, { tests, reasons }),
    };
  });
  return [ABOUT, summary(parts), ...parts.map(chapter)].join('\n');
}

function summary(parts) {
  const lines = parts.map(({ title, rows }) => {
    const later = rows.filter(isLater);
    const waiting = later.reduce((sum, row) => sum + count(row), 0);
    return `| [${title}](#${anchor(title)}) | ${rows.length - later.length} | ${waiting} |`;
  });
  return `| | requirements shown | not offered yet |\n| --- | ---: | ---: |\n${lines.join('\n')}\n`;
}

function chapter({ title, folder, rows }) {
  const headings = Map.groupBy(rows, ({ heading }) => heading);
  return `## ${title}\n\n${[...headings].map(([heading, under]) => section(heading, folder, under)).join('\n')}`;
}

function section(heading, folder, rows) {
  const lines = rows.map((row) => `| ${row.id} | ${plain(row.title)} | ${proof(row, folder)} | ${code(row)} |`);
  return `### ${heading}\n\n| ID | in short | shown by | code |\n| --- | --- | --- | --- |\n${lines.join('\n')}\n`;
}

function proof(row, folder) {
  if (row.problem) return `**${row.problem}**`;
  if (isLater(row)) return `*not offered yet*: ${plain(row.how.slice('later: '.length))}`;
  const transcripts = row.transcript.map((file) =>
    link(relative(folder, join(root, file)).replace(/\.txt$/, ''), file),
  );
  const tests = row.test.map((file) => `*${link(brief(file).replace(/\.(ts|mjs)$/, ''), file)}*`);
  return [...shortened(transcripts, row.transcript), ...shortened(tests, row.test)].join(', ');
}

/** The first of them, and how many more there are beside them: a dialog may have twenty variants. */
function shortened(links, files) {
  const folder = dirname(files[0] ?? '');
  const beside = files.slice(LISTED).every((file) => dirname(file) === folder);
  if (links.length <= LISTED + 1 || !beside) return links;
  return [...links.slice(0, LISTED), link(`and ${links.length - LISTED} more`, folder)];
}

function code({ code: files }) {
  return files.length === 0 ? '–' : files.map((file) => link(brief(file), file)).join(', ');
}

/** The folder that a file stands in and its name, which are enough to know it by. */
function brief(file) {
  return `${basename(dirname(file))}/${basename(file)}`.replace(/^src\//, '');
}

function link(text, file) {
  return `[${text}](../${file})`;
}

function isLater({ how }) {
  return how.startsWith('later: ');
}

/** How many IDs a row stands for. */
function count({ id }) {
  const [, first, last] = /(\d+)\.\.(\d+)$/.exec(id) ?? [id, '1', '1'];
  return Number(last) - Number(first) + 1;
}

/** Text without anything that Markdown takes for a mark. */
function plain(text) {
  return text.replaceAll(/[*<_`|[\]]/g, '\\$&');
}

function anchor(title) {
  return title
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(' ', '-');
}
