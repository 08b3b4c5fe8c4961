import { literalOctets, type OctetText, type Piece, parseOctetText } from './octet-text.ts';
import type { Directive, Expected, Step, Transcript } from './transcript.ts';

/** A transcript that cannot be read; the message begins with file and line. */
export class TranscriptSyntaxError extends SyntaxError {
  override readonly name = 'TranscriptSyntaxError';
}

const DIALOG = /^([CS])([2-9]?)(\*?[:>])(?: (.*))?$/;
const WORD = /^([A-Z]{2,})(?: (.*))?$/;
const DIRECTIVE = /^([a-z][A-Za-z-]*)(?: (\S+))?:(?: (.*))?$/;
const IDS = /^# ((?:[A-Z][A-Z0-9]*-?[0-9.]+(?:, |: ))+)/;

/** Reads a transcript (its form: transcripts/README.md). Throws a {@link TranscriptSyntaxError}. */
export function parseTranscript(text: string, file: string): Transcript {
  return new Reader(text, file).transcript();
}

class Reader {
  readonly #file: string;
  readonly #lines: readonly string[];
  readonly #ids: string[] = [];
  readonly #directives: Directive[] = [];
  readonly #sessions: Step[][] = [[]];
  /** The `C>` lines that wait for the `C:` line of their write. */
  #unsent: { readonly connection: number; readonly line: number; readonly pieces: Piece[] } | undefined;

  constructor(text: string, file: string) {
    this.#file = file;
    this.#lines = text.split('\n');
    if (this.#lines.at(-1) === '') this.#lines = this.#lines.slice(0, -1);
  }

  transcript(): Transcript {
    if (!this.#lines[0]?.startsWith('# '))
      this.#refuse(1, 'a transcript begins with a comment that says what it shows');
    this.#lines.forEach((line, index) => {
      this.#read(line, index + 1);
    });
    if (this.#unsent) this.#refuse(this.#unsent.line, 'C> goes with the next C: line, and none follows');
    if (this.#sessions.some((steps) => steps.length === 0))
      this.#refuse(this.#lines.length, 'a session without a step');
    const { lines, ids } = { lines: this.#lines, ids: this.#ids };
    return { file: this.#file, lines, ids, directives: this.#directives, sessions: this.#sessions };
  }

  #read(line: string, number: number): void {
    if (/\s$/.test(line)) this.#refuse(number, 'a blank at the end of a line is written \\x20');
    const dialog = DIALOG.exec(line);
    const directive = DIRECTIVE.exec(line);
    const word = WORD.exec(line);
    if (this.#unsent && dialog?.[1] !== 'C') this.#refuse(number, 'C> goes with the C: line that follows it at once');
    if (dialog) this.#dialog(dialog, number);
    else if (line.startsWith('#')) this.#comment(line);
    else if (line.startsWith('|')) this.#letterLine(line, number);
    else if (line === '--- next session') this.#sessions.push([]);
    else if (directive) this.#directive(directive, number);
    else if (word) this.#steps().push(this.#word(word, number));
    else if (line !== '') this.#refuse(number, 'not a line of a transcript');
  }

  #comment(line: string): void {
    if (this.#directives.length > 0 || this.#steps().length > 0) return;
    this.#ids.push(
      ...(IDS.exec(line)?.[1]
        ?.split(/, |: /)
        .filter((id) => id !== '') ?? []),
    );
  }

  #dialog([, side, digit, mark, text = '']: RegExpExecArray, line: number): void {
    const connection = Number(digit || 1);
    const { pieces, lineEnd } = this.#octets(text, line);
    if (side === 'S') {
      if (!mark?.endsWith(':') || !lineEnd) this.#refuse(line, 'the server sends whole lines: S: text');
      for (const each of splitLines(pieces)) this.#expect({ pieces: each, line }, connection, mark === '*:');
      return;
    }
    if (mark?.startsWith('*')) this.#refuse(line, 'the client says in which order it sends: C: text');
    const sent = [...pieces, ...(lineEnd ? [{ type: 'octets' as const, octets: '\r\n' }] : [])];
    this.#unsent ??= { connection, line, pieces: [] };
    if (this.#unsent.connection !== connection) this.#refuse(line, 'one write goes to one connection');
    this.#unsent.pieces.push(...sent);
    if (mark === '>') return;
    this.#steps().push({ type: 'send', ...this.#unsent });
    this.#unsent = undefined;
  }

  #expect(expected: Expected, connection: number, anyOrder: boolean): void {
    const { pieces, line } = expected;
    // A line that any answer would match shows nothing, and no altered reply could make it fail.
    if (pieces.length > 0 && !pieces.some((piece) => piece.type === 'octets')) {
      this.#refuse(line, 'an S: line holds at least one octet of its own');
    }
    const before = this.#steps().at(-1);
    if (!anyOrder) {
      this.#steps().push({ type: 'expect', pieces, connection, line });
    } else if (before?.type === 'expect-all' && before.connection === connection) {
      this.#steps().splice(-1, 1, { ...before, expected: [...before.expected, expected] });
    } else {
      this.#steps().push({ type: 'expect-all', expected: [expected], connection, line });
    }
  }

  #word([, word = '', rest = '']: RegExpExecArray, line: number): Step {
    const connection = /^[2-9]\b/.test(rest) ? Number(rest.charAt(0)) : 1;
    const argument = rest.replace(/^[2-9]\b ?/, '');
    const at = { connection, line };
    switch (word) {
      case 'DROP':
      case 'RESET':
        if (argument !== '') this.#refuse(line, `${word} takes nothing but the number of a connection`);
        return { type: word === 'DROP' ? 'drop' : 'reset', ...at };
      case 'EOF':
        if (argument !== '' && argument !== 'unfinished') this.#refuse(line, 'EOF, or EOF unfinished');
        return { type: 'eof', unfinished: argument === 'unfinished', ...at };
      case 'TLS':
        if (argument !== '' && argument !== 'refused') this.#refuse(line, 'TLS, or TLS refused');
        return { type: 'tls', refused: argument === 'refused', ...at };
      case 'WAIT':
        return { type: 'wait', milliseconds: this.#duration(rest, line), ...at };
      default:
        return { type: 'perform', word, rest, ...at };
    }
  }

  #directive([, name = '', argument = '', value = '']: RegExpExecArray, line: number): void {
    if (this.#steps().length > 0 || this.#sessions.length > 1) {
      this.#refuse(line, 'directives stand before the first step');
    }
    this.#directives.push({ name, argument, value, line });
  }

  /** `|` lines belong to the directive or word above them. */
  #letterLine(line: string, number: number): void {
    if (!/^\|($| )/.test(line)) this.#refuse(number, 'a line of a letter begins with | and a space');
    const { pieces, lineEnd } = this.#octets(line.slice(2), number);
    const octets = Buffer.from(literalOctets(pieces) + (lineEnd ? '\r\n' : ''), 'latin1');
    const step = this.#steps().pop();
    if (step !== undefined) {
      if (step.type !== 'perform') this.#refuse(number, 'a line of a letter stands below what the letter is for');
      this.#steps().push({ ...step, octets: joined(step.octets, octets) });
      return;
    }
    const directive = this.#directives.pop();
    if (directive === undefined) this.#refuse(number, 'a line of a letter stands below what the letter is for');
    this.#directives.push({ ...directive, octets: joined(directive.octets, octets) });
  }

