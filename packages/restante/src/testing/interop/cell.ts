import { chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mode } from '../connection.ts';
import { LmtpClient } from '../lmtp-client.ts';
import { lmtpDoor, type Office } from '../office.ts';
import { Pop3Client } from '../pop3-client.ts';
import { temporaryFolder } from '../running-office.ts';
import { USER } from './peer-program.ts';

/** As in docs/clients.md. Its space shows that each program's file can say such a password. */
const PASSWORD = 'correct horse';

/** One program in one mode: an account of its own at the office, and a home of its own on disk with a maildir in it. */
export class Cell {
  readonly office: Office;
  readonly mode: Mode;
  readonly account: string;
  readonly password = PASSWORD;
  readonly home: string;
  /** Names of files that were in the maildir before, without the flags behind the colon. */
  readonly #seen = new Set<string>();

  private constructor(office: Office, mode: Mode, account: string, home = temporaryFolder()) {
    this.office = office;
    this.mode = mode;
    this.account = account;
    this.home = home;
  }

  static async make(office: Office, program: string, mode: Mode): Promise<Cell> {
    const cell = new Cell(office, mode, `${program.replaceAll(/\W/g, '')}-${mode.toLowerCase()}`);
    for (const folder of ['', 'mail', 'mail/cur', 'mail/new', 'mail/tmp']) cell.folder(folder);
    cell.trustOffice();
    await office.addAccount(cell.account, PASSWORD);
    return cell;
  }

  /** The same program, with all that it remembers, at another office, where it has an account of the same name. */
  async movedTo(office: Office): Promise<Cell> {
    const cell = new Cell(office, this.mode, this.account, this.home);
    for (const name of this.#seen) cell.#seen.add(name);
    await office.addAccount(cell.account, PASSWORD);
    return cell;
  }

  /** Gives the program the certificate of its office as the one to trust. */
  trustOffice(): void {
    this.trust(readFileSync(this.office.certificate, 'utf8'));
  }

  /** Gives the program this certificate (PEM) as the one to trust. */
  trust(certificate: string): void {
    this.file('post-office.pem', certificate);
  }

  /** Writes a file of the program's, readable by nobody else. Answers its path. */
  file(name: string, text: string | Buffer): string {
    const path = join(this.home, name);
    writeFileSync(path, text, { mode: 0o600 });
    this.#own(name);
    return path;
  }

  /** Makes a folder of the program's, unless it is there. */
  folder(name: string): void {
    mkdirSync(join(this.home, name), { recursive: true, mode: 0o700 });
    this.#own(name);
  }

  /** The letters that came into the maildir since the last time that this was asked, looked at or not. */
  arrived(): readonly Buffer[] {
    const files = ['new', 'cur'].flatMap((folder) =>
      readdirSync(join(this.home, 'mail', folder)).map((name) => ({ folder, name, letter: name.split(':')[0] ?? '' })),
    );
    const fresh = files.filter(({ letter }) => !this.#seen.has(letter));
    for (const { letter } of fresh) this.#seen.add(letter);
    return fresh.map(({ folder, name }) => readFileSync(join(this.home, 'mail', folder, name)));
  }

  /** What the account's owner has to say to USER. */
  get login(): string {
    return this.office.login?.(this.account) ?? this.account;
  }

  /** Sends the letters to the account by LMTP, where the office has it. */
  async deliver(letters: readonly Buffer[]): Promise<void> {
    if (this.office.deliver !== undefined) return await this.office.deliver(this.account, letters);
    const lmtp = await LmtpClient.connect(lmtpDoor(this.office));
    const outcomes = await lmtp.sendAll(
      letters.map((octets) => ({ from: 'bob@example.org', to: [this.account], octets })),
    );
    await lmtp.quit();
    const refused = outcomes.flat().filter(({ code }) => code !== 250);
    if (refused.length > 0) throw new Error(`the office refused: ${JSON.stringify(refused[0])}`);
  }

  /** What the server holds for the account, asked by the tests' own client: unique-id to octets of the letter. */
  async held(): Promise<ReadonlyMap<string, Buffer>> {
    const client = await Pop3Client.connect(this.office.place('TLS'));
    await client.login(this.login, PASSWORD);
    const held = new Map<string, Buffer>();
    for (const [number, uniqueId] of await client.uniqueIds()) held.set(uniqueId, await client.retrieve(number));
    await client.quit();
    return held;
  }

  /** Deletes letters of the mailbox, by the tests' own client. */
  async delete(numbers: readonly number[]): Promise<void> {
    const client = await Pop3Client.connect(this.office.place('TLS'));
    await client.login(this.login, PASSWORD);
    for (const number of numbers) await client.delete(number);
    await client.quit();
  }

  #own(name: string): void {
    if (USER.uid !== undefined && USER.gid !== undefined) chownSync(join(this.home, name), USER.uid, USER.gid);
  }
}
