import { Failure } from '../failure.ts';
import { OpenFile, shown } from './file-octets.ts';
import { fromLineTime, LONGEST_FROM_LINE } from './from-line.ts';
import { FromUnquoter } from './from-quoting.ts';
import { headerField } from './header-field.ts';
import { letterTime } from './letter-time.ts';
import { type LeftOut, type OpenLetter, type Source, type SourceLetter, Unreadable } from './source.ts';

export interface MboxOptions {
  /**
   * `mboxrd`: one `>` of each line of `>`s and `From ` was put there when the letter was put in, and is taken away. `none`:
   * what stands there belongs to the letter.
   */
  readonly quoting: 'mboxrd' | 'none';
}

/** Octets that are searched at once. */
const WINDOW = 1024 * 1024;
const LF = 0x0a;
const CR = 0x0d;
/** Octets that the name of a letter's first field has at most. */
const LONGEST_NAME = 128;
const SEPARATOR = Buffer.from('\nFrom ');

/** One letter's place in the file. */
interface Range {
  readonly start: number;
  readonly end: number;
  /** What its `From ` line says. */
  readonly time: number | undefined;
}

/**
 * An mbox file. A letter begins behind a `From ` line, which is recognised by its date, as Dovecot, mutt and c-client do,
 * since not every program quotes such lines in letters; the file's first line need have none, nor one that has nothing else
 * either, as Thunderbird's. The empty line before the next `From ` line, or at the file's end, is the format's.
 */
export class MboxSource implements Source {
  readonly leftOut: LeftOut[] = [];
  readonly extent: Source['extent'];
  done = 0;
  readonly #path: string;
  readonly #file: OpenFile;
  readonly #quoting: MboxOptions['quoting'];

  private constructor(path: string, file: OpenFile, quoting: MboxOptions['quoting']) {
    this.#path = path;
    this.#file = file;
    this.#quoting = quoting;
    this.extent = { unit: 'octet', sum: file.stats.size };
  }

  /** Throws a {@link Failure} when it cannot be opened. */
  static open(path: string, { quoting }: MboxOptions): MboxSource {
    try {
      return new MboxSource(path, OpenFile.open(path, true), quoting);
    } catch (thrown) {
      if (thrown instanceof Unreadable) throw new Failure(`${shown(path)}: ${thrown.message}`);
      throw thrown;
    }
  }

  *letters(): Generator<SourceLetter, void, void> {
    let number = 0;
    for (const range of this.#ranges()) {
      if (number === 0 && this.#isInternal(range)) {
        this.leftOut.push({
          place: shown(this.#path),
          why: 'its first entry is a note of the mail program that kept it, and no letter',
        });
      } else {
        number += 1;
        yield this.#letter(range, number);
      }
      this.done = range.end;
    }
    this.done = this.extent.sum;
  }

  close(): void {
    this.#file.close();
  }

  #letter(range: Range, number: number): SourceLetter {
    const { start, end, time } = range;
    const open = (): OpenLetter => ({
      size: end - start,
      pieces: () => this.#pieces(range),
      arrived: (head) => time ?? letterTime(head) ?? Math.round(this.#file.stats.mtimeMs),
      close: () => undefined,
    });
    return { place: `${shown(this.#path)}, letter ${number}`, number, open };
  }

  *#pieces({ start, end }: Range): Generator<Buffer, void, void> {
    let left = end - start;
    const unquoter = this.#quoting === 'mboxrd' ? new FromUnquoter() : undefined;
    for (const piece of this.#file.pieces(start, end)) {
      left -= piece.length;
      const octets = unquoter === undefined ? piece : unquoter.push(piece);
      if (octets.length > 0) yield octets;
    }
    if (left > 0) throw new Unreadable('the file has become shorter meanwhile', 'import again when nobody uses it');
    const rest = unquoter?.end();
    if (rest !== undefined && rest.length > 0) yield rest;
  }

