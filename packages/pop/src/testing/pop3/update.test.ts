import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryMailbox } from '../../maildrop/memory.ts';
import { createPop3Server } from '../../server/index.ts';
import { duplexPair } from '../duplex-pair.ts';
import { turns } from '../manual-clock.ts';
import { ClientEnd } from '../transcript/client-end.ts';
import { letter } from './fixtures.ts';

test('QUIT is answered when the removal is durable, and not before (P3-63)', async () => {
  const mailbox = memoryMailbox([1, 2, 3].map((number) => letter(number, 100)));
  let durable = () => {};
  const held = new Promise<void>((resolve) => {
    durable = resolve;
  });
  const maildrop = mailbox.open();
  const server = createPop3Server({
    authenticate: () => ({ type: 'accepted', account: 'mrose' }),
    openMaildrop: () => ({
      count: maildrop.count,
      octets: maildrop.octets,
      entries: (from, to) => maildrop.entries(from, to),
      read: (number, from) => maildrop.read(number, from),
      expunge: async (numbers, by) => {
        await held;
        return maildrop.expunge(numbers, by);
      },
      close: () => maildrop.close(),
    }),
  });
  const [near, far] = duplexPair();
  server.accept(far, { address: '127.0.0.1', localAddress: '127.0.0.1', loopback: true });
  const client = new ClientEnd(near);
  client.send(Buffer.from('USER mrose\r\nPASS x\r\nDELE 1\r\nQUIT\r\n'));
  for (let line = 0; line < 4; line += 1) assert.match((await client.line()) ?? '', /^\+OK /);
  let answered = false;
  const answer = Promise.resolve(client.line()).then((line) => {
    answered = true;
    return line;
  });
  await turns(50);
  assert.equal(answered, false);
  assert.equal(mailbox.open().count, 3);
  durable();
  assert.match((await answer) ?? '', /^\+OK /);
  assert.equal(mailbox.open().count, 2);
});
