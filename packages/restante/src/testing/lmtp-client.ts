import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type Address, openPlain } from './connection.ts';
import { OctetReader, PeerError, stuffed } from './octet-reader.ts';

export interface MailReply {
  readonly code: number;
  /** All lines' text behind the code, the enhanced status code included. */
  readonly text: string;
}

/** A letter with its envelope. Each recipient gets an answer of its own (RFC 2033 §4.2). */
export interface LmtpLetter {
  /** The reverse-path; default the null one. */
  readonly from?: string;
  readonly to: readonly string[];
  /** Whole lines, each ended by CRLF, not stuffed. */
  readonly octets: Buffer;
}

/** What became of a letter: for each recipient, in the order asked, the reply that settled it. */
export type LmtpOutcome = readonly MailReply[];

/** A scripted LMTP sender for tests. It sends exactly the octets it is given, and reads replies strictly. */
export class LmtpClient {
  readonly #socket: Socket;
  readonly #reader: OctetReader;
  #capabilities: readonly string[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#reader = new OctetReader(socket);
  }

  static async connect(address: Address): Promise<LmtpClient> {
    const client = new LmtpClient(await openPlain(address));
    await client.#expect(220);
    client.#socket.write('LHLO tests.example\r\n');
    const { text } = await client.#expect(250);
    client.#capabilities = text.split('\n').slice(1);
    return client;
  }

  /** The keywords of LHLO, with their parameters. */
  get capabilities(): readonly string[] {
    return this.#capabilities;
  }

  /** The connection underneath, for a test that breaks or stalls it. */
  get socket(): Socket {
    return this.#socket;
  }

  /** One letter, after which the connection is as before. */
  async send(letter: LmtpLetter): Promise<LmtpOutcome> {
    const [outcome] = await this.sendAll([letter]);
    if (outcome === undefined) throw new Error('one letter has one outcome');
    return outcome;
  }

  /**
   * Letters one behind the other, pipelined as far as RFC 2920 lets a sender go: MAIL, RCPT and DATA in one write, and with
   * them, before its replies are read, the letter before.
   */
  async sendAll(letters: Iterable<LmtpLetter>): Promise<readonly LmtpOutcome[]> {
    const outcomes: LmtpOutcome[] = [];
    let underWay: { readonly envelope: readonly MailReply[] } | undefined;
    for (const letter of letters) {
      this.#socket.write(this.#envelope(letter));
      if (underWay) outcomes.push(await this.#settle(underWay.envelope));
      const { replies, go } = await this.#begun(letter);
      underWay = go ? { envelope: replies } : undefined;
      if (go) await this.write(ended(stuffed(letter.octets)));
      else outcomes.push(replies);
    }
    if (underWay) outcomes.push(await this.#settle(underWay.envelope));
    return outcomes;
  }

  /** MAIL, RCPT and DATA, all of which must be taken: the letter is then the caller's to write. */
  async begin(from: string, to: readonly string[]): Promise<void> {
    const letter = { from, to, octets: Buffer.alloc(0) };
    this.#socket.write(envelope(letter, ''));
    const { replies, go } = await this.#begun(letter);
    if (!go || replies.some(({ code }) => code !== 250))
      throw new PeerError(`the envelope was refused: ${JSON.stringify(replies)}`);
  }

  /** Writes octets as they are; waits while the peer takes no more. */
  async write(octets: Buffer | string): Promise<void> {
    if (!this.#socket.write(octets)) await once(this.#socket, 'drain');
  }

  /** Ends the letter that was begun: one reply for each of its `recipients`. */
  async finish(recipients: number): Promise<LmtpOutcome> {
    const replies: MailReply[] = [];
    for await (const reply of this.answers(recipients)) replies.push(reply);
    return replies;
  }

  /** Ends the letter that was begun; each of its recipients' replies as soon as it is there. */
  async *answers(recipients: number): AsyncGenerator<MailReply, void, void> {
    await this.write('.\r\n');
    for (let answered = 0; answered < recipients; answered += 1) yield await this.#reply();
  }

  async quit(): Promise<void> {
    this.#socket.write('QUIT\r\n');
    await this.#expect(221);
    await this.#reader.end();
    this.#socket.destroy();
  }

  /** Breaks the connection off. */
  async drop(): Promise<void> {
    if (this.#socket.closed) return;
    const closed = once(this.#socket, 'close');
    this.#socket.destroy();
    await closed;
  }

  /** With the size, and what 8BITMIME asks for, where the server offers them. */
  #envelope(letter: LmtpLetter): string {
    const { octets } = letter;
    const size = this.#capabilities.some((line) => /^SIZE\b/i.test(line)) ? ` SIZE=${octets.length}` : '';
    const eightBit = this.#capabilities.includes('8BITMIME') && /[\x80-\xff]/.test(octets.toString('latin1'));
    return envelope(letter, `${size}${eightBit ? ' BODY=8BITMIME' : ''}`);
  }

  async #begun({ to }: LmtpLetter): Promise<{ readonly replies: readonly MailReply[]; readonly go: boolean }> {
    const mail = await this.#reply();
    const replies: MailReply[] = [];
    for (const _ of to) replies.push(await this.#reply());
    const data = await this.#reply();
    if (data.code === 354) return { replies, go: true };
    this.#socket.write('RSET\r\n'); // what was taken of the envelope would stand before the next one
    await this.#expect(250);
    return {
      replies: mail.code === 250 ? replies.map((reply) => (reply.code === 250 ? data : reply)) : to.map(() => mail),
      go: false,
    };
  }

  /** The replies behind the final dot, put where the accepted recipients stand. */
  async #settle(envelopeReplies: readonly MailReply[]): Promise<LmtpOutcome> {
    const outcome: MailReply[] = [];
    for (const reply of envelopeReplies) outcome.push(reply.code === 250 ? await this.#reply() : reply);
    return outcome;
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

/** The next reply of a server for LMTP or SMTP, all its lines (RFC 5321 §4.2). */
export async function readReply(reader: OctetReader): Promise<MailReply> {
  const texts: string[] = [];
  for (;;) {
    const line = await reader.line();
    const [, code, separator, text] = /^([2-5]\d\d)([ -])(.*)$/.exec(line) ?? [];
    if (code === undefined || text === undefined) throw new PeerError(`not a reply: ${JSON.stringify(line)}`);
    texts.push(text);
    if (separator === ' ') return { code: Number(code), text: texts.join('\n') };
  }
}

function envelope({ from = '', to }: LmtpLetter, parameters: string): string {
  return [`MAIL FROM:<${from}>${parameters}`, ...to.map((address) => `RCPT TO:<${address}>`), 'DATA', ''].join('\r\n');
}

function ended(lines: Buffer): Buffer {
  if (lines.length > 0 && !lines.subarray(-2).equals(CRLF)) throw new Error('a letter to be sent ends with CRLF');
  return Buffer.concat([lines, Buffer.from('.\r\n')]);
}

const CRLF = Buffer.from('\r\n');