  /** UW's and Dovecot's programs keep their notes in an entry that they never show (c-client's pseudo-message). */
  #isInternal({ start, end }: Range): boolean {
    const head = this.#file.read(Buffer.allocUnsafe(Math.min(4096, end - start)), start);
    return headerField(head, 'Subject') === "DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA";
  }

  *#ranges(): Generator<Range, void, void> {
    const size = this.extent.sum;
    let from = this.#begin();
    if (from === undefined) return;
    for (const next of this.#separators(from.start)) {
      yield { ...from, end: this.#contentEnd(from.start, next.at) };
      from = next;
    }
    yield { ...from, end: this.#contentEnd(from.start, size) };
  }

  /** Where the first letter begins; undefined in an empty file. */
  #begin(): { readonly start: number; readonly time: number | undefined } | undefined {
    const head = this.#file.read(Buffer.allocUnsafe(LONGEST_FROM_LINE), 0);
    let at = 0;
    while (head[at] === LF || head[at] === CR) at += 1;
    if (at === head.length && at === this.extent.sum) return undefined;
    const line = this.#fromLine(at);
    if (line === undefined) {
      throw new Failure(`${shown(this.#path)} is no mbox file: it does not begin with a line "From …"`);
    }
    return line;
  }

  /** All that follow, each with where its line begins. */
  *#separators(
    from: number,
  ): Generator<{ readonly at: number; readonly start: number; readonly time: number | undefined }> {
    const size = this.extent.sum;
    // The line end before it, so that a letter without octets ends where it begins.
    let base = from - 1;
    let window: Buffer = Buffer.alloc(0);
    const room = Buffer.allocUnsafeSlow(WINDOW);
    for (let next = base; ; ) {
      const found = window.indexOf(SEPARATOR, next - base);
      if (found === -1) {
        const keep = Math.max(base, base + window.length - (SEPARATOR.length - 1), next);
        if (base + window.length >= size) return;
        base = keep;
        window = this.#file.read(room.subarray(0, Math.min(WINDOW, size - base)), base);
        next = base;
        if (window.length < SEPARATOR.length) return;
        continue;
      }
      const at = base + found + 1;
      const line = this.#fromLine(at);
      if (line?.time !== undefined || (line?.bare && this.#beginsLetter(at, line.start))) {
        yield { at, start: line.start, time: line.time };
      }
      next = at;
    }
  }

  /** The `From ` line that begins there, and where what follows it begins. */
  #fromLine(
    at: number,
  ): { readonly start: number; readonly time: number | undefined; readonly bare: boolean } | undefined {
    const octets = this.#file.read(Buffer.allocUnsafe(Math.min(LONGEST_FROM_LINE, this.extent.sum - at)), at);
    const end = octets.indexOf(LF);
    if (end === -1) return undefined;
    const line = octets.toString('latin1', 0, octets[end - 1] === CR ? end - 1 : end);
    if (!line.startsWith('From ')) return undefined;
    return { start: at + end + 1, time: fromLineTime(line), bare: line === 'From ' };
  }

  /** Whether a `From ` line that says nothing, as Thunderbird writes them, stands between an empty line and a header. */
  #beginsLetter(at: number, start: number): boolean {
    const before = this.#file.read(Buffer.alloc(Math.min(3, at)), at - Math.min(3, at)).toString('latin1');
    const behind = this.#file.read(Buffer.alloc(Math.min(LONGEST_NAME, this.extent.sum - start)), start);
    return /\n\r?\n$/.test(before) && /^[!-9;-~]+[ \t]*:/.test(behind.toString('latin1'));
  }

  /** Where the letter ends whose place goes up to `end`: before an empty line that stands there. */
  #contentEnd(start: number, end: number): number {
    const from = Math.max(start, end - 3);
    const tail = this.#file.read(Buffer.alloc(end - from), from).toString('latin1');
    const before = from === start ? '\n' : '';
    const [empty = ''] = /(?<=\n)\r?\n$/.exec(before + tail) ?? [];
    return end - empty.length;
  }
}
