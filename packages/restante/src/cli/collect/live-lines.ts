/** How often the lines are drawn anew at most, in milliseconds. */
const EVERY = 100;
const CLEAR_TO_END = '\u001b[J';

/** A terminal, as far as it is drawn on. */
export interface Screen {
  write(text: string): void;
  readonly columns: number;
  readonly rows: number;
}

/**
 * Lines at the foot of a terminal that are drawn anew in place, with what is to stay above them. Nothing at all where there
 * is no terminal.
 */
export class LiveLines {
  readonly #screen: Screen | undefined;
  readonly #now: () => number;
  /** How many stand there now. */
  #drawn = 0;
  #last = Number.NEGATIVE_INFINITY;

  constructor(screen: Screen | undefined, now: () => number = () => performance.now()) {
    this.#screen = screen;
    this.#now = now;
  }

  /** Whether anything is seen. */
  get shown(): boolean {
    return this.#screen !== undefined;
  }

  /** Draws the lines; not more often than anybody can see, unless `always`. */
  draw(lines: () => readonly string[], always = false): void {
    if (this.#screen === undefined) return;
    const now = this.#now();
    if (!always && now - this.#last < EVERY) return;
    this.#last = now;
    const { columns, rows } = this.#screen;
    const fitting = fit(lines(), Math.max(1, rows - 2)).map((line) => cut(line, columns));
    this.#screen.write(`${this.#home()}${fitting.join('\n')}`);
    this.#drawn = fitting.length;
  }

  /** Takes them away, so that something else can be written; the next drawing brings them back. */
  clear(): void {
    this.#screen?.write(this.#drawn === 0 ? '' : this.#home());
    this.#drawn = 0;
    this.#last = Number.NEGATIVE_INFINITY;
  }

  /** The way to the first of them, and nothing behind it. */
  #home(): string {
    if (this.#drawn === 0) return '';
    return `\r${this.#drawn > 1 ? `\u001b[${this.#drawn - 1}A` : ''}${CLEAR_TO_END}`;
  }
}

/** Not more than fit; what is left out is told. */
function fit(lines: readonly string[], most: number): readonly string[] {
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), `and ${lines.length - most + 1} more`];
}

/** A line that wrapped would be two, and the next drawing would begin in the wrong place. */
function cut(line: string, columns: number): string {
  return line.length < columns ? line : `${line.slice(0, Math.max(0, columns - 2))}…`;
}
