import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { hostname } from 'node:os';
import type { LetterFacts, SendableLetter } from './letter.ts';
import { NoReply, type Reply, ReplyReader, replyText } from './reply.ts';

/** Where a server is spoken to. */
export type LmtpAddress = { readonly host: string; readonly port: number } | { readonly path: string };

export interface LmtpEnvelope {
  /** The reverse-path without brackets; empty for `<>`. */
  readonly from: string;
  /** Forward-paths without brackets. */
  readonly to: readonly string[];
}

/** What became of a letter for one recipient: the server's word, or why there is none. */
export type LmtpOutcome =
  | { readonly type: 'reply'; readonly reply: Reply; readonly to: LmtpQuestion }
  /** It may come again (LM-09). `perhapsKept` where its end may have been heard: then nobody knows whether it was kept. */
  | { readonly type: 'lost'; readonly why: string; readonly perhapsKept: boolean }
  /** The server does not take such a letter. */
  | { readonly type: 'unfit'; readonly why: string };

/** What a reply answers: a command, or a letter's end. */
export type LmtpQuestion = 'MAIL' | 'RCPT' | 'DATA' | 'letter';

/** How long the server may take, in milliseconds (RFC 5321 §4.5.3.2). */
export interface LmtpTimeouts {
  readonly connect: number;
  readonly reply: number;
  /** To take the next octets of a letter. */
  readonly block: number;
  /** To answer the letter's end. */
  readonly outcome: number;
}

const MINUTE = 60_000;
export const defaultLmtpTimeouts: LmtpTimeouts = {
  // On this machine, or next to it: who waits longer holds up the mail behind it.
  connect: MINUTE / 2,
  reply: 5 * MINUTE,
  block: 3 * MINUTE,
  outcome: 10 * MINUTE,
};

/** The MAIL parameter by which a server is asked to keep a CR that stands alone (SM-21). */
export const BARE_CR = 'XBARECR';

/** The connection cannot be used any more. */
class Lost extends Error {
  override readonly name = 'Lost';
}

/** Hands letters over by LMTP (RFC 2033), one after the other. */
export class LmtpClient {
  readonly #socket: Socket;
  readonly #timeouts: LmtpTimeouts;
  readonly #reader = new ReplyReader();
  #wake: () => void = () => undefined;
  /** Keywords of the server's answer to LHLO, in upper case. */
  #offers: ReadonlySet<string> = new Set();
  /** Set when the connection cannot be used any more. */
  #lost: string | undefined;

  private constructor(socket: Socket, timeouts: LmtpTimeouts) {
    this.#socket = socket;
    this.#timeouts = timeouts;
    socket.on('data', (octets: Buffer) => {
      this.#reader.push(octets);
      this.#wake();
    });
    socket.on('drain', () => this.#wake());
    socket.on('error', (error) => this.#lose(error.message));
    socket.on('close', () => this.#lose('the server closed the connection'));
  }

  /** Connects and says hello. Rejects with an Error whose message says why that cannot be. */
  static async connect(address: LmtpAddress, timeouts: Partial<LmtpTimeouts> = {}): Promise<LmtpClient> {
    const all = { ...defaultLmtpTimeouts, ...timeouts };
    const socket = connect(address);
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(all.connect) });
    } catch (thrown) {
      socket.on('error', () => undefined).destroy();
      throw thrown;
    }
    const client = new LmtpClient(socket, all);
    try {
      client.#expect(await client.#reply(all.reply), 220);
      await client.#send(`LHLO ${helloName()}\r\n`);
      const hello = client.#expect(await client.#reply(all.reply), 250);
      client.#offers = new Set(hello.lines.slice(1).map((line) => (line.split(' ')[0] ?? '').toUpperCase()));
      return client;
    } catch (thrown) {
      socket.destroy();
      throw thrown;
    }
  }

