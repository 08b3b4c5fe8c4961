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
    const part = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
    const whole = this.#held ? Buffer.concat([ONE_CR, part]) : part;
    if (whole.length === 0) return whole;
    this.#held = whole[whole.length - 1] === CR;
    const end = this.#held ? whole.length - 1 : whole.length;
    const output = this.#change(whole.subarray(0, end));
    if (end > 0) this.#behindCr = whole[end - 1] === CR;
    return output;
  }

  end(): Buffer {
    return this.#held ? ONE_CR : NOTHING;
  }

  #change(octets: Buffer): Buffer {
    if (!octets.includes(CRLF)) return octets;
    const text = octets.toString('latin1');
    const plain = !this.#behindCr && !text.includes('\r\r\n');
    if (plain) return Buffer.from(text.replaceAll(CRLF, '\n'), 'latin1');
    const kept = this.#behindCr && text.startsWith(CRLF) ? CRLF : '';
    return Buffer.from(kept + text.slice(kept.length).replace(/(?<!\r)\r\n/g, '\n'), 'latin1');
  }
}
