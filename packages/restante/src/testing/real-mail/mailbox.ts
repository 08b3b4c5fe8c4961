import type { Mode } from '../connection.ts';
import { LmtpClient, type LmtpLetter, type MailReply } from '../lmtp-client.ts';
import { lmtpDoor, type Office } from '../office.ts';
import { Pop3Client } from '../pop3-client.ts';

/** A letter as a session saw it. */
export interface Fetched {
  readonly number: number;
  readonly uniqueId: string;
  /** What LIST said of it. */
  readonly listed: number;
  /** What RETR brought. */
  readonly octets: Buffer;
}

/** Somebody's mailbox at an office, seen from outside: letters go in by LMTP, and come out by POP3. */
export class Mailbox {
  readonly #office: Office;
  readonly #account: string;
  readonly #password: string;

  constructor(office: Office, account: string, password: string) {
    this.#office = office;
    this.#account = account;
    this.#password = password;
  }

  /** Sends letters over several connections at once, pipelined. Answers the reply to each, in order. */
  async take(letters: readonly Buffer[], connections = 1): Promise<readonly MailReply[]> {
    const replies = new Array<MailReply | undefined>(letters.length);
    const waiting = letters.entries();
    const connection = async () => {
      const lmtp = await LmtpClient.connect(lmtpDoor(this.#office));
      const mine: number[] = [];
      const outcomes = await lmtp.sendAll(this.#dealt(waiting, mine));
      for (const [index, [reply]] of outcomes.entries()) replies[mine[index] ?? -1] = reply;
      await lmtp.quit();
    };
    await Promise.all(Array.from({ length: connections }, connection));
    return replies.map((reply) => {
      if (!reply) throw new Error('a letter got no reply');
      return reply;
    });
  }

  async open(mode: Mode): Promise<Pop3Client> {
    const client = await Pop3Client.connect(this.#office.place(mode));
    await client.login(this.#account, this.#password);
    return client;
  }

  async uniqueIds(): Promise<readonly string[]> {
    const client = await this.open('plain');
    const uniqueIds = await client.uniqueIds();
    await client.quit();
    return [...uniqueIds.values()];
  }

  /** Every letter, in one session, its RETRs pipelined. */
  async fetchAll(mode: Mode): Promise<readonly Fetched[]> {
    const client = await this.open(mode);
    const sizes = await client.list();
    const uniqueIds = [...(await client.uniqueIds())];
    const replies = client.pipelined(uniqueIds.map(([number]) => `RETR ${number}`));
    const fetched: Fetched[] = [];
    for (const [number, uniqueId] of uniqueIds) {
      const { value } = await replies.next();
      fetched.push({ number, uniqueId, listed: sizes.get(number) ?? -1, octets: value?.octets ?? Buffer.alloc(0) });
    }
    await client.quit();
    return fetched;
  }

  /** Every letter, fetched and deleted. */
  async emptied(): Promise<readonly Fetched[]> {
    const fetched = await this.fetchAll('plain');
    const client = await this.open('plain');
    for (const { number } of fetched) await client.delete(number);
    await client.quit();
    return fetched;
  }

  *#dealt(waiting: Iterator<[number, Buffer]>, mine: number[]): Generator<LmtpLetter> {
    for (let next = waiting.next(); !next.done; next = waiting.next()) {
      const [index, octets] = next.value;
      mine.push(index);
      yield { from: 'sender@example.org', to: [this.#account], octets };
    }
  }
}
