/** What a server says to a command, or about a letter for one recipient (RFC 5321 §4.2). */
export interface Reply {
  readonly code: number;
  /** The enhanced status code (RFC 3463), where there is one. */
  readonly status?: string;
  /** All lines' text behind the code. */
  readonly lines: readonly string[];
}

/** The server said something that is no reply. */
export class NoReply extends Error {
  override readonly name = 'NoReply';
}

/** Octets of a line, and lines of a reply: far more than RFC 5321 §4.5.3.1.5 lets a server send. */
const LONGEST_LINE = 4096;
const MOST_LINES = 256;

/** Takes octets, cut anywhere, and gives whole replies: a multi-line one counts as one (LM-10). */
export class ReplyReader {
  #held = '';
  #lines: string[] = [];
  #code: number | undefined;

  push(octets: Buffer): void {
    this.#held += octets.toString('latin1');
  }

  /** The next reply; undefined until it is whole. Throws a {@link NoReply}. */
  next(): Reply | undefined {
    for (;;) {
      const end = this.#held.indexOf('\n');
      if ((end === -1 ? this.#held.length : end) > LONGEST_LINE) throw new NoReply('a reply line without end');
      if (end === -1) return undefined;
      const line = this.#held.slice(0, end).replace(/\r$/, '');
      this.#held = this.#held.slice(end + 1);
      const reply = this.#take(line);
      if (reply !== undefined) return reply;
    }
  }

  #take(line: string): Reply | undefined {
    const [, digits, separator, text = ''] = /^([2-5]\d\d)(?:([ -])(.*))?$/.exec(line) ?? [];
    const code = Number(digits);
    const fits = this.#code === undefined || this.#code === code;
    if (digits === undefined || !fits || this.#lines.length >= MOST_LINES) {
      throw new NoReply(`not a reply: ${JSON.stringify(line.slice(0, 100))}`);
    }
    this.#code = code;
    this.#lines.push(text);
    if (separator === '-') return undefined;
    const lines = this.#lines;
    this.#lines = [];
    this.#code = undefined;
    const status = /^([245]\.\d{1,3}\.\d{1,3})(?: |$)/.exec(lines[0] ?? '')?.[1];
    return { code, lines, ...(status !== undefined && { status }) };
  }
}

/** As the server wrote it, on one line, with nothing in it that a terminal would obey. */
export function replyText({ code, lines }: Reply): string {
  return `${code} ${lines.join(' ')}`.replace(/[^ -~]/g, '?');
}
