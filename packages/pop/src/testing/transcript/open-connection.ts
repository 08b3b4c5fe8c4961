import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Peer } from '../../server/peer.ts';
import { duplexPair } from '../duplex-pair.ts';
import type { Situation } from './subject.ts';

/**
 * What a transcript is played over: an in-memory connection, the same with each octet as a read event of its own, TCP on
 * loopback, or TCP with TLS from the first octet.
 */
export type Channel = 'memory' | 'octets' | 'tcp' | 'tls';

/** How a connection looks to the server. */
export interface ConnectionOptions {
  /** Whether TLS begins at once on it. */
  readonly secure: boolean;
  /** Where the client calls from; without it, over TCP the server listens for itself and sees for itself. */
  readonly address: string | undefined;
}

/** Connects to what is under test; answers the client's end. */
export async function openConnection(
  situation: Situation,
  channel: Channel,
  { secure, address }: ConnectionOptions,
): Promise<Duplex> {
  if (channel === 'memory' || channel === 'octets') {
    const [client, server] = duplexPair({}, { cut: channel === 'octets' });
    situation.connect(server, peerAt(address), { secure });
    return client;
  }
  if (situation.listen && address === undefined) {
    const socket = connect(await situation.listen({ secure }), '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  }
  const [client, server] = await tcpPair();
  situation.connect(server, peerAt(address), { secure });
  return client;
}

function peerAt(address = '127.0.0.1'): Peer {
  const loopback = address.startsWith('127.');
  return { address, localAddress: loopback ? '127.0.0.1' : '192.0.2.1', loopback };
}

/** Both ends of a TCP connection on loopback. */
async function tcpPair(): Promise<[Socket, Socket]> {
  const listener = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const client = connect((listener.address() as AddressInfo).port, '127.0.0.1');
  const [[server]] = await Promise.all([once(listener, 'connection'), once(client, 'connect')]);
  listener.close();
  return [client, server];
}
