/** Programs whose memory can be read. */
export const PROGRAMS = ['fetchmail', 'getmail', 'mpop', 'thunderbird'] as const;
export type Program = (typeof PROGRAMS)[number];

/** What another program has fetched of one maildrop, and left there or not. */
export interface KeptElsewhere {
  /** The maildrop, as the program names it: `user@host`, or, for getmail, the name of the file. */
  readonly name: string;
  /** Unique-ids of letters that it has whole, and when it fetched them, in milliseconds since 1970, where it says so. */
  readonly letters: ReadonlyMap<string, number | undefined>;
  /** Letters that it knows and does not have whole: they are fetched. */
  readonly partly: number;
}

/** A line that no version of the program writes. */
export class StrangeLine extends Error {
  override readonly name = 'StrangeLine';

  /** `number` counts from 1; `what` is what would have been there. */
  constructor(number: number, what: string) {
    super(`line ${number} is not ${what}`);
  }
}

/**
 * A unique-id as a server may have given it: RFC 1939 §7 says 1 to 70 visible characters, and servers are known to give longer
 * ones. No blank and no control character is in it, else it would not have come through the program.
 */
export const UNIQUE_ID = /^[^\0-\x20\x7f]{1,1000}$/;

/** One character an octet, as the client reads unique-ids; a line ends with LF or CRLF. */
export function* linesOf(octets: Buffer): Generator<readonly [number: number, line: string]> {
  let number = 0;
  for (let from = 0; from < octets.length; ) {
    const end = octets.indexOf(0x0a, from);
    const to = end === -1 ? octets.length : end;
    number += 1;
    yield [number, octets.toString('latin1', from, to > from && octets[to - 1] === 0x0d ? to - 1 : to)];
    from = to + 1;
  }
}

/** What was read octet by octet, as a name that people can read. */
export function asName(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}

/** Times are kept where they can be true. */
export function seconds(text: string | undefined): number | undefined {
  const time = text !== undefined && /^\d{1,11}(?:\.\d*)?$/.test(text) ? Math.trunc(Number(text)) * 1000 : 0;
  return time > 0 ? time : undefined;
}

/** Letters of several maildrops, in the order in which the file has them. */
export class Lists {
  readonly #lists = new Map<string, { letters: Map<string, number | undefined>; partly: number }>();

  of(name: string): { readonly letters: Map<string, number | undefined>; partly: number } {
    let list = this.#lists.get(name);
    if (list === undefined) {
      list = { letters: new Map(), partly: 0 };
      this.#lists.set(name, list);
    }
    return list;
  }

  all(): readonly KeptElsewhere[] {
    return [...this.#lists].map(([name, list]) => ({ name, ...list }));
  }
}