  /** Sends one letter. One outcome a recipient, in order; never rejects. */
  async send(envelope: LmtpEnvelope, letter: SendableLetter, facts: LetterFacts): Promise<readonly LmtpOutcome[]> {
    const { to } = envelope;
    if (facts.bareCr && !this.#offers.has(BARE_CR)) {
      const why = 'a CR stands alone in the letter, and this server does not take such letters';
      return to.map(() => ({ type: 'unfit', why }));
    }
    const outcomes: LmtpOutcome[] = [];
    let perhapsKept = false;
    try {
      if (this.#lost !== undefined) throw new Lost(this.#lost);
      const accepted = await this.#begin(envelope, facts, outcomes);
      if (accepted.length > 0) {
        let held: Uint8Array | undefined;
        for await (const piece of letter.stuffed()) {
          if (held !== undefined) await this.#send(held);
          held = piece;
        }
        // The last piece has the end in it.
        perhapsKept = true;
        if (held !== undefined) await this.#send(held);
        await this.#ends(accepted, outcomes);
      }
    } catch (thrown) {
      // What could not be read from its file must not end with a dot.
      this.#socket.destroy();
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      this.#lose(why);
      for (const index of to.keys()) outcomes[index] ??= { type: 'lost', why, perhapsKept };
    }
    return outcomes;
  }

  /** Whether it can still be used, as far as is known. */
  get usable(): boolean {
    return this.#lost === undefined;
  }

  /** Breaks it off: whatever is waited for is lost. */
  drop(): void {
    this.#socket.destroy();
    this.#lose('the connection was broken off');
  }

  /** Says goodbye. */
  async close(): Promise<void> {
    if (this.#lost === undefined) {
      await this.#send('QUIT\r\n').catch(() => undefined);
      await this.#reply(this.#timeouts.connect).catch(() => undefined);
    }
    this.#socket.destroy();
  }

  /** Names sender and recipients; answers the numbers of those who are accepted, when the server waits for the letter. */
  async #begin({ from, to }: LmtpEnvelope, facts: LetterFacts, outcomes: LmtpOutcome[]): Promise<readonly number[]> {
    const commands = [
      `MAIL FROM:<${from}>${this.#parameters(facts)}`,
      ...to.map((path) => `RCPT TO:<${path}>`),
      'DATA',
    ];
    const pipelined = this.#offers.has('PIPELINING');
    if (pipelined) await this.#send(`${commands.join('\r\n')}\r\n`);
    const ask = async (index: number): Promise<Reply> => {
      if (!pipelined) await this.#send(`${commands[index]}\r\n`);
      return this.#reply(this.#timeouts.reply);
    };
    const mail = await ask(0);
    if (!pipelined && mail.code >= 300) return this.#refuse(to, mail, outcomes);
    const accepted: number[] = [];
    for (const index of to.keys()) {
      const reply = await ask(index + 1);
      if (reply.code < 300) accepted.push(index);
      else
        outcomes[index] =
          mail.code >= 300 ? { type: 'reply', to: 'MAIL', reply: mail } : { type: 'reply', to: 'RCPT', reply };
    }
    if (!pipelined && accepted.length === 0) return this.#reset(accepted);
    const data = await ask(to.length + 1);
    if (data.code === 354 && accepted.length > 0) return accepted;
    // A server that waits for a letter which nobody is to have gets none: there is no reply to it then (RFC 2033 §4.2).
    if (data.code === 354) await this.#send('.\r\n');
    // Nothing but 354 leads to a letter; a 250 here must not be taken for one that was kept.
    else if (data.code < 400) throw new Lost(`the server said to DATA: ${replyText(data)}`);
    else for (const index of accepted) outcomes[index] = { type: 'reply', to: 'DATA', reply: data };
    return this.#reset([]);
  }

  /** One reply for each recipient who was accepted (LM-04); those that came before the connection was lost count (LM-09). */
  async #ends(accepted: readonly number[], outcomes: LmtpOutcome[]): Promise<void> {
    for (const index of accepted) {
      outcomes[index] = { type: 'reply', to: 'letter', reply: await this.#reply(this.#timeouts.outcome) };
    }
  }

  #refuse(to: readonly string[], reply: Reply, outcomes: LmtpOutcome[]): readonly number[] {
    for (const index of to.keys()) outcomes[index] = { type: 'reply', to: 'MAIL', reply };
    return [];
  }

  /** What was taken of the envelope must not stand before the next one. */
  async #reset(accepted: readonly number[]): Promise<readonly number[]> {
    await this.#send('RSET\r\n');
    await this.#reply(this.#timeouts.reply);
    return accepted;
  }

  #parameters({ size, eightBit, bareCr }: LetterFacts): string {
    const offered = (keyword: string, parameter: string): string => (this.#offers.has(keyword) ? ` ${parameter}` : '');
    const body = eightBit ? offered('8BITMIME', 'BODY=8BITMIME') : '';
    return `${offered('SIZE', `SIZE=${size}`)}${body}${bareCr ? ` ${BARE_CR}` : ''}`;
  }

  #expect(reply: Reply, code: number): Reply {
    if (reply.code !== code) throw new Lost(`the server said ${replyText(reply)}`);
    return reply;
  }

  async #send(octets: string | Uint8Array): Promise<void> {
    if (this.#lost !== undefined) throw new Lost(this.#lost);
    if (this.#socket.write(octets)) return;
    await this.#until(() => this.#socket.writableLength === 0, this.#timeouts.block);
  }

  async #reply(patience: number): Promise<Reply> {
    let reply: Reply | undefined;
    await this.#until(() => {
      reply = this.#next();
      return reply !== undefined;
    }, patience);
    if (reply === undefined) throw new Error('nothing is waited for without end');
    return reply;
  }

  #next(): Reply | undefined {
    try {
      return this.#reader.next();
    } catch (thrown) {
      if (thrown instanceof NoReply) throw new Lost(`the server said what is no reply: ${thrown.message}`);
      throw thrown;
    }
  }

  /** Waits until it is so; rejects when the connection is lost, or it takes too long. */
  async #until(reached: () => boolean, patience: number): Promise<void> {
    if (reached()) return;
    const late = () => this.#lose(`the server took longer than ${Math.round(patience / 1000)} seconds`);
    const timer = setTimeout(late, patience);
    try {
      do {
        if (this.#lost !== undefined) throw new Lost(this.#lost);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      } while (!reached());
    } finally {
      clearTimeout(timer);
    }
  }

  #lose(why: string): void {
    this.#lost ??= why;
    this.#wake();
  }
}

/** Ours, as far as it is one that the grammar of LHLO takes. */
function helloName(): string {
  const name = hostname();
  return /^[A-Za-z0-9.-]{1,255}$/.test(name) ? name : 'localhost';
}
