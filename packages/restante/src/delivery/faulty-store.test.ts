import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Maildrop, StoreErrorKind } from '@restante/pop/maildrop';
import { duplexPair, FaultyStore, MemoryStore, type StoreFault } from '@restante/pop/testing';
import { MailServer } from './mail-server.ts';
import { LMTP, type Protocol, SMTP } from './protocol.ts';

/**
 * Every call that a delivery makes of a store fails once, with every kind of error. In LMTP each recipient gets one reply,
 * that of the failure or a 250 for what is there; in SMTP all of them have the letter and share the 250, or nobody has it.
 * The session goes on (LM-04, LM-05, SM-30, SM-33).
 */

const content = (name: string) => `Subject: ${name}\r\n\r\n${'x'.repeat(70)}\r\n`.repeat(40);
const recipients = ['one', 'two', 'one', 'three'];

interface Delivered {
  /** The reply for each recipient of each letter, in order: in SMTP the refusal of RCPT, or the one behind the final dot. */
  readonly replies: readonly (readonly string[])[];
  readonly cameToPass: boolean;
  /** How often each letter is in each mailbox: `mailbox/letter`. */
  readonly kept: ReadonlyMap<string, number>;
}

/** Sends two letters to the same recipients over a store with one fault. */
async function deliverTwo(fault: StoreFault, protocol: Protocol = LMTP): Promise<Delivered> {
  const store = new MemoryStore({ maildrops: ['one', 'two', 'three'] });
  const faulty = new FaultyStore(store, fault);
  const routes = {
    resolve: ({ local }: { readonly local: string }) => ({ type: 'maildrops', maildrops: [local] }) as const,
  };
  const server = new MailServer({ protocol, store: faulty, routes, hostname: 'office.example' });
  const [client, served] = duplexPair();
  server.accept(served, { address: '127.0.0.1', localAddress: '127.0.0.1', loopback: true });
  const reply = replies(client);
  client.write(`${protocol.hello} client.example\r\n`);
  await reply(2);
  const answered: string[][] = [];
  for (const letter of ['first', 'second']) {
    client.write(`MAIL FROM:<a@example.org> SIZE=${content(letter).length}\r\n`);
    for (const recipient of recipients) client.write(`RCPT TO:<${recipient}>\r\n`);
    client.write('DATA\r\n');
    const envelope = await reply(2 + recipients.length);
    const toEach = envelope.slice(1, -1);
    const accepted = toEach.filter((line) => line.startsWith('250 ')).length;
    if (accepted === 0) {
      assert.match(envelope.at(-1) ?? '', /^554 /u);
      client.write('RSET\r\n');
      await reply(1);
      answered.push(toEach);
      continue;
    }
    assert.match(envelope.at(-1) ?? '', /^354 /u);
    // In several writes, so that the store is given the letter in several.
    for (const piece of content(letter).match(/.{1,1000}/gsu) ?? []) {
      client.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.write('.\r\n');
    const answers = await reply(protocol === LMTP ? accepted : 1);
    answered.push(toEach.map((line, index) => (line.startsWith('250 ') ? (answers[index] ?? answers[0] ?? '') : line)));
  }
  client.write('QUIT\r\n');
  assert.deepEqual(
    (await reply(1)).map((line) => line.slice(0, 3)),
    ['221'],
  );
  client.end();
  await server.close();
  return { replies: answered, cameToPass: faulty.calls >= fault.call, kept: await lettersIn(store) };
}

/** Answers the next so many replies, each its last line. Whatever else the server says is an error. */
function replies(client: NodeJS.ReadableStream): (count: number) => Promise<string[]> {
  let heard = '';
  let changed = Promise.withResolvers<void>();
  client.on('data', (octets: Buffer) => {
    heard += octets.toString('latin1');
    changed.resolve();
  });
  client.once('end', () => changed.reject(new Error(`the server closed after ${JSON.stringify(heard)}`)));
  changed.promise.catch(() => {});
  return async (count) => {
    for (;;) {
      const whole = heard.match(/^(?:\d{3}-[^\r\n]*\r\n)*\d{3} [^\r\n]*\r\n/gmu) ?? [];
      if (whole.length >= count) {
        assert.equal(whole.length, count, heard);
        heard = '';
        return whole.map((text) => text.split('\r\n').at(-2) ?? '');
      }
      await changed.promise;
      changed = Promise.withResolvers();
      changed.promise.catch(() => {});
    }
  };
}

async function lettersIn(store: MemoryStore): Promise<ReadonlyMap<string, number>> {
  const kept = new Map<string, number>();
  for (const mailbox of ['one', 'two', 'three']) {
    const maildrop: Maildrop = store.openMaildrop(mailbox);
    for (let number = 1; number <= maildrop.count; number += 1) {
      const octets: Uint8Array[] = [];
      for (
        let at = 0, slice = await maildrop.read(number, 0);
        slice.length > 0;
        slice = await maildrop.read(number, at)
      ) {
        octets.push(slice);
        at += slice.length;
      }
      const text = Buffer.concat(octets).toString('latin1');
      const name = ['first', 'second'].find((letter) => text.endsWith(content(letter))) ?? 'damaged';
      kept.set(`${mailbox}/${name}`, (kept.get(`${mailbox}/${name}`) ?? 0) + 1);
    }
    maildrop.close();
  }
  return kept;
}

/** SM-11, SM-33, SM-35, SM-36: what each failure of the store is to the sender. Damage here bounces no letter. */
const promised: Readonly<Record<StoreErrorKind | 'unforeseen', RegExp>> = {
  temporary: /^451 4\.3\.0 /u,
  permanent: /^451 4\.3\.0 /u,
  unforeseen: /^451 4\.3\.0 /u,
  'no-room': /^452 4\.3\.1 /u,
  'over-quota': /^452 4\.2\.2 /u,
  'too-large': /^552 5\.3\.4 /u,
  'exceeds-maildrop': /^552 5\.2\.3 /u,
  // It was there at RCPT: where the address leads now is told when the sender comes again.
  'no-maildrop': /^451 4\.3\.0 /u,
  'in-use': /^45[01] 4\.2\.1 /u,
  'too-soon': /^45[01] 4\.2\.1 /u,
};
const kinds = Object.keys(promised) as (StoreErrorKind | 'unforeseen')[];

/** Checks that 250 and what is there agree, for each recipient and letter. Answers the replies that are no 250. */
function checkReplies({ replies, kept }: Delivered): readonly string[] {
  for (const [index, letter] of ['first', 'second'].entries()) {
    for (const [position, mailbox] of recipients.entries()) {
      const reply = replies[index]?.[position] ?? '';
      assert.equal(
        kept.get(`${mailbox}/${letter}`) ?? 0,
        reply.startsWith('250 ') ? 1 : 0,
        `${reply} for ${mailbox}/${letter}`,
      );
    }
  }
  assert.ok([...kept.keys()].every((name) => !name.endsWith('/damaged')));
  return replies.flat().filter((reply) => !reply.startsWith('250 '));
}

describe('LMTP over a store that fails', () => {
  for (const [method, whose] of [
    ['write', 'every recipient'],
    ['commit', 'that recipient alone'],
  ] as const) {
    test(`when ${method} fails, ${whose} gets the reply that is promised for it, and no 250`, async () => {
      for (const failure of kinds) {
        for (const atOnce of [true, false]) {
          let calls = 0;
          for (let call = 1; ; call += 1) {
            const delivered = await deliverTwo({ method, call, failure, atOnce });
            const failed = checkReplies(delivered);
            if (!delivered.cameToPass) break;
            calls += 1;
            for (const reply of failed) assert.match(reply, promised[failure]);
            // The mailbox that stands twice in the envelope is answered twice.
            const expected = method === 'write' ? [4] : [1, 2];
            assert.ok(expected.includes(failed.length), `${failed.length} recipients of call ${call}`);
          }
          assert.ok(calls >= (method === 'write' ? 4 : 6), `${calls} failures came to pass`);
        }
      }
    });
  }

  test('when it cannot be told whether there is room, the letter is taken as far as it goes', async () => {
    for (const failure of kinds) {
      for (const atOnce of [true, false]) {
        const delivered = await deliverTwo({ method: 'hasRoom', call: 1, failure, atOnce });
        assert.ok(delivered.cameToPass);
        assert.deepEqual(checkReplies(delivered), []);
      }
    }
  });

  test('the check notices a 250 for what is not there, and a letter that got none', async () => {
    const delivered = await deliverTwo({ method: 'purge', call: 1, failure: 'temporary' });
    assert.deepEqual(checkReplies(delivered), []);
    const lost = new Map([...delivered.kept].filter(([name]) => name !== 'two/second'));
    assert.throws(() => checkReplies({ ...delivered, kept: lost }), /two\/second/u);
    const [first = [], second = []] = delivered.replies;
    const refused = [first.map((reply, index) => (index === 1 ? '451 4.3.0 no' : reply)), second];
    assert.throws(() => checkReplies({ ...delivered, replies: refused }), /two\/first/u);
  });
});

describe('SMTP over a store that fails', () => {
  for (const method of ['write', 'commit'] as const) {
    test(`when ${method} fails, nobody has the letter, and the one reply is the one that is promised (SM-33)`, async () => {
      for (const failure of kinds) {
        for (const atOnce of [true, false]) {
          let calls = 0;
          for (let call = 1; ; call += 1) {
            const delivered = await deliverTwo({ method, call, failure, atOnce }, SMTP);
            const failed = checkReplies(delivered);
            if (!delivered.cameToPass) break;
            calls += 1;
            for (const reply of failed) assert.match(reply, promised[failure]);
            assert.equal(failed.length, recipients.length, `call ${call}`);
          }
          assert.ok(calls >= (method === 'write' ? 4 : 6), `${calls} failures came to pass`);
        }
      }
    });
  }

  test('when no room can be held for a recipient, he is refused at RCPT, and the others have the letter (SM-31)', async () => {
    for (const failure of kinds) {
      for (let call = 1; ; call += 1) {
        const { replies, kept, cameToPass } = await deliverTwo({ method: 'hold', call, failure }, SMTP);
        if (!cameToPass) {
          assert.equal(call, 2 * recipients.length + 1);
          break;
        }
        const failed = replies.flat().filter((reply) => !reply.startsWith('250 '));
        // A store that cannot tell has room until it says otherwise.
        assert.equal(failed.length, failure === 'unforeseen' ? 0 : 1);
        for (const reply of failed)
          assert.match(reply, failure === 'no-maildrop' ? /^550 5\.1\.1 / : promised[failure]);
        for (const [index, letter] of ['first', 'second'].entries()) {
          for (const mailbox of new Set(recipients)) {
            const has = recipients.some((name, at) => name === mailbox && replies[index]?.[at]?.startsWith('250 '));
            assert.equal(kept.get(`${mailbox}/${letter}`) ?? 0, has ? 1 : 0, `${failure} ${call} ${mailbox}/${letter}`);
          }
        }
      }
    }
  });
});
