import type { Kind } from './kinds.ts';

/** One thing that can be set, and all there is to know about it: the file's reader and the documentation read this. */
export interface Setting<T> {
  readonly kind: Kind<Exclude<T, undefined>>;
  readonly default: T;
  /** The default in words, where it depends on the machine or on other settings. */
  readonly otherwise?: string;
  readonly meaning: string;
}

/** Settings by their dotted keys. */
export type Rows = Readonly<Record<string, Setting<unknown>>>;

/** What settings come to. */
export type ValuesOf<R extends Rows> = { readonly [K in keyof R]: R[K] extends Setting<infer T> ? T : never };

/** Every setting as it is when nobody says anything. */
export function defaultsOf(rows: Rows): Record<string, unknown> {
  return Object.fromEntries(Object.entries(rows).map(([key, row]) => [key, row.default]));
}

export function setting<T>(kind: Kind<T>, initial: NoInfer<T>, meaning: string): Setting<T> {
  return { kind: kind as Kind<Exclude<T, undefined>>, default: initial, meaning };
}

export function optional<T>(kind: Kind<T>, otherwise: string, meaning: string): Setting<T | undefined> {
  return { kind: kind as Kind<Exclude<T, undefined>>, default: undefined, otherwise, meaning };
}

/**
 * Tables of one kind, any number of them, each with a name of its own: `[collect.account.anna]`. What stands in one is
 * held against `rows`; a key there is `url`, and in what is said about it `collect.account.anna.url`.
 */
export interface NamedTables<R extends Rows = Rows> {
  readonly rows: R;
  readonly name: {
    readonly grammar: RegExp;
    /** `must be …`, of a name that is none. */
    readonly form: string;
  };
  /** Keys that somebody will try, and why there is no such setting: goes on from the key. */
  readonly refused: Readonly<Record<string, string>>;
  /** What no single value of a table shows to be wrong. `key` is one of `rows`, or absent where it is about the whole. */
  readonly contradictions: (
    values: ValuesOf<R>,
    /** What a key is called where it was written, which is not always in a file. */
    nameOf: (key: keyof R & string) => string,
  ) => Iterable<{ readonly key?: keyof R & string; readonly message: string }>;
  readonly meaning: string;
}
