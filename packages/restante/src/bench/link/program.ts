/**
 * A slow link in a process of its own: listens on a port of loopback for each port that is named, and passes octets on to it
 * and back, each way with the delay that its parent says. A connection costs three ways, as the handshake of TCP does.
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as later } from 'node:timers/promises';
import { Delayed } from './delayed.ts';

let milliseconds = 0;
const delay = (): number => milliseconds;

async function open(target: number): Promise<number> {
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, async (near) => {
    near.on('error', () => {});
    if (milliseconds > 0) await later(3 * milliseconds);
    const far = connect({ host: '127.0.0.1', port: target, noDelay: true, allowHalfOpen: true });
    far.on('error', () => near.resetAndDestroy());
    near.on('error', () => far.resetAndDestroy());
    new Delayed(near, far, delay);
    new Delayed(far, near, delay);
    near.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

process.on('message', (each: number) => {
  milliseconds = each;
  process.send?.('set');
});
process.on('disconnect', () => process.exit());
process.send?.(await Promise.all(process.argv.slice(2).map((port) => open(Number(port)))));
