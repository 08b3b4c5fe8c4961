import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { type AddressInfo, createServer, type LookupFunction } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, test } from 'node:test';
import { connect } from './connect.ts';

const V6: LookupAddress = { address: '::1', family: 6 };
const V4: LookupAddress = { address: '127.0.0.1', family: 4 };

/** Answers these addresses for every name, in this order. */
const addresses =
  (...found: LookupAddress[]): LookupFunction =>
  (_, __, answer) =>
    answer(null, found as never);

/** A server that greets and knows no CAPA, at this address and port. */
async function serverAt(address: string, port = 0) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => socket.write('-ERR\r\n'));
    socket.write(`+OK ${address}\r\n`);
  });
  server.listen(port, address);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

const open = { secure: false, requireTLS: false } as const;

async function greetingOf(port: number, lookup: LookupFunction): Promise<string> {
  await using pop = await connect({ host: 'pop.example.org', port, lookup, ...open });
  return pop.greeting;
}

const hasV6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === V6.address));
const skip = hasV6 ? false : 'this machine has no ::1';

describe('a host with addresses of both families', { skip }, () => {
  test('is called where it answers, whichever stands first', async () => {
    for (const { address } of [V4, V6]) {
      const server = await serverAt(address);
      assert.equal(await greetingOf(server.port, addresses(V6, V4)), address);
      assert.equal(await greetingOf(server.port, addresses(V4, V6)), address);
      server.close();
    }
  });

  test('is not called twice where both answer: the first has it', async () => {
    const six = await serverAt(V6.address);
    const four = await serverAt(V4.address, six.port);
    assert.equal(await greetingOf(six.port, addresses(V6, V4)), V6.address);
    assert.equal(await greetingOf(six.port, addresses(V4, V6)), V4.address);
    six.close();
    four.close();
  });

  test('that answers nowhere says of each why not', async () => {
    const server = await serverAt(V4.address);
    server.close();
    await assert.rejects(greetingOf(server.port, addresses(V6, V4)), (error: Error & { code: string }) => {
      assert.equal(error.code, 'NETWORK');
      assert.match(error.message, /::1/);
      assert.match(error.message, /127\.0\.0\.1/);
      return true;
    });
  });
});
