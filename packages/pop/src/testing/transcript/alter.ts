import { type Piece, shown } from './octet-text.ts';
import type { Step, Transcript } from './transcript.ts';

/** A transcript in which the server is said to answer something else. */
export interface Altered {
  /** What was altered, for messages. */
  readonly what: string;
  readonly transcript: Transcript;
}

/**
 * The transcript with each of its `S:` lines altered, and with each of them left out, one at a time. Every one of them
 * has to fail, or the line shows nothing.
 */
export function alterations(transcript: Transcript): readonly Altered[] {
  const altered: Altered[] = [];
  transcript.sessions.forEach((steps, session) => {
    steps.forEach((step, index) => {
      if (step.type !== 'expect') return;
      const pieces = alter(step.pieces);
      const what = `${transcript.file}:${step.line} "${shownPieces(step.pieces)}"`;
      const put = (...instead: Step[]) => replaced(transcript, session, index, instead);
      altered.push({ what: `${what} altered to "${shownPieces(pieces)}"`, transcript: put({ ...step, pieces }) });
      // A client that hangs up does not see what it did not read.
      const next = steps.slice(index + 1).find((later) => later.connection === step.connection);
      const unseen = next?.type === 'drop' || next?.type === 'reset';
      if (!unseen && steps.length > 1) altered.push({ what: `${what} left out`, transcript: put() });
    });
  });
  return altered;
}

/** Another line: the other status, or another digit, or another last octet. */
function alter(pieces: readonly Piece[]): readonly Piece[] {
  const changes: ((octets: string) => string)[] = [
    (octets) => octets.replace(/^(\+OK|-ERR)/, (status) => (status === '+OK' ? '-ERR' : '+OK')),
    (octets) => octets.replace(/\d/, (digit) => String((Number(digit) + 1) % 10)),
    (octets) => `${octets.slice(0, -1)}${octets.endsWith('x') ? 'y' : 'x'}`,
  ];
  for (const change of changes) {
    const index = pieces.findIndex((piece) => piece.type === 'octets' && change(piece.octets) !== piece.octets);
    const piece = pieces[index];
    if (piece?.type === 'octets') return pieces.with(index, { type: 'octets', octets: change(piece.octets) });
  }
  return [...pieces, { type: 'octets', octets: 'x' }];
}

function replaced(transcript: Transcript, session: number, index: number, instead: readonly Step[]): Transcript {
  const steps = transcript.sessions[session] ?? [];
  return {
    ...transcript,
    sessions: transcript.sessions.with(session, [...steps.slice(0, index), ...instead, ...steps.slice(index + 1)]),
  };
}

function shownPieces(pieces: readonly Piece[]): string {
  return pieces
    .map((piece) =>
      piece.type === 'octets'
        ? shown(`${piece.octets}|`).slice(0, -1)
        : `{${piece.type === 'any' ? 'any' : piece.name}}`,
    )
    .join('');
}
