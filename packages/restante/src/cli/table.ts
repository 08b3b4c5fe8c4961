/** A cell: numbers stand to the right. */
export type Cell = string | number;

/** Rows under headings, in columns that line up; every line ends with a line feed. */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = [headings, ...rows.map((row) => row.map(text))];
  // Not Math.max of all at once: there may be a million rows.
  const widths = headings.map((_, column) =>
    texts.reduce((width, row) => Math.max(width, (row[column] ?? '').length), 0),
  );
  const numeric = headings.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return texts.map((row) => `${line(row)}\n`).join('');
}

/** Names and their values, one pair a line. */
export function facts(pairs: readonly (readonly [name: string, value: Cell])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${text(value)}`.trimEnd().concat('\n')).join('');
}

function text(cell: Cell): string {
  return typeof cell === 'number' ? grouped(cell) : cell;
}

/** 1234567 as 1,234,567. (What Node has for it takes longer to load than many a verb to run.) */
export function grouped(value: number): string {
  const [whole = '', part] = `${value}`.split('.');
  const groups = whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
  return part === undefined ? groups : `${groups}.${part.slice(0, 3)}`;
}
