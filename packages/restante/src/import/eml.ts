import { OpenFile, shown } from './file-octets.ts';
import { letterTime } from './letter-time.ts';
import type { OpenLetter, Source, SourceLetter } from './source.ts';

/** Files that hold one letter each, in the order in which they were named. */
export class EmlSource implements Source {
  readonly leftOut = [];
  readonly extent: Source['extent'];
  done = 0;
  readonly #paths: readonly string[];

  constructor(paths: readonly string[]) {
    this.#paths = paths;
    this.extent = { unit: 'letter', sum: paths.length };
  }

  *letters(): Generator<SourceLetter, void, void> {
    for (const [index, path] of this.#paths.entries()) {
      const fileName = Buffer.from(path.slice(path.lastIndexOf('/') + 1)).toString('latin1');
      yield { place: shown(path), number: index + 1, fileName, open: () => openEml(path) };
      this.done = index + 1;
    }
  }

  close(): void {}
}

/** It came when it says that it did: a file that was saved from a mail program is as old as the saving. */
function openEml(path: string): OpenLetter {
  const file = OpenFile.open(path, true);
  const { mtimeMs, size } = file.stats;
  return {
    size,
    pieces: () => file.pieces(),
    arrived: (head) => letterTime(head) ?? Math.round(mtimeMs),
    close: () => file.close(),
  };
}
