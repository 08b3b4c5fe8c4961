import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { segmentName } from '../letters/segments/folder.ts';

/** Segments' files, a few of them open at a time. */
export class OpenSegments {
  readonly #letters: string;
  readonly #open = new Map<number, number>();

  constructor(letters: string) {
    this.#letters = letters;
  }

  /** A descriptor of the segment's file. Throws what the system says. */
  open(segment: number): number {
    const known = this.#open.get(segment);
    if (known !== undefined) return known;
    const descriptor = openSync(join(this.#letters, segmentName(segment)), 'r');
    if (this.#open.size >= 16) this.close();
    this.#open.set(segment, descriptor);
    return descriptor;
  }

  /** The next look at the segment is at the file that has its name by then. */
  forget(segment: number): void {
    const descriptor = this.#open.get(segment);
    if (descriptor === undefined) return;
    this.#open.delete(segment);
    closeSync(descriptor);
  }

  close(): void {
    for (const segment of [...this.#open.keys()]) this.forget(segment);
  }
}
