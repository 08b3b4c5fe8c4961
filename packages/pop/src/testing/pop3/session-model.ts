/** A letter as a mailbox holds it. The same letter that has been brought back is another one. */
export interface ModelLetter {
  readonly uniqueId: string;
  readonly text: string;
}

/** What a command has to be answered. */
export interface ModelReply {
  readonly ok: boolean;
  /** What stands behind the status; any text when it is not given. */
  readonly text?: string;
  /** The lines of a multi-line response, as they stand on the wire. */
  readonly lines?: readonly string[];
}

const MISSING: ModelReply = { ok: false };

/** RFC 1939 §5 and §7 in the plainest terms: one session's view of its letters, and which of them it has marked. */
export class SessionModel {
  readonly letters: readonly ModelLetter[];
  readonly #marked = new Set<number>();

  constructor(letters: readonly ModelLetter[]) {
    this.letters = letters;
  }

  /** The letters that QUIT removes. */
  get marked(): readonly ModelLetter[] {
    return [...this.#marked].map((number) => this.#letter(number));
  }

  answer(keyword: string, number?: number, count = 0): ModelReply {
    if (number !== undefined && !this.#numbers.includes(number)) return MISSING;
    switch (keyword) {
      case 'STAT': {
        const octets = this.#numbers.reduce((sum, each) => sum + this.#letter(each).text.length, 0);
        return { ok: true, text: `${this.#numbers.length} ${octets}` };
      }
      case 'LIST':
        return this.#listing(number, (letter) => String(letter.text.length));
      case 'UIDL':
        return this.#listing(number, (letter) => letter.uniqueId);
      case 'RETR':
        return { ok: true, lines: stuffed(this.#letter(number ?? 0).text) };
      case 'TOP':
        return { ok: true, lines: stuffed(top(this.#letter(number ?? 0).text, count)) };
      case 'DELE':
        this.#marked.add(number ?? 0);
        return { ok: true };
      case 'RSET':
        this.#marked.clear();
        return { ok: true };
      default:
        return { ok: keyword === 'NOOP' };
    }
  }

  get #numbers(): readonly number[] {
    return this.letters.map((_, index) => index + 1).filter((number) => !this.#marked.has(number));
  }

  #letter(number: number): ModelLetter {
    return this.letters[number - 1] ?? { uniqueId: '', text: '' };
  }

  #listing(number: number | undefined, show: (letter: ModelLetter) => string): ModelReply {
    const line = (each: number) => `${each} ${show(this.#letter(each))}`;
    return number === undefined ? { ok: true, lines: this.#numbers.map(line) } : { ok: true, text: line(number) };
  }
}

/** Header, blank line, and so many lines of the body. */
function top(text: string, count: number): string {
  const [header = '', body] = text.split(/\r\n\r\n(.*)/s);
  if (body === undefined) return text;
  const lines = body.split('\r\n').slice(0, -1);
  return [header, '', ...lines.slice(0, count), ''].join('\r\n');
}

function stuffed(text: string): readonly string[] {
  const lines = text.split('\r\n').slice(0, -1);
  return lines.map((line) => (line.startsWith('.') ? `.${line}` : line));
}