  #duration(text: string, line: number): number {
    const [, h, m, s, ms] = /^(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(text) ?? [];
    const milliseconds =
      Number(h ?? 0) * 3_600_000 + Number(m ?? 0) * 60_000 + Number(s ?? 0) * 1_000 + Number(ms ?? 0);
    if (milliseconds === 0) this.#refuse(line, 'WAIT takes a time such as 10m, 9m59s or 250ms');
    return milliseconds;
  }

  #octets(text: string, line: number): OctetText {
    try {
      return parseOctetText(text);
    } catch (error) {
      return this.#refuse(line, error instanceof Error ? error.message : String(error));
    }
  }

  #steps(): Step[] {
    return this.#sessions.at(-1) ?? [];
  }

  #refuse(line: number, reason: string): never {
    throw new TranscriptSyntaxError(`${this.#file}:${line}: ${reason}`);
  }
}

/** Lines of a reply that were written as one text with `\r\n` in it. */
function splitLines(pieces: readonly Piece[]): readonly (readonly Piece[])[] {
  const lines: Piece[][] = [[]];
  for (const piece of pieces) {
    if (piece.type !== 'octets') {
      lines.at(-1)?.push(piece);
      continue;
    }
    piece.octets.split('\r\n').forEach((octets, index) => {
      if (index > 0) lines.push([]);
      if (octets !== '') lines.at(-1)?.push({ type: 'octets', octets });
    });
  }
  return lines;
}

function joined(head: Buffer | undefined, tail: Buffer): Buffer {
  return head === undefined ? tail : Buffer.concat([head, tail]);
}
