import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { createServer, type TLSSocket } from 'node:tls';
import { ChannelBindings } from '../sasl/channel-binding.ts';
import type { SaslServerMechanism } from '../sasl/mechanism.ts';
import { tlsBindings } from '../sasl/tls-binding.ts';
import { decodeBase64, encodeBase64 } from '../wire/base64.ts';
import { certificate } from './scene.test-support.ts';

export interface SaslHost {
  readonly port: number;
  /** Every line that came. */
  readonly heard: string[];
  close(): void;
}

export interface SaslHostOptions {
  readonly mechanisms: readonly SaslServerMechanism[];
  /** What it says it offers, when that is not what it does offer. */
  readonly listed?: readonly string[];
  readonly version?: 'TLSv1.2' | 'TLSv1.3';
  /** What of the exchange the line is that goes out instead. */
  readonly tamper?: (line: string) => string;
}

/** A POP3 server over TLS that knows CAPA, AUTH and QUIT: the mechanisms' server halves, with a client before them. */
export async function saslHost(options: SaslHostOptions): Promise<SaslHost> {
  const { version = 'TLSv1.3' } = options;
  const server = createServer({ ...certificate, minVersion: version, maxVersion: version });
  const heard: string[] = [];
  const open = new Set<TLSSocket>();
  server.on('secureConnection', (socket) => {
    open.add(socket);
    socket.on('error', () => {});
    const channelBindings = new ChannelBindings(tlsBindings(socket, socket.getX509Certificate()?.raw));
    converse(socket, options, channelBindings, heard).catch((error) => socket.destroy(error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    for (const socket of open) socket.destroy();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, heard, close };
}

async function converse(
  socket: Duplex,
  { mechanisms, listed, tamper = (line) => line }: SaslHostOptions,
  channelBindings: ChannelBindings,
  heard: string[],
): Promise<void> {
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const read = async () => {
    const { value, done } = await lines.next();
    if (done) return undefined;
    heard.push(value);
    return value as string;
  };
  const say = (line: string) => socket.write(`${line}\r\n`);
  say('+OK ready');
  for (let line = await read(); line !== undefined; line = await read()) {
    const [keyword, name, initial] = line.split(' ');
    const mechanism = mechanisms.find((one) => one.name === name);
    if (keyword === 'CAPA') {
      say(
        `+OK\r\nAUTH-RESP-CODE\r\nRESP-CODES\r\nSASL ${(listed ?? mechanisms.map((one) => one.name)).join(' ')}\r\n.`,
      );
    } else if (keyword === 'QUIT') {
      say('+OK');
    } else if (keyword !== 'AUTH' || mechanism === undefined) {
      say('-ERR what?');
    } else {
      const exchange = mechanism.serve({
        hostname: 'localhost',
        authenticate: () => ({ type: 'refused' }),
        channelBindings,
      });
      let step = await exchange.next(initial === undefined ? undefined : decodeBase64(initial === '=' ? '' : initial));
      while (step.type === 'challenge') {
        say(tamper(`+ ${encodeBase64(step.data)}`));
        const response = await read();
        const octets = response === '*' || response === undefined ? undefined : decodeBase64(response);
        step = octets === undefined ? { type: 'malformed' } : await exchange.next(octets);
      }
      say(step.type === 'accepted' ? '+OK' : step.type === 'refused' ? '-ERR [AUTH] no' : '-ERR no');
    }
  }
}
