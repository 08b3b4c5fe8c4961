import { createHash, hash } from 'node:crypto';
import { Canonicalizer } from '@restante/pop/wire';
import { type OpenLetter, type SourceLetter, Unreadable } from './source.ts';

/** Up to so many octets a letter waits in memory; a larger one is read twice. */
const INLINE = 1024 * 1024;

/** A letter that has been looked at: what it is known by, and how to have its octets in canonical form. */
export interface Prepared {
  readonly letter: SourceLetter;
  /** SHA-256 of its octets in canonical form, in lower hex. */
  readonly sha256: string;
  /** In canonical form. */
  readonly octets: number;
  readonly arrived: number;
  /** Its beginning, as it stands in the source. */
  readonly head: Buffer;
  /**
   * Its octets, CRLF at each line end. Throws an {@link Unreadable}, at the end too: when they are not what they were at
   * the first look.
   */
  pieces(): Iterable<Uint8Array>;
  /** Lets go of its file. May be called more than once. */
  close(): void;
}

/** Looks at a letter. Throws an {@link Unreadable} for one that cannot be had, or is none. */
export function prepare(letter: SourceLetter): Prepared {
  const open = letter.open();
  let keep = false;
  try {
    if (open.size > INLINE) {
      const large = measured(letter, open);
      keep = true;
      return large;
    }
    return inMemory(letter, open);
  } finally {
    if (!keep) open.close();
  }
}

function inMemory(letter: SourceLetter, open: OpenLetter): Prepared {
  const source = [...open.pieces()];
  const form = new Canonicalizer();
  const pieces: Uint8Array[] = [];
  let before = 0;
  for (const piece of source) {
    refuseNul(piece, before);
    before += piece.length;
    pieces.push(form.push(piece));
  }
  pieces.push(form.end());
  const parts = pieces.filter(({ length }) => length > 0);
  const whole = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  const head = source[0] ?? Buffer.alloc(0);
  return {
    letter,
    sha256: hash('sha256', whole, 'hex'),
    octets: whole.length,
    arrived: open.arrived(head),
    head,
    pieces: () => (whole.length === 0 ? [] : [whole]),
    close: () => undefined,
  };
}

function measured(letter: SourceLetter, open: OpenLetter): Prepared {
  let head: Buffer | undefined;
  let before = 0;
  const digest = createHash('sha256');
  let octets = 0;
  const looked = function* (): Generator<Buffer> {
    for (const piece of open.pieces()) {
      head ??= piece;
      refuseNul(piece, before);
      before += piece.length;
      yield piece;
    }
  };
  for (const piece of canonicalPieces(looked())) {
    digest.update(piece);
    octets += piece.length;
  }
  const sha256 = digest.digest('hex');
  let closed = false;
  return {
    letter,
    sha256,
    octets,
    arrived: open.arrived(head ?? Buffer.alloc(0)),
    head: head ?? Buffer.alloc(0),
    *pieces() {
      const again = createHash('sha256');
      for (const piece of canonicalPieces(open.pieces())) {
        again.update(piece);
        yield piece;
      }
      if (again.digest('hex') !== sha256) {
        throw new Unreadable('it changed while it was read', 'import again when nobody writes to it');
      }
    },
    close: () => {
      if (!closed) open.close();
      closed = true;
    },
  };
}

function* canonicalPieces(pieces: Iterable<Buffer>): Generator<Uint8Array> {
  const form = new Canonicalizer();
  for (const piece of pieces) yield form.push(piece);
  const end = form.end();
  if (end.length > 0) yield end;
}

/** SM-24: it could neither be sent to us nor be called for. */
function refuseNul(piece: Buffer, before: number): void {
  const at = piece.indexOf(0);
  if (at === -1) return;
  throw new Unreadable(
    `a NUL octet stands in it, ${before + at} octets from its beginning`,
    'take it out of a copy of the letter, and import that with --eml',
  );
}
