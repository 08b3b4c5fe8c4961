import type { Outgoing, OutgoingLetter } from './outgoing.ts';

/** Where exported letters go. Nothing of it shows under the name that was asked for before {@link finish}. */
export interface LetterWriter {
  /** Writes the next letter. Answers what the list of unique-ids knows it by: its file, or its number. */
  write(letter: OutgoingLetter): Promise<string>;
  /** Makes all of it durable, and gives it its name. Rejects with a Failure when that is taken by now. */
  finish(): Promise<void>;
  /** Clears away what was written. */
  abandon(): Promise<void>;
}

export interface ExportReport {
  readonly letters: number;
  /** Of them, with CRLF line ends. */
  readonly octets: number;
  readonly seconds: number;
}

export interface ExportOptions {
  readonly outgoing: Outgoing;
  readonly writer: LetterWriter;
  /** Given a line for each letter: what it is known by, and its unique-id. */
  readonly uniqueIds?: { add(line: string): void; finish(): Promise<void>; abandon(): Promise<void> };
  readonly onProgress?: (letters: number) => void;
}

/** Writes all letters of a snapshot, or none. */
export async function exportLetters({ outgoing, writer, uniqueIds, onProgress }: ExportOptions): Promise<ExportReport> {
  const begun = performance.now();
  try {
    for await (const letter of outgoing.letters()) {
      const known = await writer.write(letter);
      uniqueIds?.add(`${known} ${letter.uniqueId}\n`);
      onProgress?.(letter.number);
    }
    await uniqueIds?.finish();
    await writer.finish();
  } catch (thrown) {
    await writer.abandon();
    await uniqueIds?.abandon();
    throw thrown;
  }
  return { letters: outgoing.count, octets: outgoing.octets, seconds: (performance.now() - begun) / 1000 };
}
