import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Where a listener is. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** How a session with the office is kept from others' eyes. */
export type Mode = 'plain' | 'STLS' | 'TLS';
export const MODES: readonly Mode[] = ['plain', 'STLS', 'TLS'];

export async function openPlain({ host, port }: Address): Promise<Socket> {
  const socket = connectPlain({ host, port, noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** TLS to the listener or, given a socket, on top of it; the certificate must be one that `ca` vouches for (PEM). */
export async function openTls({ host, port }: Address, ca: string, socket?: Socket): Promise<Socket> {
  const over = socket === undefined ? { host, port } : { socket };
  const secure = connectTls({ ...over, ca, servername: 'localhost', ALPNProtocols: ['pop3'], minVersion: 'TLSv1.2' });
  await once(secure, 'secureConnect');
  secure.setNoDelay(true);
  return secure;
}
