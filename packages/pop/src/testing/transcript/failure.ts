import { shown } from './octet-text.ts';
import type { Transcript } from './transcript.ts';

/** One line of the dialog as it was played. */
export interface Spoken {
  readonly side: 'C' | 'S';
  readonly connection: number;
  /** One character an octet; of an S line without its CRLF. */
  readonly octets: string;
  /** The transcript's line. */
  readonly line: number;
  /** Whether it is the first line behind one that the client sent, or the connection's first: a reply's status line. */
  readonly first: boolean;
}

/** The server did not do what the transcript says. The message shows the dialog until then. */
export class TranscriptFailure extends Error {
  override readonly name = 'TranscriptFailure';
  readonly line: number;

  constructor(transcript: Transcript, channel: string, line: number, got: string, dialog: readonly Spoken[]) {
    super(
      [
        `${transcript.file}:${line} (${channel})`,
        ...dialog.slice(-12).map((spoken) => `    ${numbered(spoken.line)} ${told(spoken)}`),
        `  - ${numbered(line)} ${transcript.lines[line - 1] ?? ''}`,
        `  +      ${got}`,
      ].join('\n'),
    );
    this.line = line;
  }
}

function told({ side, connection, octets }: Spoken): string {
  return `${side}${connection === 1 ? '' : connection}: ${shown(octets)}`;
}

function numbered(line: number): string {
  return String(line).padStart(4);
}
