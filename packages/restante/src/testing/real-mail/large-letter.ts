import { createCipheriv, createHash } from 'node:crypto';

/** A letter too large to be kept in memory by anybody but this test: in pieces of whole lines, none of which begins with a dot. */
export class LargeLetter {
  readonly pieces: readonly Buffer[];
  readonly octets: number;
  readonly sha256: string;

  /** Of at least so many octets; no two of its lines are alike, so that a piece that is lost or moved shows. */
  constructor(octets: number) {
    const pieces = [Buffer.from('Subject: large\r\nFrom: bob@example.org\r\n\r\n')];
    const stream = createCipheriv('aes-128-ctr', Buffer.alloc(16, 'restante'), Buffer.alloc(16));
    const nothing = Buffer.alloc(LINES * 57);
    let total = pieces[0]?.length ?? 0;
    while (total < octets) {
      const lines = stream.update(nothing).toString('base64').replaceAll(/.{76}/g, '$&\r\n');
      const piece = Buffer.from(lines, 'latin1');
      pieces.push(piece);
      total += piece.length;
    }
    const digest = createHash('sha256');
    for (const piece of pieces) digest.update(piece);
    this.pieces = pieces;
    this.octets = total;
    this.sha256 = digest.digest('hex');
  }
}

/** Lines of 76 characters in a piece: about a megabyte. */
const LINES = 13_440;
