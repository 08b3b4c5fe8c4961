import type { Duplex } from 'node:stream';

/** How long a peer may say nothing before a test gives up on it: far longer than any machine is slow. */
const SILENCE = 60_000;
const LONGEST_LINE = 65_536;

/** The peer said something that the standard does not allow, or stopped in the middle. */
export class PeerError extends Error {
  override readonly name = 'PeerError';
}

/**
 * Reads replies off a connection the strict way: a line ends with CRLF and nothing else does, a multi-line response ends with
 * CRLF . CRLF and nothing else does, and whatever breaks these rules is an error, never mended. Reads only when asked to, so
 * a test that stops asking stops the peer.
 */
export class OctetReader {
  readonly #stream: Duplex;
  #held: Buffer = Buffer.alloc(0);
  #failure: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('error', this.#fail).on('readable', this.#changed).on('end', this.#changed).on('close', this.#changed);
  }

  /** Lets go of the connection, for another reader above it. */
  release(): void {
    this.#stream.off('readable', this.#changed).off('end', this.#changed).off('close', this.#changed);
  }

  /** Octets that came and were not asked for yet. */
  get held(): Buffer {
    return this.#held;
  }

  /** The next line without its CRLF, one latin1 character an octet. */
  async line(): Promise<string> {
    let from = 0;
    for (;;) {
      const end = this.#held.indexOf('\r\n', from);
      if (end >= 0) return onlyText(this.#take(end + 2).toString('latin1', 0, end));
      if (this.#held.length > LONGEST_LINE) throw new PeerError('a reply line without end');
      from = Math.max(0, this.#held.length - 1);
      await this.#more('the end of a line');
    }
  }

  /** The lines of a multi-line response behind its status line, un-stuffed, each with its CRLF. */
  async multiLine(): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of this.pieces()) pieces.push(piece);
    return unstuffed(Buffer.concat(pieces));
  }

  /** The same as it comes, still stuffed, in pieces that need not end with a line; the terminator is not among them. */
  async *pieces(): AsyncGenerator<Buffer, void, void> {
    if (await this.#startsWith('.\r\n')) {
      this.#take(3);
      return;
    }
    for (;;) {
      const end = this.#held.indexOf('\r\n.\r\n');
      if (end >= 0) {
        yield this.#take(end + 5).subarray(0, end + 2);
        return;
      }
      if (this.#held.length > 4) yield this.#take(this.#held.length - 4); // the terminator may have begun in the last four
      await this.#more('CRLF . CRLF');
    }
  }

  /** Resolves when the peer has closed; what it said before closing is an error. */
  async end(): Promise<void> {
    while (await this.#fill());
    if (this.#held.length > 0)
      throw new PeerError(`the peer said ${JSON.stringify(this.#held.toString('latin1'))} before it closed`);
    if (this.#failure) throw this.#failure;
  }

  async #startsWith(text: string): Promise<boolean> {
    while (this.#held.length < text.length) await this.#more(JSON.stringify(text));
    return this.#held.toString('latin1', 0, text.length) === text;
  }

  #take(octets: number): Buffer {
    const taken = this.#held.subarray(0, octets);
    this.#held = this.#held.subarray(octets);
    return taken;
  }

  async #more(wanted: string): Promise<void> {
    if (await this.#fill()) return;
    const held = this.#held.subarray(-80).toString('latin1');
    throw new PeerError(`the peer closed before ${wanted}; the last of it is ${JSON.stringify(held)}`, {
      cause: this.#failure,
    });
  }

  /** Waits for octets; false when none will come any more. */
  async #fill(): Promise<boolean> {
    for (;;) {
      const chunk = this.#stream.read() as Buffer | null;
      if (chunk !== null) {
        this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
        return true;
      }
      if (this.#stream.readableEnded || this.#stream.destroyed) return false;
      await this.#change();
    }
  }

  async #change(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      this.#wake = resolve;
      timer = setTimeout(() => reject(new PeerError(`the peer said nothing for ${SILENCE} ms`)), SILENCE);
    }).finally(() => clearTimeout(timer));
  }

  readonly #changed = () => this.#wake();
  readonly #fail = (error: Error) => {
    this.#failure ??= error;
    this.#wake();
  };
}

/** Stuffed lines as they were before; a line that begins with a single dot should have been stuffed (RFC 1939 §3). */
export function unstuffed(stuffed: Buffer): Buffer {
  const pieces: Buffer[] = [];
  let from = 0;
  for (let dot = stuffed[0] === DOT ? 0 : next(stuffed, 0); dot >= 0; dot = next(stuffed, dot)) {
    if (stuffed[dot + 1] !== DOT)
      throw new PeerError(`a line begins with a dot that was not stuffed, at offset ${dot}`);
    pieces.push(stuffed.subarray(from, dot));
    from = dot + 1;
  }
  const whole = from === 0 ? stuffed : Buffer.concat([...pieces, stuffed.subarray(from)]);
  return onlyWholeLines(whole);
}

/** Lines with a dot put before each that begins with one (RFC 1939 §3, RFC 5321 §4.5.2). */
export function stuffed(octets: Buffer): Buffer {
  if (octets[0] !== DOT && !octets.includes('\r\n.')) return octets;
  return Buffer.from(octets.toString('latin1').replaceAll(/^\.|(?<=\r\n)\./g, '..'), 'latin1');
}

function next(octets: Buffer, from: number): number {
  const found = octets.indexOf('\r\n.', from);
  return found < 0 ? -1 : found + 2;
}

/** No line end on the wire but CRLF (P3-16). */
function onlyWholeLines(octets: Buffer): Buffer {
  for (let feed = octets.indexOf(LF); feed >= 0; feed = octets.indexOf(LF, feed + 1))
    if (octets[feed - 1] !== CR) throw new PeerError(`a bare line feed at offset ${feed}`);
  return octets;
}

function onlyText(line: string): string {
  if (/[\r\n]/.test(line)) throw new PeerError(`a bare CR or LF in the line ${JSON.stringify(line)}`);
  return line;
}

const DOT = 0x2e;
const CR = 0x0d;
const LF = 0x0a;
