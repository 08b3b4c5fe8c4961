import type { LetterWriter } from './export.ts';
import { fromLine } from './from-line.ts';
import { FromQuoter } from './from-quoting.ts';
import { LineFeeds } from './line-feeds.ts';
import { NewFile } from './new-file.ts';
import type { OutgoingLetter } from './outgoing.ts';

const EMPTY_LINE = Buffer.from('\n');

/** Writes an mbox file, as mboxrd has it: each line of any number of `>` and `From ` gets one more `>`. */
export class MboxWriter implements LetterWriter {
  readonly #file: NewFile;

  /** Throws a Failure when the file is there, or cannot be made. */
  constructor(path: string) {
    this.#file = NewFile.open(path);
  }

  async write(letter: OutgoingLetter): Promise<string> {
    const lineFeeds = new LineFeeds();
    const quoter = new FromQuoter();
    this.#file.write(Buffer.from(fromLine(letter.arrived)));
    for await (const piece of letter.pieces()) this.#file.write(quoter.push(lineFeeds.push(piece)));
    this.#file.write(quoter.push(lineFeeds.end()));
    this.#file.write(quoter.end());
    this.#file.write(EMPTY_LINE);
    return String(letter.number);
  }

  async finish(): Promise<void> {
    this.#file.finish();
  }

  async abandon(): Promise<void> {
    this.#file.abandon();
  }
}
