import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { type Certificate, duplexPair, type MemorySocket, selfSignedCertificate } from '@restante/pop/testing';
import { lines, octets, type Said } from './said.ts';

/** In what a server differs from one that does as the RFCs say. */
export interface Failings {
  /**
   * What it says in place of what it should, by what it is told: `greeting`, a keyword (`UIDL`), or one with a letter (`RETR b`,
   * which goes before `RETR`). Of several, one each time; behind the last of them it does as it should.
   */
  readonly says?: Readonly<Record<string, Said | readonly Said[]>>;
  /** What it lists behind CAPA; none of them: it does not know CAPA. */
  readonly capabilities?: readonly string[];
  /** What it lists before login, where that is something else. */
  readonly capabilitiesBefore?: readonly string[];
  /** Does nothing about commands that came in one write behind another one. */
  readonly dropsPipelined?: boolean;
  /** Answers those -ERR. */
  readonly refusesPipelined?: boolean;
  /** Removes a letter at DELE, without waiting for QUIT (appendix G 2). */
  readonly removesAtOnce?: boolean;
  /** Removes nothing, whatever it says about QUIT. */
  readonly removesNothing?: boolean;
  /** Takes so many commands in a session, and closes. */
  readonly commands?: number;
  /** Says so many octets in a session, and closes, wherever that is. */
  readonly octets?: number;
  /** Offers STLS, and does it. */
  readonly stls?: boolean;
}

/** A letter that it has. */
export interface HeldLetter {
  readonly uniqueId: string;
  /** With CRLF line ends. */
  readonly octets: Buffer;
}

const CAPABILITIES = ['TOP', 'UIDL', 'USER', 'PIPELINING', 'RESP-CODES'];
export const USER_NAME = 'ada';
export const PASSWORD = 'analytical engine';
const certificate: Certificate = selfSignedCertificate();

/** A small POP3 server in memory that has some failings, and remembers what it was told. */
export class HostileServer {
  readonly certificate = certificate.cert;
  /** What it has. A test may change it between sessions. */
  letters: readonly HeldLetter[];
  /** Commands of all sessions; those that came in the clear are marked. */
  readonly heard: { readonly line: string; readonly secure: boolean }[] = [];
  /** Asked at each DELE that is answered +OK, and when letters go. */
  readonly onDelete: (letter: HeldLetter) => void;
  /** Called when the last connection is over. */
  onIdle: () => void = () => {};
  /** Connections that are open. */
  open = 0;
  failings: Failings;
  readonly #said = new Map<string, number>();
  readonly #silent = new Set<Session>();

  constructor(letters: readonly HeldLetter[], failings: Failings, onDelete: (letter: HeldLetter) => void) {
    this.letters = letters;
    this.failings = failings;
    this.onDelete = onDelete;
  }

  /** Whether somebody waits for it now, for ever. */
  get isSilent(): boolean {
    return this.#silent.size > 0;
  }

  /** A new connection: the client's end of it. */
  connect(): Duplex {
    const [ours, theirs] = duplexPair({}, { highWaterMark: 65_536 });
    this.open += 1;
    const session = new Session(this, ours);
    ours.on('close', () => {
      this.open -= 1;
      if (this.open === 0) this.onIdle();
      this.#silent.delete(session);
    });
    ours.on('end', () => this.#silent.delete(session));
    session.begin();
    return theirs;
  }

  /** What it says to this in place of what it should. */
  insteadOf(...names: readonly string[]): Said | undefined {
    for (const name of names) {
      const said = this.failings.says?.[name];
      if (said === undefined) continue;
      if (!Array.isArray(said)) return said as Said;
      const times = this.#said.get(name) ?? 0;
      this.#said.set(name, times + 1);
      return (said as readonly Said[])[times];
    }
    return undefined;
  }

  silence(session: Session): void {
    this.#silent.add(session);
  }

  remove(letters: readonly HeldLetter[]): void {
    if (this.failings.removesNothing === true) return;
    const going = new Set(letters.map(({ uniqueId }) => uniqueId));
    this.letters = this.letters.filter(({ uniqueId }) => !going.has(uniqueId));
  }
}

class Session {
  readonly #server: HostileServer;
  readonly #socket: MemorySocket;
  #stream: Duplex;
  #unread = '';
  #letters: readonly HeldLetter[] | undefined;
  readonly #marked = new Set<number>();
  #commands = 0;
  /** Octets that it may still say. */
  #left: number;
  #secure = false;
  #over = false;

  constructor(server: HostileServer, socket: MemorySocket) {
    this.#server = server;
    this.#socket = socket;
    this.#stream = socket;
    this.#left = server.failings.octets ?? Number.POSITIVE_INFINITY;
  }

  begin(): void {
    this.#listen();
    this.#say(this.#server.insteadOf('greeting') ?? lines('+OK ready'));
  }

