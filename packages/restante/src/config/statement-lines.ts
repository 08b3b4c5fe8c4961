import { parse } from 'smol-toml';

/**
 * The line, counted from 1, on which each key of a TOML document stands: dotted keys, tables among them; of an array of tables
 * its first. The parser says nothing of places, so it is asked where it makes one more statement of the text, line by line.
 * Answers what it found up to a mistake.
 */
export function statementLines(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const lines = text.split('\n');
  let begin: number | undefined;
  for (const [index, line] of lines.entries()) {
    if (begin === undefined && /^\s*(#.*)?\r?$/.test(line)) continue;
    begin ??= index + 1;
    let document: object;
    try {
      document = parse(`${lines.slice(0, index + 1).join('\n')}\n`);
    } catch {
      // In the middle of a value that has several lines, or behind a mistake.
      continue;
    }
    for (const key of dottedKeys(document)) if (!found.has(key)) found.set(key, begin);
    begin = undefined;
  }
  return found;
}

function* dottedKeys(table: object, prefix = ''): Generator<string> {
  for (const [name, value] of Object.entries(table)) {
    yield prefix + name;
    const nested = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
    if (nested) yield* dottedKeys(value, `${prefix}${name}.`);
  }
}
