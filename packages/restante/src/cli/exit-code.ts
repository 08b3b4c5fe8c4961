/** What the process's exit status says; docs/command-line.md has the table. */
export const EXIT = {
  done: 0,
  /** It could not be done; the line on stderr says why. */
  failed: 1,
  /** The command line or the configuration is wrong; nothing was begun. */
  usage: 2,
  /** Done in part: the report says what was not, and why. */
  partly: 3,
  /** What was asked has been answered, and the answer is no; docs/command-line.md says which verbs ask. */
  no: 4,
  /** The doctor found nothing that is wrong, but something to see to. */
  warnings: 5,
  /** The doctor found something that is wrong. */
  faults: 6,
  /** Interrupted at a question. */
  interrupted: 130,
} as const;

/** The command line or the configuration is wrong: one line for each thing to mend. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly lines: readonly string[];

  constructor(...lines: readonly string[]) {
    super(lines.join('\n'));
    this.lines = lines;
  }
}

/** Somebody pressed Ctrl-C at a question. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** All there is to say has been said; what remains is the exit status. */
export class Ended extends Error {
  override readonly name = 'Ended';
  readonly status: number;

  constructor(status: number) {
    super(`ended with ${status}`);
    this.status = status;
  }
}