  #listen(): void {
    this.#stream.on('error', () => {});
    this.#stream.on('data', (read: Buffer) => {
      this.#unread += read.toString('latin1');
      for (let among = 0; !this.#over; among += 1) {
        const end = this.#unread.indexOf('\r\n');
        if (end < 0) break;
        const line = this.#unread.slice(0, end);
        this.#unread = this.#unread.slice(end + 2);
        this.#command(line, among);
      }
    });
    this.#stream.on('end', () => this.#stream.end());
  }

  #command(line: string, among: number): void {
    const { failings } = this.#server;
    this.#server.heard.push({ line, secure: this.#secure });
    this.#commands += 1;
    if (this.#commands > (failings.commands ?? Number.POSITIVE_INFINITY)) {
      this.#end('drops');
      return;
    }
    if (among > 0 && failings.dropsPipelined === true) return;
    if (among > 0 && failings.refusesPipelined === true) {
      this.#say(lines('-ERR one at a time'));
      return;
    }
    const [keyword = '', argument] = line.split(' ');
    const name = this.#letters?.[Number(argument) - 1]?.uniqueId.slice('id-'.length);
    const instead = this.#server.insteadOf(`${keyword} ${name}`, keyword);
    const right = this.#answer(keyword, argument, instead);
    this.#say(instead ?? right);
    if (keyword === 'QUIT' && !this.#over) this.#end('drops');
    if (keyword === 'STLS' && !this.#over && right.octets.startsWith('+OK')) this.#secured();
  }

  /** Does what it is told, and answers what it should say. Where it says something else instead, it does nothing but remove. */
  #answer(keyword: string, argument: string | undefined, instead: Said | undefined): Said {
    const number = Number(argument);
    const letter = this.#letters?.[number - 1];
    switch (keyword) {
      case 'CAPA':
        return this.#capabilities();
      case 'STLS':
        return this.#server.failings.stls === true ? lines('+OK') : lines('-ERR what?');
      case 'USER':
        return lines('+OK');
      case 'PASS':
        if (instead === undefined || instead.octets.startsWith('+OK')) this.#letters = [...this.#server.letters];
        return lines('+OK');
      case 'STAT':
        return lines(
          `+OK ${this.#there().length} ${this.#there().reduce((sum, [, each]) => sum + each.octets.length, 0)}`,
        );
      case 'LIST':
      case 'UIDL':
        return this.#list(keyword, argument === undefined ? undefined : number);
      case 'RETR':
        return letter === undefined ? lines('-ERR no such message') : sent(letter.octets);
      case 'TOP': {
        const header = letter?.octets.subarray(0, letter.octets.indexOf('\r\n\r\n') + 4);
        return header === undefined ? lines('-ERR no such message') : sent(header);
      }
      case 'DELE':
        return this.#delete(number, letter, instead);
      case 'RSET':
        this.#marked.clear();
        return lines('+OK');
      case 'NOOP':
        return lines('+OK');
      case 'QUIT':
        if (instead === undefined || instead.octets.startsWith('+OK')) this.#update();
        return lines('+OK');
      default:
        return lines('-ERR what?');
    }
  }

  #capabilities(): Said {
    const { capabilities = CAPABILITIES, capabilitiesBefore = capabilities, stls } = this.#server.failings;
    const now = this.#letters === undefined ? capabilitiesBefore : capabilities;
    if (now.length === 0) return lines('-ERR what?');
    return lines('+OK', ...now, ...(stls === true && !this.#secure ? ['STLS'] : []), '.');
  }

  #list(keyword: 'LIST' | 'UIDL', number: number | undefined): Said {
    const rows = this.#there().map(
      ([each, { octets, uniqueId }]) => [each, `${each} ${keyword === 'LIST' ? octets.length : uniqueId}`] as const,
    );
    if (number === undefined) return lines('+OK', ...rows.map(([, row]) => row), '.');
    const row = rows.find(([each]) => each === number)?.[1];
    return row === undefined ? lines('-ERR no such message') : lines(`+OK ${row}`);
  }

  #there(): readonly (readonly [number, HeldLetter])[] {
    return [...(this.#letters ?? []).entries()]
      .map(([index, letter]) => [index + 1, letter] as const)
      .filter(([number]) => !this.#marked.has(number));
  }

  #delete(number: number, letter: HeldLetter | undefined, instead: Said | undefined): Said {
    if (letter === undefined || this.#marked.has(number)) return lines('-ERR no such message');
    this.#server.onDelete(letter);
    if (instead !== undefined && !instead.octets.startsWith('+OK')) return lines('+OK');
    this.#marked.add(number);
    if (this.#server.failings.removesAtOnce === true) this.#server.remove([letter]);
    return lines('+OK');
  }

  #update(): void {
    this.#server.remove([...this.#marked].flatMap((number) => this.#letters?.[number - 1] ?? []));
  }

  #say({ octets: text, behind, inPieces = text.length }: Said): void {
    const said = text.slice(0, this.#left);
    this.#left -= said.length;
    for (let from = 0; from < said.length; from += inPieces) {
      this.#stream.write(Buffer.from(said.slice(from, from + inPieces), 'latin1'));
    }
    if (said.length < text.length) this.#end('drops');
    else if (behind !== undefined) this.#end(behind);
  }

  #end(how: Exclude<Said['behind'], undefined>): void {
    this.#over = true;
    if (how === 'is silent') this.#server.silence(this);
    else if (how === 'resets') this.#socket.resetAndDestroy();
    else this.#stream.end();
  }

  #secured(): void {
    this.#stream.removeAllListeners('data');
    this.#secure = true;
    this.#stream = new TLSSocket(this.#socket, { isServer: true, ...certificate });
    this.#listen();
  }
}

/** A letter as it goes over the line. */
function sent(letter: Buffer): Said {
  const text = letter.toString('latin1');
  const stuffed = text.replaceAll('\r\n.', '\r\n..').replace(/^\./, '..');
  return octets(`+OK\r\n${stuffed}${text.endsWith('\r\n') ? '' : '\r\n'}.\r\n`);
}
