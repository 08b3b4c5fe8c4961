import { HEADER_OCTETS } from '../plan/fingerprint.ts';

/** Finds the header at the head of a letter that comes in parts, and gathers nothing behind it. */
export class HeaderWatch {
  #parts: Buffer[] = [];
  #octets = 0;
  #header: Buffer | undefined;

  /** Takes the next octets. They are copied where they have to be kept. */
  take(octets: Buffer): void {
    if (this.#header !== undefined) return;
    // A blank line may be cut in two between the parts.
    const seen = this.#parts.length === 0 ? octets : Buffer.concat([...this.#parts, octets]);
    const end = endOfHeader(seen, Math.max(0, this.#octets - 3));
    this.#octets = seen.length;
    if (end !== undefined) this.#header = Buffer.from(seen.subarray(0, end));
    else if (seen.length >= HEADER_OCTETS) this.#header = Buffer.from(seen.subarray(0, HEADER_OCTETS));
    else this.#parts = [Buffer.from(seen)];
  }

  /** The header, with its blank line if it has one; of a letter that is all header, all of it. */
  get header(): Buffer {
    return this.#header ?? Buffer.concat(this.#parts);
  }
}

/** Where the body begins; a letter that begins with a blank line has no header. */
function endOfHeader(octets: Buffer, from: number): number | undefined {
  if (octets.length >= 2 && octets[0] === 0x0d && octets[1] === 0x0a) return 2;
  const at = octets.indexOf('\r\n\r\n', from);
  return at < 0 ? undefined : at + 4;
}
