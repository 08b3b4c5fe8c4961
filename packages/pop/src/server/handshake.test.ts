import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { duplexPair, ManualClock, type MemorySocket, selfSignedCertificate, turns } from '../testing/index.ts';
import { Connection } from './connection.ts';
import type { Peer } from './peer.ts';
import { ServerTls } from './tls.ts';

type End = Socket | MemorySocket;

const peer: Peer = { address: '192.0.2.1', localAddress: '192.0.2.2', loopback: false };
const certificate = selfSignedCertificate();
const tls = new ServerTls(certificate, 'pop3');
const LEFT = 'handshake: the peer closed during the TLS handshake';
/** Where a peer that left is not noticed, nothing happens at all: this ends the wait. */
const GUARD = { timeout: 20_000 };

/** Both ends of a connection, the server's first; each may end its side and go on reading, as at the listener. */
const TRANSPORTS: Readonly<Record<string, () => Promise<readonly [End, End]>>> = {
  async 'a socket'() {
    const listening = createServer({ allowHalfOpen: true, noDelay: true });
    listening.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    const { port } = listening.address() as AddressInfo;
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const [server] = (await once(listening, 'connection')) as [Socket];
    listening.close();
    return [server, client];
  },
  async 'an injected stream'() {
    return duplexPair();
  },
};

/** A connection with a handler that writes down all that it is told, and begins TLS when it is told STLS. */
function serve(t: TestContext, [server, client]: readonly [End, End]) {
  const clock = new ManualClock();
  const told: string[] = [];
  const secured = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  const connection = new Connection(server, peer, { clock, tls, handshake: 30_000, stalledReply: 60_000 });
  connection.start({
    octets(chunk) {
      const octets = chunk.toString('latin1');
      told.push(octets);
      if (octets === 'STLS\r\n') connection.secure();
    },
    ended() {
      told.push('ended');
      if (connection.peer.tls === undefined) connection.secure();
      else connection.end();
    },
    written() {},
    secured() {
      told.push('secured');
      secured.resolve();
    },
    stop() {},
    closed(error) {
      told.push(error === undefined ? 'closed' : `${error.kind}: ${error.message}`);
      gone.resolve();
    },
  });
  client.on('error', () => {});
  t.after(() => {
    for (const end of [server, client]) end.destroy();
  });
  return { connection, clock, told, secured: secured.promise, gone: gone.promise };
}

/** A whole ClientHello, of a client that never hears more. */
async function clientHello(): Promise<Buffer> {
  const [mute, heard] = duplexPair();
  const client = connectTls({ socket: mute, servername: 'localhost' });
  client.on('error', () => {});
  const [hello] = (await once(heard, 'data')) as [Buffer];
  client.destroy();
  return hello;
}

for (const [name, transport] of Object.entries(TRANSPORTS)) {
  for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
    for (const said of ['nothing', 'a part of the ClientHello', 'the ClientHello'] as const) {
      test(
        `${name}: a peer that says ${said} and then leaves by ${leave} ends the handshake at once`,
        GUARD,
        async (t) => {
          const hello = await clientHello();
          const pair = await transport();
          const [, client] = pair;
          const { connection, clock, told, gone } = serve(t, pair);
          connection.secure();
          if (said === 'a part of the ClientHello') client.write(hello.subarray(0, 20));
          if (said === 'the ClientHello') {
            client.write(hello);
            await once(client, 'data');
          }
          client[leave]();
          await gone;
          assert.deepEqual(told, [LEFT]);
          assert.equal(clock.pending, 0);
        },
      );
    }
  }

  test(`${name}: so does one whose end comes right behind the command that begins TLS`, GUARD, async (t) => {
    const pair = await transport();
    const { told, gone } = serve(t, pair);
    pair[1].end('STLS\r\n');
    await gone;
    assert.deepEqual(told, ['STLS\r\n', LEFT]);
  });

  test(`${name}: so does one whose end came before the server got round to TLS`, GUARD, async (t) => {
    const pair = await transport();
    const { told, gone } = serve(t, pair);
    pair[1].end('CAPA\r\n');
    await gone;
    assert.deepEqual(told, ['CAPA\r\n', 'ended', LEFT]);
  });

  test(`${name}: a peer with which this side breaks off is not said to have left`, GUARD, async (t) => {
    const { connection, told, gone } = serve(t, await transport());
    connection.secure();
    connection.destroy();
    await gone;
    assert.deepEqual(told, ['closed']);
  });

  for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
    for (const paused of [false, true]) {
      const how = `${version}, ${paused ? 'to a connection that is paused' : 'to one that is not'}`;
      test(
        `${name}: Finished, a command and the end in one flight: all arrives, behind secured (${how})`,
        GUARD,
        async (t) => {
          const pair = await transport();
          const { connection, told, secured, gone } = serve(t, pair);
          if (paused) connection.pause();
          connection.secure();
          // With TLS 1.2 the client has the last word only where it takes up a session again.
          const session = version === 'TLSv1.2' ? await sessionOf(version) : undefined;
          const flight = await lastFlight(pair[1], { maxVersion: version, ...(session !== undefined && { session }) });
          pair[1].end(flight);
          if (paused) {
            await secured;
            await turns();
            assert.deepEqual(told, ['secured']);
            connection.resume();
          }
          await gone;
          assert.deepEqual(told, ['secured', 'CAPA\r\n', 'ended', 'closed']);
        },
      );
    }
  }
}

/**
 * What a client sends last, with a command and its end in it: held back until it is whole. All before is passed on, in both
 * directions.
 */
async function lastFlight(
  end: End,
  options: { readonly maxVersion: 'TLSv1.2' | 'TLSv1.3'; readonly session?: Buffer },
) {
  const [near, far] = duplexPair();
  const client: TLSSocket = connectTls({ socket: near, ca: certificate.cert, servername: 'localhost', ...options });
  client.on('error', () => {});
  const held: Buffer[] = [];
  const [hello] = (await once(far, 'data')) as [Buffer];
  far.on('data', (octets: Buffer) => held.push(octets));
  end.on('data', (octets: Buffer) => far.write(octets));
  end.write(hello);
  await once(client, 'secureConnect');
  client.end('CAPA\r\n');
  await once(far, 'end');
  return Buffer.concat(held);
}

/** A session that a client may take up again. */
async function sessionOf(maxVersion: 'TLSv1.2'): Promise<Buffer> {
  const [near, far] = duplexPair();
  const server = tls.wrap(far);
  server.on('error', () => {});
  const client = connectTls({ socket: near, ca: certificate.cert, servername: 'localhost', maxVersion });
  const [session] = (await once(client, 'session')) as [Buffer];
  client.destroy();
  server.destroy();
  return session;
}
