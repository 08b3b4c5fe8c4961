import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Address } from './connection.ts';

/** What the peer says once it has heard `after` (behind what it waited for before). */
export type Step = readonly [after: string, say: string];

/** A peer that plays its part of a dialogue to the one connection that it takes, and then closes. */
export interface ScriptedPeer {
  readonly address: Address;
  /** All that it heard, once the connection has ended. */
  heard(): Promise<string>;
}

export async function scriptedPeer(...steps: readonly Step[]): Promise<ScriptedPeer> {
  const server = createServer({ noDelay: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  const heard = once(server, 'connection').then(async ([socket]: Socket[]) => {
    server.close();
    return socket ? await play(socket, steps) : '';
  });
  return { address: { host: '127.0.0.1', port: address.port }, heard: () => heard };
}

async function play(socket: Socket, steps: readonly Step[]): Promise<string> {
  let heard = '';
  let from = 0;
  let step = 0;
  const sayDue = () => {
    for (; step < steps.length; step += 1) {
      const [after, say] = steps[step] ?? ['', ''];
      const found = heard.indexOf(after, from);
      if (found < 0) return;
      from = found + after.length;
      socket.write(say, 'latin1');
    }
    socket.end();
  };
  socket.setEncoding('latin1').on('error', () => undefined); // it may be broken off
  socket.on('data', (chunk: string) => {
    heard += chunk;
    sayDue();
  });
  sayDue();
  await once(socket, 'close');
  return heard;
}
