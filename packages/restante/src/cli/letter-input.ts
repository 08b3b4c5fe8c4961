import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reasonOf } from '../failure.ts';
import { OpenFile, shown } from '../import/file-octets.ts';
import { PIECE, Unreadable } from '../import/source.ts';
import type { Octets } from '../lmtp-client/letter.ts';
import { SYSEXITS } from '../lmtp-client/sysexits.ts';
import { Ended } from './exit-code.ts';
import { say } from './output.ts';

/** Octets of standard input that are kept in memory; what is more goes to a file without a name. */
const IN_MEMORY = 1024 * 1024;

/** A letter from a file, or from standard input, which is read to its end here. */
export async function openInput(name: string): Promise<Octets> {
  if (name === '-') return readStandardInput(process.stdin);
  try {
    const file = OpenFile.open(name, true);
    return () => file.pieces();
  } catch (thrown) {
    if (!(thrown instanceof Unreadable)) throw thrown;
    say(`restante: ${shown(name)}: ${thrown.message}`);
    throw new Ended(SYSEXITS.noInput);
  }
}

async function readStandardInput(input: NodeJS.ReadStream): Promise<Octets> {
  const pieces: Buffer[] = [];
  let length = 0;
  let file: number | undefined;
  try {
    for await (const piece of input as AsyncIterable<Buffer>) {
      length += piece.length;
      if (file === undefined && length > IN_MEMORY) {
        file = unnamedFile();
        for (const early of pieces.splice(0)) writeWhole(file, early);
      }
      if (file === undefined) pieces.push(piece);
      else writeWhole(file, piece);
    }
  } catch (thrown) {
    if (file !== undefined) closeSync(file);
    say(`restante: standard input cannot be read or kept: ${reasonOf(thrown)}`);
    throw new Ended(SYSEXITS.temporary);
  }
  const kept = file;
  return kept === undefined ? () => pieces : () => piecesOf(kept);
}

/** Nobody else can open it, and it goes with this process. */
function unnamedFile(): number {
  const folder = mkdtempSync(join(tmpdir(), 'restante-'));
  try {
    return openSync(join(folder, 'letter'), 'wx+', 0o600);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function writeWhole(file: number, octets: Buffer): void {
  for (let at = 0; at < octets.length; ) at += writeSync(file, octets, at);
}

function* piecesOf(file: number): Generator<Buffer> {
  for (let at = 0; ; ) {
    const piece = Buffer.allocUnsafe(PIECE);
    const got = readSync(file, piece, 0, PIECE, at);
    if (got === 0) return;
    at += got;
    yield piece.subarray(0, got);
  }
}
