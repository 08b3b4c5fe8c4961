import assert from 'node:assert/strict';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { duplexPair } from './duplex-pair.ts';
import { turns } from './manual-clock.ts';

test('what is written to one end is read from the other, and end of input as well', async () => {
  const [a, b] = duplexPair();
  a.end('to b');
  b.end('to a');
  assert.equal(await text(b), 'to b');
  assert.equal(await text(a), 'to a');
});

test('nothing is read in the turn in which it was written', async () => {
  const [a, b] = duplexPair();
  let read = false;
  b.on('data', () => {
    read = true;
  });
  await turns();
  a.write('x');
  assert.equal(read, false);
  await once(b, 'data');
});

test('at a cut side every octet is a read event of its own, whether it flows or is asked for', async () => {
  const flowing = duplexPair({}, { cut: true });
  const events: string[] = [];
  flowing[1].on('data', (octets) => events.push(String(octets)));
  flowing[0].end('STAT\r\n');
  await once(flowing[1], 'end');
  assert.deepEqual(events, [...'STAT\r\n']);

  const asked = duplexPair({}, { cut: true });
  const chunks: string[] = [];
  asked[1].on('readable', () => {
    const octets = asked[1].read();
    if (octets !== null) chunks.push(String(octets));
  });
  asked[0].end('STAT\r\n');
  await once(asked[1], 'end');
  assert.deepEqual(chunks, [...'STAT\r\n']);
});

test('a side that does not read holds up the other one', async () => {
  const [a, b] = duplexPair({}, { highWaterMark: 10 });
  a.write('0123456789');
  a.write('abcdefghij');
  let drained = false;
  a.write('x'.repeat(a.writableHighWaterMark), () => {
    drained = true;
  });
  b.on('readable', () => {});
  await turns();
  assert.equal(drained, false);
  b.removeAllListeners('readable').resume();
  await turns();
  assert.equal(drained, true);
});

test('a destroyed side is a closed socket to the other: what it wrote before, end of input, then EPIPE', async () => {
  const [a, b] = duplexPair();
  a.write('last words');
  await turns();
  a.destroy();
  assert.equal(await text(b), 'last words');
  b.write('x');
  const [error] = await once(b, 'error');
  assert.equal(error.code, 'EPIPE');
});

test('a reset is an error at the other side', async () => {
  const [a, b] = duplexPair();
  a.resetAndDestroy();
  const [error] = await once(b, 'error');
  assert.equal(error.code, 'ECONNRESET');
  assert.ok(a.destroyed && b.destroyed);
});
