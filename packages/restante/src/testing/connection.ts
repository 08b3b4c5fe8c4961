import { once } from 'node:events';
import { connect as connectPlain, createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Where a listener is. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** How a session with the office is kept from others' eyes. */
export type Mode = 'plain' | 'STLS' | 'TLS';
export const MODES: readonly Mode[] = ['plain', 'STLS', 'TLS'];

/** How long a peer may say nothing: far longer than any machine is slow. One that was killed may never say that it is gone. */
const SILENCE = 120_000;

export async function openPlain({ host, port }: Address): Promise<Socket> {
  const socket = connectPlain({ host, port, noDelay: true });
  socket.setTimeout(SILENCE, () => socket.destroy(new Error(`nothing heard for ${SILENCE / 1000} s`)));
  await once(socket, 'connect');
  return socket;
}

/** TLS to the listener or, given a socket, on top of it; the certificate must be one that `ca` vouches for (PEM). */
export async function openTls(
  { host, port }: Address,
  ca: string,
  socket?: Socket,
  ALPNProtocols = ['pop3'],
): Promise<Socket> {
  const over = socket === undefined ? { host, port } : { socket };
  const secure = connectTls({ ...over, ca, servername: 'localhost', ALPNProtocols, minVersion: 'TLSv1.2' });
  await once(secure, 'secureConnect');
  secure.setNoDelay(true);
  return secure;
}

/** A port of loopback that is free now, for a program that cannot be asked which one it took. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Resolves when a program that does not say so has opened its listener. */
export async function opened(address: Address): Promise<void> {
  const patience = AbortSignal.timeout(60_000);
  for (;;) {
    const socket = await openPlain(address).catch(() => undefined);
    if (socket) {
      socket.destroy();
      return;
    }
    patience.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
