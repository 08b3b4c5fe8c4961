import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type Address, type Mode, openPlain, openTls } from './connection.ts';
import { OctetReader, PeerError } from './octet-reader.ts';

/** The server answered -ERR. */
export class Pop3Refusal extends Error {
  override readonly name = 'Pop3Refusal';
  /** What stood behind `-ERR `, response code included. */
  readonly text: string;

  constructor(command: string, text: string) {
    super(`-ERR ${text} (to ${command})`);
    this.text = text;
  }
}

export interface Pop3Place {
  /** The plain listener for `plain` and `STLS`, the other for `TLS`. */
  readonly address: Address;
  readonly mode: Mode;
  /** PEM of the certificate that vouches for the server's; not needed in `plain`. */
  readonly ca?: string;
}

/** A reply as it came: the text behind the status indicator and, for a multi-line response, its octets un-stuffed. */
export interface Pop3Reply {
  readonly text: string;
  readonly octets: Buffer;
}

/** Commands written at once, before any reply is read. */
const PIPELINED = 32;
const MULTI_LINE = /^(CAPA|LIST|UIDL|RETR \d+|TOP \d+ \d+)$/;

/**
 * A POP3 client for tests: strict about every octet that the server says, with no behaviour of its own. It is no part of
 * the product, and shares no code with the server that it judges.
 */
export class Pop3Client {
  readonly #socket: Socket;
  readonly #reader: OctetReader;
  readonly greeting: string;

  private constructor(socket: Socket, reader: OctetReader, greeting: string) {
    this.#socket = socket;
    this.#reader = reader;
    this.greeting = greeting;
  }

  /** Connects, reads the greeting and, for STLS, goes through the handshake. */
  static async connect({ address, mode, ca = '' }: Pop3Place): Promise<Pop3Client> {
    const socket = mode === 'TLS' ? await openTls(address, ca) : await openPlain(address);
    const reader = new OctetReader(socket);
    const client = new Pop3Client(socket, reader, positive('the greeting', await reader.line()));
    if (mode !== 'STLS') return client;
    await client.command('STLS');
    if (reader.held.length > 0) throw new PeerError('octets behind the +OK to STLS');
    reader.release();
    const secure = await openTls(address, ca, socket);
    return new Pop3Client(secure, new OctetReader(secure), client.greeting);
  }

  /** The connection underneath, for a test that breaks or stalls it. */
  get socket(): Socket {
    return this.#socket;
  }

  get reader(): OctetReader {
    return this.#reader;
  }

  /** Sends the line and answers the text behind +OK of a single-line reply. */
  async command(line: string): Promise<string> {
    this.#socket.write(`${line}\r\n`);
    return positive(line, await this.#reader.line());
  }

  /** All replies in order; at most {@link PIPELINED} commands are under way at a time. A -ERR ends it. */
  async *pipelined(lines: readonly string[]): AsyncGenerator<Pop3Reply, void, void> {
    for (let from = 0; from < lines.length; from += PIPELINED) {
      const group = lines.slice(from, from + PIPELINED);
      this.#socket.write(`${group.join('\r\n')}\r\n`);
      for (const line of group) yield await this.#reply(line);
    }
  }

  async login(name: string, password: string): Promise<void> {
    await this.command(`USER ${name}`);
    await this.command(`PASS ${password}`).catch((error: unknown) => {
      throw error instanceof Pop3Refusal ? new Pop3Refusal('PASS', error.text) : error;
    });
  }

  async capabilities(): Promise<readonly string[]> {
    return lines((await this.#ask('CAPA')).octets);
  }

  async stat(): Promise<{ readonly count: number; readonly octets: number }> {
    const [, count, octets] = /^(\d+) (\d+)$/.exec(await this.command('STAT')) ?? [];
    if (count === undefined || octets === undefined) throw new PeerError('STAT is not two numbers');
    return { count: Number(count), octets: Number(octets) };
  }

  /** Octets by message-number. */
  async list(): Promise<ReadonlyMap<number, number>> {
    const found = await this.#numbered('LIST', /^([1-9]\d*) (\d+)$/);
    return new Map([...found].map(([number, octets]) => [number, Number(octets)]));
  }

  /** Unique-ids by message-number, each of which RFC 1939 §7 allows, and no two alike. */
  async uniqueIds(): Promise<ReadonlyMap<number, string>> {
    const found = await this.#numbered('UIDL', /^([1-9]\d*) ([\x21-\x7e]{1,70})$/);
    if (new Set(found.values()).size !== found.size) throw new PeerError('a unique-id is given twice');
    return found;
  }

  async retrieve(number: number): Promise<Buffer> {
    return (await this.#ask(`RETR ${number}`)).octets;
  }

  async top(number: number, count: number): Promise<Buffer> {
    return (await this.#ask(`TOP ${number} ${count}`)).octets;
  }

  async delete(number: number): Promise<void> {
    await this.command(`DELE ${number}`);
  }

  /** QUIT, answered +OK, and the server closes without another octet. */
  async quit(): Promise<void> {
    await this.command('QUIT');
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

  async #ask(line: string): Promise<Pop3Reply> {
    this.#socket.write(`${line}\r\n`);
    return await this.#reply(line);
  }

  async #reply(line: string): Promise<Pop3Reply> {
    const text = positive(line, await this.#reader.line());
    return { text, octets: MULTI_LINE.test(line) ? await this.#reader.multiLine() : Buffer.alloc(0) };
  }

  async #numbered(command: string, shape: RegExp): Promise<ReadonlyMap<number, string>> {
    const found = new Map<number, string>();
    let last = 0;
    for (const line of lines((await this.#ask(command)).octets)) {
      const [, number, rest] = shape.exec(line) ?? [];
      if (number === undefined || rest === undefined)
        throw new PeerError(`a line of ${command} is ${JSON.stringify(line)}`);
      if (Number(number) <= last) throw new PeerError(`${command} does not ascend at ${number}`);
      last = Number(number);
      found.set(last, rest);
    }
    return found;
  }
}

function lines(octets: Buffer): readonly string[] {
  return octets.toString('latin1').split('\r\n').slice(0, -1);
}

/** The text behind `+OK`, of a status line of at most 512 octets (P3-06); the space may be missing (OBS-02). */
function positive(command: string, line: string): string {
  if (line.length > 510) throw new PeerError(`a status line of ${line.length + 2} octets`);
  const [, status, text = ''] = /^(\+OK|-ERR)(?: (.*))?$/.exec(line) ?? [];
  if (status === undefined) throw new PeerError(`not a status line: ${JSON.stringify(line)}`);
  if (status === '-ERR') throw new Pop3Refusal(command, text);
  return text;
}
