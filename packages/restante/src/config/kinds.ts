import { isAbsolute, resolve } from 'node:path';
import * as v from 'valibot';
import { isNetwork } from '../accounts/network.ts';
import { formatListen, type ListenAddress, type ListenGrammar, parseListen } from './listen-address.ts';
import { nearest } from './nearest.ts';
import { formatDuration, formatOctets, parseDuration, parseOctets } from './quantity.ts';

/** What a setting's value may look like in the file, how it is checked, and how it is written again. */
export interface Kind<T> {
  /** Its issues' messages go on from the setting's key: `must be …`. */
  readonly schema: v.GenericSchema<unknown, T>;
  /** The form in a few words, for the documentation. */
  readonly form: string;
  /** The value as TOML. */
  write(value: T): string;
  /** Makes relative paths absolute; `folder` is where the value was written. */
  within?(value: T, folder: string): T;
}

/** One of a few words. */
export function choice<const W extends readonly string[]>(...words: W): Kind<W[number]> {
  const form = words.map((word) => `"${word}"`).join(', ');
  const message = ({ input }: { readonly input: unknown }): string => {
    const meant = typeof input === 'string' ? nearest(input, words) : undefined;
    return `must be one of ${form}${meant === undefined ? '' : `: did you mean "${meant}"?`}`;
  };
  return { schema: v.picklist(words, message), form, write: JSON.stringify };
}

/** Any number of a few words. */
export function choices<const W extends readonly string[]>(...words: W): Kind<readonly W[number][]> {
  const one = choice(...words);
  const form = `an array of ${one.form}`;
  return {
    schema: v.array(one.schema, `must be ${form}`),
    form,
    write: (value) => `[${value.map((word) => JSON.stringify(word)).join(', ')}]`,
  };
}

/** One line of text, not empty. */
export function line(form: string, grammar: RegExp): Kind<string> {
  const message = `must be ${form}`;
  return { schema: v.pipe(v.string(message), v.regex(grammar, message)), form, write: JSON.stringify };
}

/** An array of lines. */
export function lines(form: string, grammar: RegExp): Kind<readonly string[]> {
  const message = `must be an array of ${form}`;
  const wrong = ({ input }: { readonly input: unknown }): string => `${message}: ${JSON.stringify(input)} is none`;
  return {
    schema: v.array(v.pipe(v.string(wrong), v.regex(grammar, wrong)), message),
    form: `array of ${form}`,
    write: (value) => `[${value.map((item) => JSON.stringify(item)).join(', ')}]`,
  };
}

/** An array of addresses and networks. */
export function networks(): Kind<readonly string[]> {
  const message = 'must be an array of addresses and networks, such as ["192.0.2.7", "2001:db8::/32"]';
  const wrong = ({ input }: { readonly input: unknown }): string => `${message}: ${JSON.stringify(input)} is none`;
  return {
    schema: v.array(v.pipe(v.string(wrong), v.check(isNetwork, wrong)), message),
    form: 'array of addresses and networks',
    write: (value) => `[${value.map((item) => JSON.stringify(item)).join(', ')}]`,
  };
}

/** A file's path; a relative one counts from the folder of the configuration. */
export function path(): Kind<string> {
  const message = 'must be the path of a file';
  return {
    schema: v.pipe(v.string(message), v.minLength(1, message)),
    form: 'path',
    write: JSON.stringify,
    within: (value, folder) => (isAbsolute(value) ? value : resolve(folder, value)),
  };
}

/** Permissions of a file, in octal as chmod(1) has them. */
export function permissions(): Kind<number> {
  const message = 'must be permissions in octal and in quotes, such as "0660"';
  return {
    schema: v.pipe(
      v.string(message),
      v.regex(/^0?[0-7]{3}$/, message),
      v.transform((text) => Number.parseInt(text, 8)),
    ),
    form: 'permissions in octal, such as "0660"',
    write: (value) => `"0${value.toString(8).padStart(3, '0')}"`,
  };
}

/** A group of the system. */
export function group(): Kind<string> {
  const message = 'must be the name of a group, or its number';
  return {
    schema: v.pipe(
      v.unknown(),
      v.transform((value) => (typeof value === 'number' ? String(value) : value)),
      v.string(message),
      v.regex(/^(?:[a-z_][a-z0-9_.-]{0,63}|\d{1,10})$/i, message),
    ),
    form: 'a group, by its name or number',
    write: JSON.stringify,
  };
}

/** Yes or no. */
export function yesOrNo(): Kind<boolean> {
  return { schema: v.boolean('must be true or false'), form: '`true` or `false`', write: String };
}

/** A whole number of something. */
export function count(from: number, to: number): Kind<number> {
  const message = `must be a whole number from ${from} to ${to}`;
  return {
    schema: v.pipe(v.number(message), v.integer(message), v.minValue(from, message), v.maxValue(to, message)),
    form: `${from} to ${to}`,
    write: String,
  };
}

