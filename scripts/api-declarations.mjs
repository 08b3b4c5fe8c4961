// What a package's entry point exports, with its docstrings: read from the .d.ts files that tsc writes, whose form is so
// regular (one declaration or member begins a line, at a fixed depth) that no parser of TypeScript is needed for it.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

const INDENT = '    ';
const HEAD = /^(?:export )?(?:declare )?(?:abstract )?(class|interface|function|const|type) ([\w$]+)/;

/**
 * The entry point's own docstring, and what it exports: name, kind, docstring, the text of each declaration (an overloaded
 * function has several) and, for classes and interfaces, the members.
 */
export function apiOf(file) {
  const text = readFileSync(file, 'utf8');
  const module = docstrings(text).find((doc) => doc.includes('@module')) ?? '';
  const found = [...text.matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)';/gm)].flatMap(([, names, from]) => {
    const declared = declarations(resolve(dirname(file), from.replace(/\.ts$/, '.d.ts')));
    return names
      .split(',')
      .map((name) => name.trim().replace(/^type /, ''))
      .filter((name) => name !== '')
      .map((name) => {
        const [own, other = own] = name.split(' as ');
        const declaration = declared.get(own);
        if (declaration === undefined) throw new Error(`${own} is not declared in ${from}`);
        return { ...declaration, name: other };
      });
  });
  return {
    module: plain(module)
      .replace(/\s*@module\s*/, '')
      .trim(),
    exports: found,
  };
}

/** Name -> what is declared under it at the top of a .d.ts file. */
function declarations(file) {
  const declared = new Map();
  for (const { doc, text } of pieces(readFileSync(file, 'utf8').split('\n'), '')) {
    const [, kind, name] = HEAD.exec(text) ?? [];
    if (name === undefined) continue;
    const before = declared.get(name);
    if (before !== undefined) {
      before.texts.push(tidy(text));
      continue;
    }
    const hasMembers = kind === 'class' || kind === 'interface';
    const members = hasMembers ? membersOf(text) : [];
    const head = hasMembers ? text.slice(0, text.indexOf('{\n')).trim() : text;
    declared.set(name, { name, kind, doc, texts: [tidy(head)], members });
  }
  return declared;
}

/** Members with their docstrings; overloads stand together. What is for the library itself says so, and is left out. */
function membersOf(text) {
  const members = [];
  for (const { doc, text: member } of pieces(text.split('\n').slice(1, -1), INDENT)) {
    if (/^#|^private |^protected /.test(member) || /^For (\{@link|the client)/.test(doc)) continue;
    const name = /^(?:static |readonly |get |set |abstract )*(\[[^\]]+\]|[\w$]+)/.exec(member)?.[1];
    const last = members.at(-1);
    if (doc === '' && last?.name === name) last.texts.push(tidy(member));
    else members.push({ name, doc, texts: [tidy(member)] });
  }
  return members;
}

/** Declarations or members that begin at a depth, each with the docstring before it. */
function pieces(lines, indent) {
  const found = [];
  let doc = '';
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at];
    if (!line.startsWith(indent) || line.slice(indent.length).startsWith(' ')) continue;
    const begun = at;
    if (line.startsWith(`${indent}/**`)) {
      while (!lines[at].includes('*/')) at += 1;
      doc = plain(lines.slice(begun, at + 1).join('\n'));
      continue;
    }
    while (at < lines.length - 1 && !isWhole(lines.slice(begun, at + 1), indent)) at += 1;
    found.push({
      doc,
      text: lines
        .slice(begun, at + 1)
        .join('\n')
        .slice(indent.length),
    });
    doc = '';
  }
  return found;
}

function isWhole(lines, indent) {
  const last = lines.at(-1);
  if (last.startsWith(`${indent}}`)) return true;
  return lines.length === 1
    ? /[;}]$/.test(last)
    : last.startsWith(`${indent}${INDENT}`) && /;$/.test(last) && !opens(lines);
}

/** Whether a brace or parenthesis is still open. */
function opens(lines) {
  const text = lines.join('\n').replaceAll(/\/\*\*.*?\*\/|'[^']*'/gs, '');
  return (text.match(/[{([]/g)?.length ?? 0) > (text.match(/[})\]]/g)?.length ?? 0);
}

/** As it is written in a .ts file, but for the words that only a declaration has. */
function tidy(text) {
  return text.replace(/^(?:export )?(?:declare )?/, '').replace(/;$/, '');
}

function docstrings(text) {
  return text.match(/\/\*\*.*?\*\//gs) ?? [];
}

/** The text of a docstring without its stars. */
function plain(doc) {
  return doc
    .replace(/^\s*\/\*\*\s?/, '')
    .replace(/\s*\*\/\s*$/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .trim();
}
