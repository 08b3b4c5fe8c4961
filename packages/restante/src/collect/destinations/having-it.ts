import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failedWith } from '../../import/file-octets.ts';
import { cannotWrite } from '../../import/new-file.ts';
import type { IncomingLetter } from './destination.ts';

/**
 * Who has a letter already, of several who are to get it, when others were refused: the letter comes again for these, and
 * must not come twice to those. One small file a letter, for as long as that is so.
 */
export class HavingIt {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Whoever has it, as far as is known. */
  async of(destination: string, letter: IncomingLetter, recipients: readonly string[]): Promise<Set<string>> {
    if (recipients.length < 2) return new Set();
    try {
      const names: unknown = JSON.parse(await readFile(this.#path(destination, letter), 'utf8'));
      return new Set(Array.isArray(names) ? recipients.filter((recipient) => names.includes(recipient)) : []);
    } catch (thrown) {
      // Half a file is as good as none.
      if (failedWith(thrown, 'ENOENT') || thrown instanceof SyntaxError) return new Set();
      throw cannotWrite(this.#folder, thrown);
    }
  }

  /** Rejects with a Failure. */
  async remember(
    destination: string,
    letter: IncomingLetter,
    recipients: readonly string[],
    having: ReadonlySet<string>,
  ): Promise<void> {
    if (recipients.length < 2) return;
    const path = this.#path(destination, letter);
    try {
      if (having.size === 0 || having.size === recipients.length) return await rm(path, { force: true });
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await writeFile(`${path}.new`, JSON.stringify([...having]), { mode: 0o600, flush: true });
      await rename(`${path}.new`, path);
    } catch (thrown) {
      throw cannotWrite(this.#folder, thrown);
    }
  }

  #path(destination: string, { mailbox, key }: IncomingLetter): string {
    const name = createHash('sha256').update(`${destination}\0${mailbox}\0${key}`).digest('hex');
    return join(this.#folder, `having-${name}`);
  }
}
