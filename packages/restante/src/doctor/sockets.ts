import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** Who holds a socket, as far as this user may see. */
export interface Holder {
  /** Absent where the process belongs to somebody else. */
  readonly pid?: number;
  readonly program?: string;
}

/** Reads Linux's list of processes and sockets; undefined on a system that has none. Needs no rights and opens nothing. */
export class Sockets {
  readonly #tcp: readonly { readonly address: string; readonly port: number; readonly inode: string }[];
  readonly #unix: ReadonlyMap<string, string>;
  readonly #proc: string;
  #owners: Map<string, Holder> | undefined;

  private constructor(proc: string, tcp: string, unix: string) {
    this.#proc = proc;
    this.#tcp = [...tcp.matchAll(LISTENING)].map(([, address = '', port = '', inode = '']) => ({
      address: addressOf(address),
      port: Number.parseInt(port, 16),
      inode,
    }));
    this.#unix = new Map([...unix.matchAll(UNIX)].map(([, inode = '', path = '']) => [path, inode]));
  }

  /** `proc` is where proc(5) is mounted. */
  static read(proc = '/proc'): Sockets | undefined {
    try {
      const tcp = readFileSync(`${proc}/net/tcp`, 'latin1');
      return new Sockets(proc, tcp + optional(`${proc}/net/tcp6`), optional(`${proc}/net/unix`));
    } catch {
      return undefined;
    }
  }

  /** Who listens on a TCP port in a way that leaves no room for a listener at this address; undefined when nobody does. */
  tcp(address: string, port: number): Holder | undefined {
    const found = this.#tcp.find((each) => each.port === port && collide(each.address, address));
    return found && this.#holder(found.inode);
  }

  /** Who listens on a unix socket. */
  unix(path: string): Holder | undefined {
    const inode = this.#unix.get(path);
    return inode === undefined ? undefined : this.#holder(inode);
  }

  #holder(inode: string): Holder {
    this.#owners ??= owners(this.#proc);
    return this.#owners.get(inode) ?? {};
  }
}

/** State 0A is LISTEN: address, port, and the socket's inode. */
const LISTENING = /^ *\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:0000 0A (?:\S+ +){5}(\d+)/gm;
/** Flags 00010000 say that it accepts connections. */
const UNIX = /^[0-9a-f]+: \S+ \S+ 00010000 \S+ \S+ +(\d+) (\/.*)$/gm;

/** The kernel writes each 32 bits of an address as a number of this machine: little-endian wherever Node runs. */
function addressOf(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const octets = words.flatMap((word) => (word.match(/../g) ?? []).reverse().map((pair) => Number.parseInt(pair, 16)));
  if (octets.length === 4) return octets.join('.');
  const bytes = Buffer.from(octets);
  if (bytes.every((octet) => octet === 0)) return '::';
  if (bytes.subarray(0, 10).every((octet) => octet === 0) && bytes.readUInt16BE(10) === 0xffff) {
    return [...bytes.subarray(12)].join('.');
  }
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16)).join(':');
  return groups === '0:0:0:0:0:0:0:1' ? '::1' : groups;
}

function collide(one: string, other: string): boolean {
  if (one === other || one === '::' || other === '::') return true;
  const v4 = (address: string): boolean => /^[\d.]+$/.test(address);
  return (one === '0.0.0.0' && v4(other)) || (other === '0.0.0.0' && v4(one));
}

/** Sockets of the processes that this user may look into. */
function owners(proc: string): Map<string, Holder> {
  const found = new Map<string, Holder>();
  for (const name of readdirSync(proc)) {
    if (!/^\d+$/.test(name)) continue;
    try {
      for (const descriptor of readdirSync(`${proc}/${name}/fd`)) {
        const [, inode] = /^socket:\[(\d+)\]$/.exec(link(`${proc}/${name}/fd/${descriptor}`)) ?? [];
        if (inode !== undefined) {
          found.set(inode, { pid: Number(name), program: programOf(`${proc}/${name}`) });
        }
      }
    } catch {
      // It belongs to somebody else, or has ended.
    }
  }
  return found;
}

/** The name of a process is that of its first thread, which Node calls so: its user knows it by what was started. */
function programOf(process: string): string {
  const name = readFileSync(`${process}/comm`, 'utf8').trim();
  if (name !== 'MainThread') return name;
  const [started = ''] = optional(`${process}/cmdline`).split('\0', 1);
  return basename(started) || name;
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function optional(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
