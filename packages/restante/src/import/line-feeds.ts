const CR = 0x0d;
const CRLF = '\r\n';
const NOTHING = Buffer.alloc(0);
const ONE_CR = Buffer.from('\r');

/**
 * Makes LF of each CRLF, cut anywhere: so letters lie in files. One that follows another CR stays, since `CR CR LF` would
 * become `CR LF`, and come back as that.
 */
export class LineFeeds {
  /** A CR that what comes next decides about. */
  #held = false;
  /** Whether the octet before it, or before what comes next, is a CR too. */
  #behindCr = false;

  push(octets: Uint8Array): Buffer {
    const output = Buffer.allocUnsafe(octets.length + 1);
    return output.subarray(0, this.writeTo(output, 0, octets));
  }

  /**
   * Writes what becomes of the octets to `output`, from `at` on; answers where it ends. There has to be room for one octet
   * more than they are.
   */
  writeTo(output: Buffer, at: number, octets: Uint8Array): number {
    if (octets.length === 0) return at;
    // As text: what is made of lines in one call takes half of the time that each line by itself does.
    const part = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1');
    const held = octets[octets.length - 1] === CR;
    const text = (this.#held ? '\r' : '') + (held ? part.slice(0, -1) : part);
    this.#held = held;
    if (text.length === 0) return at;
    const end = at + output.write(this.#change(text), at, 'latin1');
    this.#behindCr = text.endsWith('\r');
    return end;
  }

  end(): Buffer {
    return this.#held ? ONE_CR : NOTHING;
  }

  #change(text: string): string {
    if (!this.#behindCr && !text.includes('\r\r\n')) return text.replace(/\r\n/g, '\n');
    const kept = this.#behindCr && text.startsWith(CRLF) ? CRLF : '';
    return kept + text.slice(kept.length).replace(/(?<!\r)\r\n/g, '\n');
  }
}
