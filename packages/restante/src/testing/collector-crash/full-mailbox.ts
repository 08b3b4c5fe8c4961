import { createHash } from 'node:crypto';
import { chownSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Dovecot } from '../dovecot.ts';
import type { Random } from '../oracle/random.ts';

/** A mailbox at Dovecot to which letters come. Each has a name of its own in it, by which it is known wherever it goes. */
export class FullMailbox {
  readonly user: string;
  /** Name to SHA-256 of the octets that the server sends. */
  readonly delivered = new Map<string, string>();
  readonly #maildir: string;
  readonly #owner: { readonly uid: number; readonly gid: number };
  readonly #random: Random;

  constructor(dovecot: Dovecot, user: string, random: Random) {
    this.user = user;
    this.#random = random;
    this.#maildir = dovecot.maildir(user);
    const home = dirname(this.#maildir);
    this.#owner = statSync(dirname(home));
    for (const path of [home, this.#maildir, ...['cur', 'new', 'tmp'].map((each) => join(this.#maildir, each))]) {
      mkdirSync(path, { recursive: true });
      chownSync(path, this.#owner.uid, this.#owner.gid);
    }
  }

  /** So many letters come, as a delivering program brings them: each is there whole, or not at all. */
  deliver(count: number): void {
    for (let more = count; more > 0; more -= 1) {
      const name = `letter-${this.delivered.size + 1}`;
      const text = this.#write(name);
      this.delivered.set(name, sum(Buffer.from(text.replaceAll('\n', '\r\n'))));
      const path = join(this.#maildir, 'tmp', name);
      writeFileSync(path, text);
      chownSync(path, this.#owner.uid, this.#owner.gid);
      renameSync(path, join(this.#maildir, 'new', `${1_700_000_000 + this.delivered.size}.${name}.example`));
    }
  }

  /** Names of the letters that are there now. */
  there(): ReadonlySet<string> {
    const files = ['new', 'cur'].flatMap((folder) =>
      readdirSync(join(this.#maildir, folder)).map((file) => join(this.#maildir, folder, file)),
    );
    try {
      return new Set(files.flatMap((file) => nameIn(readFileSync(file)) ?? []));
    } catch (error) {
      // The server's process may outlive the collector's, and ends its session meanwhile: what has moved or gone is looked for again.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return this.there();
      throw error;
    }
  }

  /** Text with LF line ends, now and then long, with lines that look like the ends of letters. */
  #write(name: string): string {
    const size = this.#random.oneIn(12) ? 300_000 : this.#random.below(9_000);
    const body = `.\nFrom ${name} on\n>From\n..\n${'Much has been said. '.repeat(3)}\n`;
    return `Subject: ${name}\nMessage-ID: <${name}@crash.example>\nFrom: bob@example.org\n\n${body.repeat(1 + size / body.length)}`;
  }
}

/** The name that a letter has in it. */
export function nameIn(octets: Buffer): string | undefined {
  return /^Subject: (letter-\d+)\r?$/m.exec(octets.toString('latin1', 0, 2_000))?.[1];
}

/** SHA-256 of octets. */
export function sum(octets: Buffer): string {
  return createHash('sha256').update(octets).digest('hex');
}
