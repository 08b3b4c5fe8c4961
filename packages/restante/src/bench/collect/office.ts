import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Dovecot } from '../../testing/dovecot.ts';
import { Pop3Client } from '../../testing/pop3-client.ts';
import { letter } from './letters.ts';

/** Dovecot takes any; the tools need one. */
export const PASSWORD = 'correct horse';

/** Dovecot with mailboxes full of letters, seen once, so that its own lists of them are made. */
export class FullOffice implements AsyncDisposable {
  readonly port: number;
  readonly #dovecot: Dovecot;

  private constructor(dovecot: Dovecot) {
    this.#dovecot = dovecot;
    this.port = dovecot.pop3.port;
  }

  static async open(): Promise<FullOffice> {
    return new FullOffice(await Dovecot.start());
  }

  /** Fills the mailbox with a letter of each of these sizes; answers their octets with CRLF line ends. */
  async fill(account: string, sizes: readonly number[]): Promise<number> {
    const maildir = this.#dovecot.maildir(account);
    for (const folder of ['cur', 'new', 'tmp']) mkdirSync(join(maildir, folder), { recursive: true });
    for (const [index, size] of sizes.entries()) {
      const octets = letter(index, size);
      const name = `${1_700_000_000 + index}.M${index}P1.bench`;
      writeFileSync(join(maildir, 'cur', `${name},S=${octets.length}:2,S`), octets);
    }
    const home = join(maildir, '..');
    const { uid, gid } = statSync(join(home, '..'));
    execFileSync('chown', ['-R', `${uid}:${gid}`, home]);
    const client = await Pop3Client.connect(this.#dovecot.place('plain'));
    await client.login(account, PASSWORD);
    const listed = await client.list();
    await client.uniqueIds();
    await client.quit();
    if (listed.size !== sizes.length) throw new Error(`${account} has ${listed.size} letters, not ${sizes.length}`);
    return [...listed.values()].reduce((sum, octets) => sum + octets, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dovecot.close();
  }
}
