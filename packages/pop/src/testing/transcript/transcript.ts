import type { Piece } from './octet-text.ts';

/** A dialog as a file tells it. */
export interface Transcript {
  /** Where it came from, as messages name it. */
  readonly file: string;
  /** Its lines, for messages. */
  readonly lines: readonly string[];
  /** The requirements that it says it shows, from the comments at its head. */
  readonly ids: readonly string[];
  readonly directives: readonly Directive[];
  /** The sessions one after the other; each begins with a new connection. */
  readonly sessions: readonly (readonly Step[])[];
}

/** A `name argument: value` line at the head, with the `|` lines below it. */
export interface Directive {
  readonly name: string;
  readonly argument: string;
  readonly value: string;
  /** The octets of its `|` lines; absent when it has none. */
  readonly octets?: Buffer;
  readonly line: number;
}

/** One thing that happens. `connection` is 1, or the number behind `C`, `S` or the word. */
export type Step = {
  /** 1-based line in the file. */
  readonly line: number;
  readonly connection: number;
} & (
  | { readonly type: 'send'; readonly pieces: readonly Piece[] }
  | { readonly type: 'expect'; readonly pieces: readonly Piece[] }
  /** These lines, in whatever order. */
  | { readonly type: 'expect-all'; readonly expected: readonly Expected[] }
  | { readonly type: 'tls'; readonly refused: boolean }
  | { readonly type: 'wait'; readonly milliseconds: number }
  | { readonly type: 'drop' }
  | { readonly type: 'reset' }
  /** `unfinished`: the server has closed in the middle of a reply, before the line that would end it. */
  | { readonly type: 'eof'; readonly unfinished: boolean }
  /** A word that only what is under test knows. */
  | { readonly type: 'perform'; readonly word: string; readonly rest: string; readonly octets?: Buffer }
);

/** One of several lines whose order is free. */
export interface Expected {
  readonly pieces: readonly Piece[];
  readonly line: number;
}

/** The value of a directive that may stand once. */
export function directive(transcript: Transcript, name: string): string | undefined {
  return transcript.directives.find((each) => each.name === name)?.value;
}
