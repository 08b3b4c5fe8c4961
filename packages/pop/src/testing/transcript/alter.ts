import { type Piece, shown } from './octet-text.ts';
import type { Expected, Step, Transcript } from './transcript.ts';

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
  return transcript.sessions.flatMap((steps, session) =>
    steps.flatMap((step, index): readonly Altered[] => {
      // Of a line that stands for hundreds, the first and the last will do.
      if (steps[index - 1]?.line === step.line && steps[index + 1]?.line === step.line) return [];
      const put = (...instead: readonly Step[]) => replaced(transcript, session, index, instead);
      const unseen = steps.length === 1 || endsUnread(steps, step.connection);
      if (step.type === 'expect') {
        const altered = put({ ...step, pieces: alter(step.pieces) });
        return [
          { what: inWords(transcript, step, alter(step.pieces)), transcript: altered },
          ...(unseen ? [] : [{ what: inWords(transcript, step), transcript: put() }]),
        ];
      }
      if (step.type !== 'expect-all') return [];
      const but = (each: number, ...instead: readonly Expected[]) =>
        put({ ...step, expected: step.expected.toSpliced(each, 1, ...instead) });
      return step.expected.flatMap((expected, each) => {
        const pieces = alter(expected.pieces);
        return [
          { what: inWords(transcript, expected, pieces), transcript: but(each, { ...expected, pieces }) },
          ...(unseen ? [] : [{ what: inWords(transcript, expected), transcript: but(each) }]),
        ];
      });
    }),
  );
}

/** Whether the client hangs up on this connection, or does not care what came last, and so may miss a line too many. */
function endsUnread(steps: readonly Step[], connection: number): boolean {
  const last = steps.findLast((step) => step.connection === connection && step.type !== 'perform');
  if (last?.type === 'eof') return last.unfinished;
  if (last?.type === 'tls') return last.refused;
  return last?.type === 'drop' || last?.type === 'reset';
}

function inWords({ file }: Transcript, { pieces, line }: Expected, altered?: readonly Piece[]): string {
  const what = altered === undefined ? 'left out' : `altered to "${shownPieces(altered)}"`;
  return `${file}:${line} "${shownPieces(pieces)}" ${what}`;
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
  return pieces.map(shownPiece).join('');
}

function shownPiece(piece: Piece): string {
  if (piece.type === 'octets') return shown(`${piece.octets}|`).slice(0, -1);
  return piece.type === 'name' ? `{${piece.name}${piece.words ? '+' : ''}}` : `{${piece.type}}`;
}
