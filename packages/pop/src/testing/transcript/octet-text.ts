/**
 * A part of a transcript's line: octets (one character each, U+0000 to U+00FF), whatever there is, text for people, or
 * what is captured under a name: one word, or several.
 */
export type Piece =
  | { readonly type: 'octets'; readonly octets: string }
  | { readonly type: 'any' }
  | { readonly type: 'text' }
  | { readonly type: 'name'; readonly name: string; readonly words: boolean };

export interface OctetText {
  readonly pieces: readonly Piece[];
  /** False when the text ends in `\c`: no CRLF follows it. */
  readonly lineEnd: boolean;
}

const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '\\': '\\', '{': '{', '}': '}' };

/**
 * Reads octets as transcripts write them (transcripts/README.md): UTF-8 text, `\xHH`, `\r`, `\n`, `\t`, `\\`, `\{`, `\}`,
 * `\c`, `{any}`, `{text}`, `{name}`, `{name+}`, `{a*40}`, `{base64 a}`. Throws a SyntaxError that says what is wrong.
 */
export function parseOctetText(text: string): OctetText {
  const lineEnd = !/(^|[^\\])(\\\\)*\\c$/.test(text);
  const scanner = new Scanner(lineEnd ? text : text.slice(0, -2));
  const pieces = scanner.pieces();
  scanner.mustBeAtEnd();
  return { pieces, lineEnd };
}

/** The octets of a text in which nothing is left open. */
export function literalOctets(pieces: readonly Piece[]): string {
  return pieces
    .map((piece) => {
      if (piece.type !== 'octets')
        throw new SyntaxError('here only octets may stand, nothing that matches or captures');
      return piece.octets;
    })
    .join('');
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Pieces up to the end, or to a `}` or `*40}` that closes what surrounds them. */
  pieces(): Piece[] {
    const pieces: Piece[] = [];
    let octets = '';
    for (;;) {
      const character = this.#character();
      if (character === '' || character === '}' || /^\*\d+\}/.test(this.#rest())) break;
      if (character === '{') {
        for (const piece of this.#braces()) {
          if (piece.type === 'octets') octets += piece.octets;
          else {
            if (octets !== '') pieces.push({ type: 'octets', octets });
            octets = '';
            pieces.push(piece);
          }
        }
      } else if (character === '\\') {
        octets += this.#escape();
      } else {
        octets += Buffer.from(character).toString('latin1');
        this.#at += character.length;
      }
    }
    if (octets !== '') pieces.push({ type: 'octets', octets });
    return pieces;
  }

  mustBeAtEnd(): void {
    if (this.#rest() !== '') throw new SyntaxError(`"${this.#rest()}" closes nothing: a brace that is meant is \\}`);
  }

  #braces(): readonly Piece[] {
    const [whole, name, words] = /^\{([a-z][A-Za-z0-9]*)(\+?)\}/.exec(this.#rest()) ?? [];
    if (whole !== undefined && name !== undefined) {
      this.#at += whole.length;
      return [name === 'any' || name === 'text' ? { type: name } : { type: 'name', name, words: words === '+' }];
    }
    if (this.#rest().startsWith('{base64 ')) {
      this.#at += '{base64 '.length;
      const octets = literalOctets(this.pieces());
      this.#skip(/^\}/, 'a { that nothing closes');
      return [{ type: 'octets', octets: Buffer.from(octets, 'latin1').toString('base64') }];
    }
    this.#at += 1;
    const pieces = this.pieces();
    const times = Number(
      this.#skip(/^\*(\d+)\}/, '{…} is a name, base64 text, or a text with its number: {any}, {a*40}'),
    );
    if (pieces.every((piece) => piece.type === 'octets')) {
      return [{ type: 'octets', octets: literalOctets(pieces).repeat(times) }];
    }
    return Array.from({ length: times }, () => pieces).flat();
  }

  #escape(): string {
    const [hex] = /^\\x[0-9A-Fa-f]{2}/.exec(this.#rest()) ?? [];
    if (hex !== undefined) {
      this.#at += hex.length;
      return String.fromCharCode(Number.parseInt(hex.slice(2), 16));
    }
    const octets = ESCAPES[this.#rest().charAt(1)];
    if (octets === undefined) throw new SyntaxError(`"${this.#rest().slice(0, 2)}" is no escape`);
    this.#at += 2;
    return octets;
  }

  #skip(pattern: RegExp, otherwise: string): string {
    const found = pattern.exec(this.#rest());
    if (!found) throw new SyntaxError(otherwise);
    this.#at += found[0].length;
    return found[1] ?? '';
  }

  #character(): string {
    const code = this.#text.codePointAt(this.#at);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  #rest(): string {
    return this.#text.slice(this.#at);
  }
}

/** What has been captured so far, by name. */
export type Captures = Map<string, string>;

/** The octets to send; a captured name stands for what it captured. */
export function fill(pieces: readonly Piece[], captures: Captures): Buffer {
  const octets = pieces.map((piece) => {
    if (piece.type === 'octets') return piece.octets;
    const captured = piece.type === 'name' ? captures.get(piece.name) : undefined;
    if (captured === undefined) throw new SyntaxError('a line that is sent may use only names captured before');
    return captured;
  });
  return Buffer.from(octets.join(''), 'latin1');
}

/** Whether a line (one character an octet, no line end) matches. A match adds what it captured. */
export function matches(line: string, pieces: readonly Piece[], captures: Captures): boolean {
  const [only] = pieces;
  if (only === undefined) return line === '';
  if (only.type === 'octets' && pieces.length === 1) return line === only.octets;
  const fresh = new Set<string>();
  const source = pieces.map((piece) => {
    if (piece.type === 'octets') return escaped(piece.octets);
    if (piece.type === 'any') return '.*';
    // Whatever begins with a bracket is a response code (RFC 2449 §6.4), and codes are told apart.
    if (piece.type === 'text') return '(?!\\[)[\\x20-\\x7e]+';
    const captured = captures.get(piece.name);
    if (captured !== undefined) return escaped(captured);
    if (fresh.has(piece.name)) return `\\k<${piece.name}>`;
    fresh.add(piece.name);
    return `(?<${piece.name}>${piece.words ? '.+' : '[^ ]+'})`;
  });
  const found = new RegExp(`^${source.join('')}$`, 's').exec(line);
  for (const [name, word] of Object.entries(found?.groups ?? {})) captures.set(name, word);
  return found !== null;
}

function escaped(octets: string): string {
  return octets.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** Octets as a transcript would write them, cut short where they are many. */
export function shown(octets: string, most = 200): string {
  const head = octets.length > most ? octets.slice(0, most) : octets;
  const text = head.replace(/[^\x20-\x7e]|[\\{}]| $/g, (octet) => {
    const letter = Object.keys(ESCAPES).find((key) => ESCAPES[key] === octet);
    return `\\${letter ?? `x${octet.charCodeAt(0).toString(16).padStart(2, '0')}`}`;
  });
  return head === octets ? text : `${text}… (${octets.length} octets)`;
}
