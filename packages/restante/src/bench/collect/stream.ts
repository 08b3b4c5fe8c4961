import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { endWithThisProcess } from '../../testing/running-office.ts';

const READER = fileURLToPath(new URL('stream-reader.js', import.meta.url));

/** A server that sends so many octets to everybody, and nothing else: as fast as anything can be on the same link. */
export class Stream implements Disposable {
  readonly port: number;
  readonly #server: ReturnType<typeof createServer>;

  private constructor(server: ReturnType<typeof createServer>, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async open(octets: number): Promise<Stream> {
    const all = Buffer.alloc(octets, 'x');
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(all);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return new Stream(server, typeof address === 'object' && address !== null ? address.port : 0);
  }

  /** Reads all of it in a process of its own; seconds from the first word to the last octet, the start of Node left out. */
  static async read(port: number): Promise<number> {
    const child = fork(READER, [`${port}`]);
    endWithThisProcess(child);
    const [seconds] = (await once(child, 'message')) as [number];
    return seconds;
  }

  [Symbol.dispose](): void {
    this.#server.close();
  }
}