/** An array of percentages, each once and in ascending order when it is read. */
export function percentages(from: number, to: number): Kind<readonly number[]> {
  const message = `must be an array of whole numbers from ${from} to ${to}`;
  return {
    schema: v.pipe(
      v.array(
        v.pipe(v.number(message), v.integer(message), v.minValue(from, message), v.maxValue(to, message)),
        message,
      ),
      v.transform((all) => [...new Set(all)].sort((one, other) => one - other)),
    ),
    form: `array of percentages, ${from} to ${to}`,
    write: (value) => `[${value.join(', ')}]`,
  };
}

/** An amount of storage: a number of octets, or a text with a unit. */
export function octets(from: number, to: number): Kind<number> {
  const range = `${formatOctets(from)} to ${formatOctets(to)}`;
  return quantity({
    what: 'an amount such as "150 MiB", or a number of octets',
    range,
    form: `octets, or "150 MiB"; ${range}`,
    parse: parseOctets,
    unit: 1,
    from,
    to,
    write: (value) => (/[KMGT]iB$/.test(formatOctets(value)) ? `"${formatOctets(value)}"` : String(value)),
  });
}

/** A number of days, or `never`, which is `null`. */
export function days(most: number): Kind<number | null> {
  const form = `days, or "never"; 0 to ${most}`;
  const message = `must be a whole number of days from 0 to ${most}, or "never"`;
  return {
    schema: v.pipe(
      v.unknown(),
      v.transform((value) => {
        const milliseconds = typeof value === 'string' ? parseDuration(value) : undefined;
        if (milliseconds !== undefined) return milliseconds / 86_400_000;
        return value === 'never' ? null : value;
      }),
      v.nullable(v.pipe(v.number(message), v.integer(message), v.minValue(0, message), v.maxValue(most, message))),
    ),
    form,
    write: (value) => (value === null ? '"never"' : String(value)),
  };
}

/** A length of time in milliseconds: written as a number of seconds, or as a text with a unit. */
export function duration(from: number, to: number, why = ''): Kind<number> {
  const range = `${formatDuration(from)} to ${formatDuration(to)}`;
  return quantity({
    what: 'a time such as "10 min", or a number of seconds',
    range: range + (why === '' ? '' : ` (${why})`),
    form: `seconds, or "10 min"; ${range}`,
    parse: parseDuration,
    unit: 1000,
    from,
    to,
    write: (value) => `"${formatDuration(value)}"`,
  });
}

interface Quantity {
  readonly what: string;
  readonly range: string;
  readonly form: string;
  readonly parse: (text: string) => number | undefined;
  /** What a bare number counts in. */
  readonly unit: number;
  readonly from: number;
  readonly to: number;
  readonly write: (value: number) => string;
}

function quantity({ what, range, form, parse, unit, from, to, write }: Quantity): Kind<number> {
  const schema = v.pipe(
    v.unknown(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const raw = dataset.value;
      const value = typeof raw === 'number' ? Math.round(raw * unit) : typeof raw === 'string' ? parse(raw) : undefined;
      if (value === undefined || !Number.isSafeInteger(value)) {
        addIssue({ message: `must be ${what}` });
        return NEVER;
      }
      if (value < from || value > to) {
        addIssue({ message: `must be ${range}` });
        return NEVER;
      }
      return value;
    }),
  );
  return { schema, form, write };
}

/** Where listeners of one protocol wait: one address, several, or none (`off`). */
export function listen(grammar: ListenGrammar): Kind<readonly ListenAddress[]> {
  const form = grammar.unix ? '"HOST:PORT", "unix:PATH" or "off"' : '"HOST:PORT" or "off"';
  const schema = v.pipe(
    v.unknown(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const raw = Array.isArray(dataset.value) ? (dataset.value as unknown[]) : [dataset.value];
      const addresses: ListenAddress[] = [];
      for (const text of raw) {
        if (typeof text !== 'string') {
          addIssue({ message: `must be ${form}, or an array of them` });
          return NEVER;
        }
        const parsed = parseListen(text, grammar);
        if (parsed.type === 'wrong') {
          addIssue({ message: `${JSON.stringify(text)} ${parsed.message}` });
          return NEVER;
        }
        if (parsed.type === 'address') addresses.push(parsed.address);
        else if (raw.length > 1) {
          addIssue({ message: 'must not say "off" beside an address' });
          return NEVER;
        }
      }
      return addresses;
    }),
  );
  return {
    schema,
    form: `${form}, or an array of them`,
    write: (value) => {
      const texts = value.map((address) => JSON.stringify(formatListen(address)));
      return texts.length === 0 ? '"off"' : texts.length === 1 ? String(texts[0]) : `[${texts.join(', ')}]`;
    },
    within: (value, folder) =>
      value.map((address) =>
        address.type === 'unix' && !isAbsolute(address.path)
          ? { type: 'unix', path: resolve(folder, address.path) }
          : address,
      ),
  };
}
