/** Makes each CR or LF that stands alone a CRLF (SM-21's `normalise`). */
export class LineEnds {
  /** A CR was the last octet: whether it stands alone shows with the next one. */
  #carriageReturn = false;

  mend(octets: Buffer): Buffer {
    const text = this.#carriageReturn ? `\r${octets.toString('latin1')}` : octets.toString('latin1');
    this.#carriageReturn = text.endsWith('\r');
    const whole = this.#carriageReturn ? text.slice(0, -1) : text;
    return Buffer.from(whole.replace(/\r\n?|\n/g, '\r\n'), 'latin1');
  }

  /** The rest, at the letter's end. */
  end(): Buffer {
    return Buffer.from(this.#carriageReturn ? '\r\n' : '', 'latin1');
  }
}
