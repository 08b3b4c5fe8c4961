import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { openStore } from './store.ts';

/**
 * Run as a process of its own, in the data folder of the first argument: takes a letter of so many octets in, and reads it
 * out to a reader that stops in the middle for many turns. Prints how much the process grew.
 */
const [, , data = '', size = '0'] = process.argv;
const octets = Number(size);
const store = await openStore({ data });
await store.add({ name: 'anna', addresses: [], passwordHash: '$none$' });

async function deliver(length: number): Promise<string> {
  const hash = createHash('sha256');
  const recipients = [{ maildrop: 'anna', trace: Buffer.from('Delivered-To: anna\r\n') }];
  hash.update('Delivered-To: anna\r\n');
  const delivery = store.beginDelivery({ returnPath: '', recipients, declaredOctets: length });
  const piece = Buffer.alloc(64 * 1024, 'a line of a very large letter\r\n');
  for (let sent = 0; sent < length; sent += piece.length) {
    const part = piece.subarray(0, length - sent);
    if (part.length < piece.length) part.write('\r\n', part.length - 2);
    hash.update(part);
    await delivery.write(part);
  }
  const [answer] = await Promise.all(delivery.commit());
  if (!answer || answer instanceof Error) throw answer ?? new Error('no answer');
  return hash.digest('hex');
}

async function read(number: number): Promise<string> {
  const hash = createHash('sha256');
  const maildrop = store.openMaildrop('anna');
  for (let at = 0; ; ) {
    const slice = await maildrop.read(number, at);
    if (slice.length === 0) break;
    hash.update(slice);
    at += slice.length;
    // Whatever the store would read ahead, it has every chance to.
    if (at > octets / 2 && at - slice.length <= octets / 2)
      for (let turn = 0; turn < 1_000; turn += 1) await setImmediate();
  }
  maildrop.close();
  return hash.digest('hex');
}

await deliver(2 * 1024 * 1024);
await read(1);
const before = process.memoryUsage.rss();
const sent = await deliver(octets);
const received = await read(2);
const grown = 1024 * process.resourceUsage().maxRSS - before;
await store.close();
process.stdout.write(JSON.stringify({ whole: sent === received, grown }));
