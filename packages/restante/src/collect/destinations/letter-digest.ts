import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { type FileForm, restored } from './staged-file.ts';

/** What the server had sent: how many octets, and their SHA-256 in lower hex. */
export interface LetterDigest {
  readonly octets: number;
  readonly sha256: string;
}

/** Works out what the server had sent from what lies in a file; lets others run after each piece. */
export async function letterDigest(pieces: Iterable<Buffer>, form: FileForm): Promise<LetterDigest> {
  const digest = createHash('sha256');
  let octets = 0;
  for (const piece of restored(pieces, form)) {
    digest.update(piece);
    octets += piece.length;
    await setImmediate();
  }
  return { octets, sha256: digest.digest('hex') };
}

/** Whether both hold the same octets, however they are cut. */
export function sameOctets(one: Iterable<Buffer>, other: Iterable<Buffer>): boolean {
  const digestOf = (pieces: Iterable<Buffer>): string => {
    const digest = createHash('sha256');
    for (const piece of pieces) digest.update(piece);
    return digest.digest('hex');
  };
  return digestOf(one) === digestOf(other);
}
