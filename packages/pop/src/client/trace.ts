import { inspect } from 'node:util';

/** Lines of the dialog that an error carries. */
const TAIL = 20;
/** Characters of a server's line that are kept. */
const LINE = 200;
/** A shorter secret would be found in half of all words, and is none. */
const SHORTEST = 4;
/** C0 and C1 controls, DEL, and what turns the direction of writing round: none of it reaches a terminal. */
const UNSEEMLY = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu;

/** Whoever wants to see the dialog: pino and the like. No secret is in what it gets. */
export interface Pop3Logger {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** The last lines of a dialog, without its secrets. */
export class Trace {
  readonly #lines: string[] = [];
  readonly #secrets = new Set<string>();
  readonly #logger: Pop3Logger | undefined;

  constructor(logger?: Pop3Logger) {
    this.#logger = logger;
  }

  /** These octets are not to be seen, whoever says them: a server may well repeat a password in its answer. */
  hide(secret: string): void {
    if (secret.length < SHORTEST) return;
    this.#secrets.add(secret);
    this.#secrets.add(Buffer.from(secret).toString('base64'));
  }

  /** Text of the server's as people may see it: no secrets, nothing that moves a terminal, and not too much. */
  seemly(text: string): string {
    let shown = text;
    for (const secret of this.#secrets) shown = shown.replaceAll(secret, '[secret]');
    shown = shown.replace(UNSEEMLY, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
    return shown.length > LINE ? `${shown.slice(0, LINE)}…` : shown;
  }

  client(shown: string): void {
    this.#add(`C: ${this.seemly(shown)}`);
  }

  server(text: string): void {
    this.#add(`S: ${this.seemly(text)}`);
  }

  /** What is neither side's words: a handshake, how many octets a letter had. */
  note(text: string): void {
    this.#add(`(${text})`);
  }

  warn(text: string): void {
    this.#keep(`(${text})`);
    this.#logger?.warn({ protocol: 'pop3' }, text);
  }

  get tail(): readonly string[] {
    return [...this.#lines];
  }

  [inspect.custom](): string {
    return '[trace]';
  }

  #add(line: string): void {
    this.#keep(line);
    this.#logger?.debug({ protocol: 'pop3' }, line);
  }

  #keep(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > TAIL) this.#lines.shift();
  }
}
