import { CR, LF, NUL } from './octets.ts';

/** Octets that have no place in a letter, each with the offset of its first occurrence in the un-stuffed letter. */
export interface Findings {
  /** A CR that no LF follows. */
  readonly bareCarriageReturn: number | undefined;
  /** An LF that no CR stands before. */
  readonly bareLineFeed: number | undefined;
  readonly nul: number | undefined;
}

/** Looks through a letter for octets that have no place in it, as it streams by, cut anywhere (SM-21, SM-24). */
export class Inspection {
  /** Octets seen so far, and the last of them. A letter begins as if behind a line end. */
  #octets = 0;
  #last = LF;
  #bareCarriageReturn: number | undefined;
  #bareLineFeed: number | undefined;
  #nul: number | undefined;

  /** Octets seen so far. */
  get octets(): number {
    return this.#octets;
  }

  /** What was found so far. A CR that came last is judged with the next octet, or by {@link end}. */
  get findings(): Findings {
    return { bareCarriageReturn: this.#bareCarriageReturn, bareLineFeed: this.#bareLineFeed, nul: this.#nul };
  }

  /** Takes the letter's next octets. */
  look(part: Buffer): void {
    if (part.length === 0) return;
    if (this.#nul === undefined) {
      const nul = part.indexOf(NUL);
      if (nul >= 0) this.#nul = this.#octets + nul;
    }
    if (this.#bareCarriageReturn === undefined) {
      if (this.#last === CR && part[0] !== LF) this.#bareCarriageReturn = this.#octets - 1;
      else this.#bareCarriageReturn = this.#firstBareCR(part);
    }
    if (this.#bareLineFeed === undefined) {
      if (this.#last !== CR && part[0] === LF) this.#bareLineFeed = this.#octets;
      else this.#bareLineFeed = this.#firstBareLF(part);
    }
    this.#octets += part.length;
    this.#last = part[part.length - 1] as number;
  }

  /** The letter ends here: a CR that came last stands alone. */
  end(): void {
    if (this.#last === CR) this.#bareCarriageReturn ??= this.#octets - 1;
  }

  #firstBareCR(part: Buffer): number | undefined {
    for (let at = part.indexOf(CR); at >= 0 && at < part.length - 1; at = part.indexOf(CR, at + 1)) {
      if (part[at + 1] !== LF) return this.#octets + at;
    }
    return undefined;
  }

  #firstBareLF(part: Buffer): number | undefined {
    for (let at = part.indexOf(LF, 1); at >= 0; at = part.indexOf(LF, at + 1)) {
      if (part[at - 1] !== CR) return this.#octets + at;
    }
    return undefined;
  }
}
