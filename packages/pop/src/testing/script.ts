import { type Piece, parseOctetText } from './transcript/octet-text.ts';

/** A line of a script: see `ScriptedPeer`. */
export type ScriptStep = { readonly line: number; readonly text: string } & (
  | { readonly type: 'say' | 'hear'; readonly pieces: readonly Piece[] }
  | { readonly type: 'TLS' | 'EOF' | 'END' | 'DROP' | 'RESET' }
);

const DIALOG = /^([CS])([:>])(?: (.*))?$/;
const WORD = /^(TLS|EOF|END|DROP|RESET)$/;
const CRLF: Piece = { type: 'octets', octets: '\r\n' };

/** Reads a script. Throws a SyntaxError that names the line. */
export function parseScript(script: string): readonly ScriptStep[] {
  const steps: ScriptStep[] = [];
  /** What the `S>` lines before say. */
  let unsaid: Piece[] = [];
  script.split('\n').forEach((given, index) => {
    const text = given.trim();
    const line = index + 1;
    if (text === '' || text.startsWith('#')) return;
    const [, side, mark, octets = ''] = DIALOG.exec(text) ?? [];
    const [word] = WORD.exec(text) ?? [];
    if (unsaid.length > 0 && side !== 'S') throw new SyntaxError(`line ${line}: S> goes with the S line that follows`);
    if (side === 'S') {
      unsaid.push(...linePieces(octets, line));
      if (mark === '>') return;
      steps.push({ type: 'say', pieces: unsaid, line, text });
      unsaid = [];
    } else if (side === 'C' && mark === ':') {
      const { pieces } = read(octets, line);
      steps.push({ type: 'hear', pieces, line, text });
    } else if (word !== undefined) {
      steps.push({ type: word as 'TLS', line, text });
    } else {
      throw new SyntaxError(`line ${line}: not a line of a script: ${text}`);
    }
  });
  if (unsaid.length > 0) throw new SyntaxError('S> goes with the S line that follows, and none does');
  return steps;
}

function linePieces(text: string, line: number): readonly Piece[] {
  const { pieces, lineEnd } = read(text, line);
  return lineEnd ? [...pieces, CRLF] : pieces;
}

function read(text: string, line: number): ReturnType<typeof parseOctetText> {
  try {
    return parseOctetText(text);
  } catch (error) {
    throw new SyntaxError(`line ${line}: ${(error as Error).message}`, { cause: error });
  }
}
