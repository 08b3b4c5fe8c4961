import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type Address, openPlain, openTls } from './connection.ts';
import { type MailReply, readReply } from './lmtp-client.ts';
import { OctetReader, PeerError, stuffed } from './octet-reader.ts';

/** A letter with its envelope. */
export interface SmtpLetter {
  /** The reverse-path; default the null one. */
  readonly from?: string;
  readonly to: readonly string[];
  /** Whole lines, each ended by CRLF, not stuffed. */
  readonly octets: Buffer;
}

/**
 * What became of a letter: SMTP has one reply for all its recipients, but refuses some of them before. Of a letter in chunks it
 * is the reply that refused it, or the last one.
 */
export interface SmtpOutcome {
  readonly recipients: readonly MailReply[];
  readonly letter: MailReply;
}

/** A scripted SMTP sender for tests, strict about what it reads. Pipelines as far as RFC 2920 and RFC 3030 let it. */
export class SmtpClient {
  #socket: Socket;
  #reader: OctetReader;
  #capabilities: readonly string[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#reader = new OctetReader(socket);
  }

  /** Through STARTTLS where `ca` is given, the PEM that vouches for the server's certificate. */
  static async connect(address: Address, { ca }: { readonly ca?: string } = {}): Promise<SmtpClient> {
    const client = new SmtpClient(await openPlain(address));
    await client.#expect(220);
    await client.#hello();
    if (ca !== undefined) await client.#startTls(address, ca);
    return client;
  }

  /** The keywords of EHLO, with their parameters. */
  get capabilities(): readonly string[] {
    return this.#capabilities;
  }

  /** Letters one behind the other, the envelope of each in one write, the letter with DATA. */
  async sendAll(letters: Iterable<SmtpLetter>): Promise<readonly SmtpOutcome[]> {
    const outcomes: SmtpOutcome[] = [];
    for (const letter of letters) {
      this.#socket.write(`${this.#envelope(letter)}DATA\r\n`);
      const recipients = await this.#recipients(letter);
      const go = await this.#reply();
      if (go.code === 354) await this.#write(Buffer.concat([stuffed(letter.octets), Buffer.from('.\r\n')]));
      outcomes.push({ recipients, letter: go.code === 354 ? await this.#reply() : go });
    }
    return outcomes;
  }

  /**
   * Letters with BDAT, in chunks of at most so many octets: everything about a letter in one write, and `ahead` letters on
   * their way before the replies to the first are read.
   */
  async sendAllInChunks(letters: Iterable<SmtpLetter>, chunk: number, ahead = 8): Promise<readonly SmtpOutcome[]> {
    const outcomes: SmtpOutcome[] = [];
    const underWay: SmtpLetter[] = [];
    const settle = async () => {
      const letter = underWay.shift();
      if (letter) outcomes.push(await this.#settleChunks(letter, chunk));
    };
    for (const letter of letters) {
      await this.#write(Buffer.concat([Buffer.from(this.#envelope(letter)), ...chunks(letter.octets, chunk)]));
      underWay.push(letter);
      if (underWay.length >= ahead) await settle();
    }
    while (underWay.length > 0) await settle();
    return outcomes;
  }

  async quit(): Promise<void> {
    this.#socket.write('QUIT\r\n');
    await this.#expect(221);
    await this.#reader.end();
    this.#socket.destroy();
  }

  /** Breaks the connection off. */
  drop(): void {
    this.#socket.destroy();
  }

  async #hello(): Promise<void> {
    this.#socket.write('EHLO tests.example\r\n');
    const { text } = await this.#expect(250);
    this.#capabilities = text.split('\n').slice(1);
  }

  async #startTls(address: Address, ca: string): Promise<void> {
    this.#socket.write('STARTTLS\r\n');
    await this.#expect(220);
    if (this.#reader.held.length > 0) throw new PeerError('octets behind the 220 to STARTTLS');
    this.#reader.release();
    this.#socket = await openTls(address, ca, this.#socket, []);
    this.#reader = new OctetReader(this.#socket);
    await this.#hello();
  }

  /** RSET clears what a letter before it, that was refused, may have left. */
  #envelope({ from = '', to, octets }: SmtpLetter): string {
    const eightBit = this.#capabilities.includes('8BITMIME') && /[\x80-\xff]/.test(octets.toString('latin1'));
    const size = this.#capabilities.some((line) => /^SIZE\b/.test(line)) ? ` SIZE=${octets.length}` : '';
    const mail = `MAIL FROM:<${from}>${size}${eightBit ? ' BODY=8BITMIME' : ''}`;
    return `${['RSET', mail, ...to.map((address) => `RCPT TO:<${address}>`)].join('\r\n')}\r\n`;
  }

  async #recipients({ to }: SmtpLetter): Promise<readonly MailReply[]> {
    await this.#expect(250); // RSET
    const mail = await this.#reply();
    const replies: MailReply[] = [];
    for (const _ of to) {
      const reply = await this.#reply();
      replies.push(mail.code === 250 ? reply : mail);
    }
    return replies;
  }

  async #settleChunks(letter: SmtpLetter, chunk: number): Promise<SmtpOutcome> {
    const recipients = await this.#recipients(letter);
    const replies: MailReply[] = [];
    for (const _ of chunks(letter.octets, chunk)) replies.push(await this.#reply());
    const refused = replies.find(({ code }) => code !== 250);
    return { recipients, letter: refused ?? replies.at(-1) ?? { code: 0, text: '' } };
  }

  async #write(octets: Buffer): Promise<void> {
    if (!this.#socket.write(octets)) await once(this.#socket, 'drain');
  }

  async #expect(code: number): Promise<MailReply> {
    const reply = await this.#reply();
    if (reply.code !== code) throw new PeerError(`${reply.code} ${reply.text} where ${code} was due`);
    return reply;
  }

  #reply(): Promise<MailReply> {
    return readReply(this.#reader);
  }
}

/** The octets as BDAT sends them, in chunks of at most so many; an empty letter is one empty chunk. */
function chunks(octets: Buffer, size: number): readonly Buffer[] {
  const made: Buffer[] = [];
  for (let from = 0; from < octets.length || made.length === 0; from += size) {
    const piece = octets.subarray(from, from + size);
    const last = from + size >= octets.length ? ' LAST' : '';
    made.push(Buffer.concat([Buffer.from(`BDAT ${piece.length}${last}\r\n`), piece]));
  }
  return made;
}
