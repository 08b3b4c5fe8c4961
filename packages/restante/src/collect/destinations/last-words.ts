/** Octets that are kept, and lines that are shown. */
const KEPT = 4096;
const LINES = 3;
const SHOWN = 300;

/** The last of what a program said: bounded, on one line, with nothing in it that a terminal would obey. */
export class LastWords {
  #octets: Buffer = Buffer.alloc(0);

  push(octets: Buffer): void {
    this.#octets = Buffer.concat([this.#octets, octets]).subarray(-KEPT);
  }

  /** Empty when it said nothing. */
  get text(): string {
    const lines = this.#octets.toString('utf8').split(/[\r\n]+/);
    const last = lines.map((line) => line.trim()).filter((line) => line !== '');
    const text = last
      .slice(-LINES)
      .join(' / ')
      .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
    return text.length <= SHOWN ? text : `…${text.slice(-SHOWN)}`;
  }
}
