import { type Maildrop, memoryMailbox } from '../maildrop/index.ts';
import { duplexPair, ManualClock, type MemorySocket, selfSignedCertificate, turns } from '../testing/index.ts';
import type { Peer } from './peer.ts';
import type { Pop3Options, SessionReport } from './pop3-options.ts';
import { createPop3Server } from './pop3-server.ts';

export const LOGIN = 'USER tim\r\nPASS tanstaaf\r\n';
export const stranger: Peer = { address: '192.0.2.1', localAddress: '192.0.2.2', loopback: false };
export const neighbour: Peer = { address: '127.0.0.1', localAddress: '127.0.0.1', loopback: true };
export const certificate = selfSignedCertificate();

/** A client's side that remembers each write that arrived. */
export class Client {
  readonly socket: MemorySocket;
  readonly writes: string[] = [];
  ended = false;

  constructor(socket: MemorySocket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.writes.push(chunk.toString('latin1')));
    socket.on('end', () => {
      this.ended = true;
      socket.end();
    });
    socket.on('error', () => {});
  }

  get output(): string {
    return this.writes.join('');
  }

  async say(octets: string | Uint8Array): Promise<string> {
    const before = this.output.length;
    this.socket.write(octets);
    await turns();
    return this.output.slice(before);
  }
}

export function open(given: Partial<Pop3Options> = {}) {
  const clock = new ManualClock();
  const mailbox = memoryMailbox(['A: b\n\none', 'A: b\n\ntwo']);
  const reports: SessionReport[] = [];
  const server = createPop3Server({
    hostname: 'example.net',
    clock,
    cleartext: () => true,
    authenticate: ({ authenticationIdentity, password }) => {
      const right = Buffer.from(password.reveal()).toString() === 'tanstaaf';
      return right ? { type: 'accepted', account: authenticationIdentity } : { type: 'refused' };
    },
    openMaildrop: () => mailbox.open(),
    onSession: (report) => reports.push(report),
    ...given,
  });
  const call = async (peer: Peer = stranger): Promise<Client> => {
    const [ours, theirs] = duplexPair();
    server.accept(ours, peer);
    const client = new Client(theirs);
    await turns();
    return client;
  };
  return { server, clock, mailbox, reports, call };
}

/** A mailbox of one letter whose expunge and opening wait to be let go; whether its maildrop is closed. */
export function slow() {
  const letGo: (() => void)[] = [];
  const events: string[] = [];
  const wait = () => new Promise<void>((resolve) => letGo.push(resolve));
  const maildrop: Maildrop = {
    ...memoryMailbox(['A: b\n']).open(),
    async expunge() {
      await wait();
      events.push('expunged');
      return { notRemoved: [] };
    },
    close: () => events.push('closed'),
  };
  const openMaildrop = async () => {
    await wait();
    return maildrop;
  };
  return { letGo: () => letGo.shift()?.(), events, openMaildrop, maildrop };
}
