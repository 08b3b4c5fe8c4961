/**
 * A letter's octets as they lie on the wire: DATA ends them by a line with one dot, BDAT counts them.
 * @module
 */
import { Inspection, type LineReader, Unstuffer } from '@restante/pop/wire';
import type { LetterFaults } from './effects.ts';

/** Octets of a connection that are no command lines. */
export interface MailData {
  /** The next of them out of the reader, possibly none; `undefined` when it has nothing. Not to be called after the end. */
  take(reader: LineReader): Buffer | undefined;
  /** Whether the next octets are a command's again. */
  readonly ended: boolean;
}

/** Octets of a letter. */
export interface LetterData extends MailData {
  /** What was found in the letter so far. */
  readonly faults: LetterFaults;
}

/** What stands behind DATA: a whole letter (RFC 5321 §4.1.1.4). */
export class DottedData implements LetterData {
  readonly #unstuffer = new Unstuffer();
  readonly #bareCr: boolean;

  /** `bareCr`: a CR that stands alone is no fault. */
  constructor(bareCr = false) {
    this.#bareCr = bareCr;
  }

  get ended(): boolean {
    return this.#unstuffer.ended;
  }

  get faults(): LetterFaults {
    return faultsOf(this.#unstuffer, this.#bareCr);
  }

  take(reader: LineReader): Buffer | undefined {
    const octets = reader.takeRest();
    if (octets.length === 0) return undefined;
    const letter = this.#unstuffer.unstuff(octets);
    if (this.#unstuffer.ended) reader.push(this.#unstuffer.takeRest());
    return letter;
  }
}

/** So many octets, whatever they are. */
export class CountedData implements MailData {
  #left: number;

  constructor(octets: number) {
    this.#left = octets;
  }

  get ended(): boolean {
    return this.#left === 0;
  }

  take(reader: LineReader): Buffer | undefined {
    const octets = reader.takeRest();
    if (octets.length === 0) return undefined;
    const taken = octets.subarray(0, this.#left);
    this.#left -= taken.length;
    reader.push(octets.subarray(taken.length));
    return taken;
  }
}

/** A letter that comes in chunks (RFC 3030 §2): they are judged as one, so a CR and LF may lie in two of them. */
export class ChunkedLetter {
  readonly #inspection = new Inspection();
  readonly #bareCr: boolean;

  /** `bareCr`: a CR that stands alone is no fault. */
  constructor(bareCr = false) {
    this.#bareCr = bareCr;
  }

  /** Octets of the chunks so far. */
  get octets(): number {
    return this.#inspection.octets;
  }

  get faults(): LetterFaults {
    return faultsOf(this.#inspection, this.#bareCr);
  }

  /** The last of the chunks has come. */
  end(): void {
    this.#inspection.end();
  }

  /** The next chunk. */
  chunk(octets: number): LetterData {
    const data = new CountedData(octets);
    const inspection = this.#inspection;
    const bareCr = this.#bareCr;
    return {
      take(reader) {
        const taken = data.take(reader);
        if (taken !== undefined) inspection.look(taken);
        return taken;
      },
      get ended() {
        return data.ended;
      },
      get faults() {
        return faultsOf(inspection, bareCr);
      },
    };
  }
}

function faultsOf({ findings }: Pick<Inspection, 'findings'>, bareCr: boolean): LetterFaults {
  const { bareCarriageReturn, bareLineFeed, nul } = findings;
  return {
    bareLineEnd: (bareCarriageReturn !== undefined && !bareCr) || bareLineFeed !== undefined,
    nul: nul !== undefined,
    tooLarge: false,
  };
}
