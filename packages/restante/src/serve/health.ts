import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ListenAddress, Listening } from '@restante/pop/server';

export interface HealthOptions {
  /** All metrics, and the type of that text. */
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>;
  /** What keeps the office from being ready; undefined when nothing does. */
  readonly notReady: () => Promise<string | undefined>;
  /** Told what nobody foresaw. */
  readonly onError: (thrown: unknown) => void;
}

interface Page {
  readonly status: number;
  readonly type?: string;
  readonly text: string;
}

/** Requests are a line and a few fields, and come from a machine nearby: whoever needs longer or more is none of ours. */
const BOUNDS = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
};
const CONNECTIONS = 32;
/** How long a page that is asked for may go untaken, in milliseconds. */
const SILENCE = 10_000;

/**
 * Tells machines how the office is, over HTTP: `/metrics` for Prometheus; `/healthz`, which is answered for as long as the
 * process lives and its event loop turns; and `/readyz`, which says 503 and why when the office is not there for its
 * owners. Nobody is asked who they are, and nothing can be changed.
 */
export class HealthListener {
  readonly #options: HealthOptions;
  readonly #servers = new Set<Server>();

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  /** Listens there too; port 0 is any free one. Rejects with Node's error when it cannot. */
  async listen(address: ListenAddress): Promise<Listening> {
    const server = createServer(BOUNDS, (request, response) => void this.#serve(request, response));
    server.maxConnections = CONNECTIONS;
    server.setTimeout(SILENCE);
    server.listen(address);
    await once(server, 'listening');
    // Later errors concern single connections that could not be accepted: the listener goes on.
    server.on('error', () => {});
    this.#servers.add(server);
    const bound = server.address() as AddressInfo | string;
    return typeof bound === 'string' ? { path: bound } : { host: bound.address, port: bound.port };
  }

  /** Resolves when nobody is connected any more, which nobody is waited for. */
  async close(): Promise<void> {
    const closed = [...this.#servers].map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const server of this.#servers) server.closeAllConnections();
    await Promise.all(closed);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, type = 'text/plain; charset=utf-8', text } = await this.#page(request);
    const octets = Buffer.from(text);
    response.writeHead(status, {
      'Content-Type': type,
      'Content-Length': octets.length,
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...(status === 405 && { Allow: 'GET, HEAD' }),
      // A body that nobody wants is not read to its end.
      ...(status === 405 && { Connection: 'close' }),
    });
    response.end(request.method === 'HEAD' ? undefined : octets);
  }

  async #page({ method, url = '' }: IncomingMessage): Promise<Page> {
    if (method !== 'GET' && method !== 'HEAD') return { status: 405, text: 'only GET and HEAD\n' };
    try {
      switch (url.split('?', 1)[0]) {
        case '/healthz':
          return { status: 200, text: 'ok\n' };
        case '/readyz': {
          const reason = await this.#options.notReady();
          return reason === undefined ? { status: 200, text: 'ready\n' } : { status: 503, text: `${reason}\n` };
        }
        case '/metrics':
          return { status: 200, ...(await this.#options.metrics()) };
        default:
          return { status: 404, text: 'there are /metrics, /healthz and /readyz\n' };
      }
    } catch (thrown) {
      this.#options.onError(thrown);
      return { status: 500, text: 'this failed: the log says why\n' };
    }
  }
}
