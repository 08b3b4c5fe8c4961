import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import * as v from 'valibot';
import type { Kind } from './kinds.ts';
import { formatDuration, parseDuration } from './quantity.ts';

/** What becomes of a letter at the server once it is safe here. */
export type Afterwards =
  | { readonly type: 'keep' }
  | { readonly type: 'delete' }
  | { readonly type: 'delete-after'; readonly milliseconds: number };

const LONGEST = 3650 * 86_400_000;

/** `keep`, `delete`, or `delete after 14 d`. */
export function afterwards(): Kind<Afterwards> {
  const form = '"keep", "delete", or "delete after 14 d"';
  return {
    schema: parsed(form, (text) => {
      if (text === 'keep' || text === 'delete') return { type: text };
      const milliseconds = parseDuration(/^delete after (.*)$/.exec(text)?.[1] ?? '');
      return milliseconds === undefined || milliseconds > LONGEST ? undefined : { type: 'delete-after', milliseconds };
    }),
    form,
    write: (value) =>
      value.type === 'delete-after' ? `"delete after ${formatDuration(value.milliseconds)}"` : `"${value.type}"`,
  };
}

/** Which of the letters that are there already are fetched when a maildrop is seen for the first time. */
export type FirstRun =
  | { readonly type: 'all' | 'mark-existing' }
  | { readonly type: 'since'; readonly time: number }
  | { readonly type: 'last'; readonly letters: number };

/** `all`, `mark-existing`, `last 100`, or `since 2026-01-31`: a day begins here at midnight, as this machine has it. */
export function firstRun(): Kind<FirstRun> {
  const form = '"all", "mark-existing", "last 100", or "since 2026-01-31"';
  return {
    schema: parsed(form, (text) => {
      if (text === 'all' || text === 'mark-existing') return { type: text };
      const [, letters] = /^last (\d{1,9})$/.exec(text) ?? [];
      if (letters !== undefined) return { type: 'last', letters: Number(letters) };
      const time = parseDay(/^since (.*)$/.exec(text)?.[1] ?? '');
      return time === undefined ? undefined : { type: 'since', time };
    }),
    form,
    write: (value) => {
      if (value.type === 'last') return `"last ${value.letters}"`;
      return value.type === 'since' ? `"since ${new Date(value.time).toISOString()}"` : `"${value.type}"`;
    },
  };
}

/** Milliseconds since 1970 of `2026-01-31`, `2026-01-31T12:30` or the like with `Z` or `+01:00` behind it. */
export function parseDay(text: string): number | undefined {
  const [, year, month, day, clock = ''] =
    /^(\d{4})-(\d\d)-(\d\d)([T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)?)?$/.exec(text) ?? [];
  if (year === undefined) return undefined;
  // The 31st of February would be a day in March.
  const exists = new Date(`${year}-${month}-${day}T00:00:00Z`);
  if (Number.isNaN(exists.getTime()) || exists.getUTCDate() !== Number(day)) return undefined;
  const time = Date.parse(`${year}-${month}-${day}${clock === '' ? 'T00:00' : clock.replace(' ', 'T')}`);
  return Number.isNaN(time) ? undefined : time;
}

/** Where letters go: `maildir:DIR` and the like. Which there are, and what each needs, only its parser knows. */
export function destination(): Kind<string> {
  const form = 'a destination such as "maildir:~/Maildir", "mbox:FILE", "account:NAME" or "lmtp:HOST:PORT"';
  return {
    schema: parsed(form, (text) => (/^[a-z]+(?::.+)?$/s.test(text) ? text : undefined)),
    form,
    write: JSON.stringify,
    within: (value, folder) => {
      const [, kind, path] = /^(maildir|mbox|lmtp:unix):(.*)$/s.exec(value) ?? [];
      return kind === undefined || path === undefined ? value : `${kind}:${fromHere(path, folder)}`;
    },
  };
}

/** A file or folder of the person's; `~/` is their home. */
export function ownPath(what: 'file' | 'folder'): Kind<string> {
  const message = `must be the path of a ${what}`;
  return {
    schema: v.pipe(v.string(message), v.minLength(1, message)),
    form: 'path',
    write: JSON.stringify,
    within: fromHere,
  };
}

function fromHere(path: string, folder: string): string {
  if (path.startsWith('~/')) return join(homedir(), path.slice(2));
  // `~anna` is for the one who knows the machine's users to make sense of.
  return isAbsolute(path) || path.startsWith('~') ? path : resolve(folder, path);
}

/** One text, or an array of them. */
export function oneOrMore(form: string, grammar: RegExp): Kind<readonly string[]> {
  const message = `must be ${form}, or an array of them`;
  const schema = v.pipe(
    v.unknown(),
    v.transform((value) => (typeof value === 'string' ? [value] : value)),
    v.array(v.pipe(v.string(message), v.regex(grammar, message)), message),
  );
  return { schema, form: `${form}, or an array of them`, write: writeSome };
}

function writeSome(value: readonly string[]): string {
  const texts = value.map((text) => JSON.stringify(text));
  return texts.length === 1 ? String(texts[0]) : `[${texts.join(', ')}]`;
}

/** Texts under names that the owner chooses: a table of its own. */
export function mapping(form: string): Kind<ReadonlyMap<string, string>> {
  const message = `must be ${form}`;
  return {
    schema: v.pipe(
      v.record(v.string(), v.string(message), message),
      v.transform((record) => new Map(Object.entries(record)) as ReadonlyMap<string, string>),
    ),
    form,
    write: (value) =>
      `{ ${[...value].map(([name, text]) => `${JSON.stringify(name)} = ${JSON.stringify(text)}`).join(', ')} }`,
  };
}

/** A text that `parse` understands; what it does not is `must be …`, and is not repeated. */
function parsed<T>(form: string, parse: (text: string) => T | undefined): v.GenericSchema<unknown, T> {
  return v.pipe(
    v.string(`must be ${form}`),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const value = parse(dataset.value);
      if (value !== undefined) return value;
      addIssue({ message: `must be ${form}` });
      return NEVER;
    }),
  );
}
