// docs/api/*.md, made of the docstrings of what @restante/pop exports. `npm run docs` writes them after a build;
// api-pages.test.mjs fails when they are not what is written there.
import { fileURLToPath } from 'node:url';
import { apiOf } from './api-declarations.mjs';

const PAGES = { client: 'client/index.d.ts', testing: 'testing/index.d.ts' };
const KINDS = [
  ['Functions', ['function']],
  ['Classes', ['class']],
  ['Types and constants', ['interface', 'type', 'const']],
];

/** URL of each page -> its text, as the build's declarations would have it now. */
export function apiPages() {
  return new Map(
    Object.entries(PAGES).map(([name, file]) => [
      new URL(`../docs/api/${name}.md`, import.meta.url),
      page(name, apiOf(fileURLToPath(new URL(`../packages/pop/dist/${file}`, import.meta.url)))),
    ]),
  );
}

/** What is exported without a word about it. */
export function undocumented() {
  return Object.entries(PAGES).flatMap(([name, file]) => {
    const { exports } = apiOf(fileURLToPath(new URL(`../packages/pop/dist/${file}`, import.meta.url)));
    return exports.filter(({ doc }) => doc === '').map((each) => `${name}: ${each.name}`);
  });
}

function page(name, { module, exports }) {
  const chapters = KINDS.map(([title, kinds]) => {
    const chosen = exports
      .filter(({ kind }) => kinds.includes(kind))
      .sort((one, other) => one.name.localeCompare(other.name, 'en'));
    return { title, chosen };
  }).filter(({ chosen }) => chosen.length > 0);
  const anchors = anchorsOf(chapters.flatMap(({ title, chosen }) => [title, ...chosen.map((each) => each.name)]));
  const contents = chapters.map(
    ({ title, chosen }) =>
      `- ${title}: ${chosen.map((each) => `[${each.name}](#${anchors.get(each.name)})`).join(', ')}`,
  );
  return [
    `# \`@restante/pop/${name}\``,
    linked(module, anchors),
    'This page is made by `npm run docs` from the docstrings. [The README](../../packages/pop/README.md) has the examples.',
    contents.join('\n'),
    ...chapters.flatMap(({ title, chosen }) => [`## ${title}`, ...chosen.map((each) => entry(each, anchors))]),
    '',
  ]
    .join('\n\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .replace(/\n+$/, '\n');
}

function entry({ name, texts, doc, members }, anchors) {
  return [
    `### ${name}`,
    `\`\`\`ts\n${texts.join('\n')}\n\`\`\``,
    linked(doc, anchors),
    members.map((each) => member(each, anchors)).join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function member({ texts, doc }, anchors) {
  const signatures = texts.map((text) => `\`${text.replaceAll(/\s+/g, ' ')}\``).join('<br>\n  ');
  const words = linked(doc, anchors).replaceAll(/\n(?=.)/g, '\n  ');
  return words === '' ? `- ${signatures}` : `- ${signatures}\n\n  ${words}\n`;
}

/** `{@link X}` as a link, where X has an entry here. */
function linked(doc, anchors) {
  return doc.replaceAll(/\{@link ([\w$.]+)\}/g, (_, target) => {
    const [name] = target.split('.');
    return anchors.has(name) ? `[\`${target}\`](#${anchors.get(name)})` : `\`${target}\``;
  });
}

/** Heading -> what it is linked by: those that differ in case only are counted, in their order, as GitHub does it. */
export function anchorsOf(headings) {
  const seen = new Map();
  return new Map(
    headings.map((heading) => {
      const plain = heading.toLowerCase().replaceAll(' ', '-');
      const before = seen.get(plain) ?? 0;
      seen.set(plain, before + 1);
      return [heading, before === 0 ? plain : `${plain}-${before}`];
    }),
  );
}
