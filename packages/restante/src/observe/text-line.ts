import { styleText } from 'node:util';

const COLOURS = { debug: 'gray', warn: 'yellow', error: 'red', fatal: 'red' } as const;

/** A JSON line of the log as a line for people: time of day, message, then whatever else it says as name=value. */
export function textLine(json: string, colour: boolean): string {
  const paint = (style: 'gray' | 'yellow' | 'red', text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const { level, time, msg, err, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const parts = [paint('gray', clock(String(time)))];
  if (level !== 'info') parts.push(paint(COLOURS[level as keyof typeof COLOURS] ?? 'red', String(level)));
  if (msg !== undefined) parts.push(String(msg));
  for (const [name, value] of Object.entries(fields)) parts.push(`${paint('gray', `${name}=`)}${word(value)}`);
  const stack = typeof err === 'object' && err !== null && 'stack' in err ? `\n${String(err.stack)}` : '';
  return `${parts.join(' ')}${stack}\n`;
}

function clock(time: string): string {
  const at = new Date(time);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

/** A value in one word: as it is where that is clear, else as JSON, so that no peer's text can look like another line. */
function word(value: unknown): string {
  if (typeof value === 'string' && /^[\w.:@/+<>[\]-]+$/.test(value)) return value;
  return JSON.stringify(value);
}
