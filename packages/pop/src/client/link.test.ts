import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { duplexPair, ManualClock, turns } from '../testing/index.ts';
import { ask, command } from './calls.ts';
import { Link } from './link.ts';
import { Trace } from './trace.ts';

const times = { line: 512, greetingTimeout: 1_000, socketTimeout: 1_000, readerTimeout: 5_000 };

function linked() {
  const clock = new ManualClock();
  const [ours, server] = duplexPair();
  // It goes on where the client has gone already.
  server.on('error', () => {});
  return { clock, server, link: new Link(ours, { ...times, clock, trace: new Trace() }) };
}

async function greeted() {
  const all = linked();
  const greeting = all.link.greeting();
  all.server.write('+OK\r\n');
  await greeting;
  return all;
}

/** Says these, each a good while after the other, but within the client's patience. */
async function drip({ clock, server }: Awaited<ReturnType<typeof greeted>>, parts: readonly string[]): Promise<void> {
  for (const part of parts) {
    server.write(part);
    await clock.advance(400);
  }
}

describe('time', () => {
  test('octets are no answer: a line that drips in is too late all the same', async () => {
    const all = await greeted();
    const answer = assert.rejects(ask(all.link, command('NOOP')), {
      code: 'TIMEOUT',
      message: /no answer came for 1000 ms/,
    });
    await drip(all, ['+', 'O', 'K', ' ']);
    await answer;
  });

  test('a listing has its time for each line, and so has a letter for each part', async () => {
    const all = await greeted();
    const lines: string[] = [];
    const listing = ask(all.link, command('LIST'), { take: (line) => lines.push(line.toString()) });
    await drip(all, ['+OK\r\n', '1 ', '1\r\n', '2 ', '2\r\n', '3 3\r\n', '.', '\r\n']);
    assert.equal((await listing).ok, true);
    assert.deepEqual(lines, ['1 1', '2 2', '3 3']);
  });

  test('an idle session waits for nothing', async () => {
    const { clock, link } = await greeted();
    assert.equal(clock.pending, 0);
    await clock.advance(86_400_000);
    assert.equal(link.failure, undefined);
  });

  test('a greeting is waited for no longer than was said', async () => {
    const { clock, link } = linked();
    const late = assert.rejects(link.greeting(), { code: 'TIMEOUT', message: /no greeting/ });
    await clock.advance(1_000);
    await late;
  });
});

test('a session that ends takes all calls with it, and says of each whether the server may have seen it', async () => {
  const { link, server } = await greeted();
  link.pipelining = true;
  let sent = 0;
  let failed = 0;
  for (let number = 1; number <= 10_000; number += 1) {
    link.send({
      ...command('DELE', `${number}`),
      status: () => assert.fail('nothing was answered'),
      failed(error, seen) {
        assert.equal(error.code, 'NETWORK');
        failed += 1;
        if (seen) sent += 1;
      },
    });
  }
  server.resetAndDestroy();
  await turns();
  assert.equal(failed, 10_000);
  assert.ok(sent > 0 && sent <= 128, `${sent}`);
});
