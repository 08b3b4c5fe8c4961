import { grouped } from './table.ts';

/** Data, and only data, goes to stdout. */
export function print(text: string): void {
  process.stdout.write(text);
}

/** One JSON document. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** One object of a stream, on a line of its own. */
export function printJsonLine(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Chatter: what a person likes to know and no program reads. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** `1 letter`, `3 letters`. */
export function counted(count: number, one: string): string {
  return `${grouped(count)} ${one}${count === 1 ? '' : 's'}`;
}
