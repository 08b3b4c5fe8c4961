/** What was sent to a client, line by line; a grammar's errors are thrown with what they are about. */
export class Finding extends Error {
  override readonly name = 'Finding';
}

export function demand(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Finding(what);
}

/** Lines of a server's: each ends with CRLF, and no CR or LF stands elsewhere. */
export class ReplyLines {
  readonly #octets: string;
  #at = 0;

  constructor(octets: Buffer) {
    this.#octets = octets.toString('latin1');
  }

  get rest(): string {
    return this.#octets.slice(this.#at);
  }

  /** The next line without its end; `undefined` where nothing more was sent. */
  next(): string | undefined {
    if (this.#at === this.#octets.length) return undefined;
    const end = this.#octets.indexOf('\r\n', this.#at);
    if (end === -1) return undefined;
    const line = this.#octets.slice(this.#at, end);
    this.#at = end + 2;
    return line;
  }

  /** The lines of a multi-line response up to its `.`, un-stuffed; `undefined` where it was not ended. */
  multiLine(): string | undefined {
    if (this.#octets.startsWith('.\r\n', this.#at)) {
      this.#at += 3;
      return '';
    }
    const end = this.#octets.indexOf('\r\n.\r\n', this.#at);
    if (end === -1) return undefined;
    const body = this.#octets.slice(this.#at, end + 2);
    this.#at = end + 5;
    for (const line of body.split('\r\n')) demand(!/^\.(?!.)/s.test(line), 'a line "." inside a multi-line response');
    return body.replace(/^\./gm, '');
  }
}

export function shown(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
