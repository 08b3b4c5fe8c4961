import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { openPlain } from '../testing/connection.ts';
import { LmtpClient } from '../testing/lmtp-client.ts';
import { Pop3Client } from '../testing/pop3-client.ts';
import { RunningOffice, temporaryFolder } from '../testing/running-office.ts';

/** More than any socket's buffers hold, so that a reply with it is under way for as long as nobody reads. */
const LARGE = Buffer.from(`Subject: large\r\n\r\n${`${'x'.repeat(76)}\r\n`.repeat(400_000)}`);

async function officeWithMail(t: TestContext, ...letters: readonly Buffer[]): Promise<RunningOffice> {
  const office = await RunningOffice.start({ data: temporaryFolder() });
  t.after(() => office.close());
  await office.addAccount('anna', 'secret');
  const sender = await LmtpClient.connect(office.lmtp);
  for (const octets of letters) {
    const [reply] = await sender.send({ to: ['anna'], octets });
    assert.equal(reply?.code, 250);
  }
  await sender.quit();
  return office;
}

async function signedIn(office: RunningOffice): Promise<Pop3Client> {
  const client = await Pop3Client.connect(office.place('plain'));
  await client.login('anna', 'secret');
  return client;
}

function terminate(office: RunningOffice, signal: NodeJS.Signals = 'SIGTERM'): void {
  process.kill(office.pid, signal);
}

test('idle sessions close at once, and what they marked stays (P3-60)', async (t) => {
  const office = await officeWithMail(t, Buffer.from('Subject: one\r\n\r\n1\r\n'));
  const client = await signedIn(office);
  await client.delete(1);
  const greeted = await Pop3Client.connect(office.place('plain'));
  const sender = await openPlain(office.lmtp);
  await once(sender, 'readable');
  const ends = [client.reader.end(), greeted.reader.end(), text(sender)];
  const from = performance.now();
  terminate(office);
  await Promise.all(ends);
  await office.stop();
  assert.ok(performance.now() - from < 8_000, 'nobody waits for a deadline');
  assert.match(office.log, /"closed"/);
  assert.ok(!existsSync(join(office.data, 'control.sock')));
  assert.equal(JSON.parse((await office.verb(['account', 'show', 'anna', '--json'])).stdout).letters, 1);
});

test('a reply under way is finished, however often SIGTERM comes; then the session ends', async (t) => {
  const office = await officeWithMail(t, LARGE);
  const client = await signedIn(office);
  const begun = once(client.socket, 'readable');
  client.socket.write('RETR 1\r\n');
  await begun;
  for (const signal of ['SIGTERM', 'SIGTERM', 'SIGINT', 'SIGTERM'] as const) {
    terminate(office, signal);
    await wait(20);
  }
  assert.match(await client.reader.line(), /^\+OK/);
  const letter = await client.reader.multiLine();
  assert.ok(letter.subarray(-LARGE.length).equals(LARGE));
  await client.reader.end();
  await office.stop();
});

test('a letter whose 250 was sent is there; one that was cut off is not', async (t) => {
  const office = await officeWithMail(t);
  const half = await LmtpClient.connect(office.lmtp);
  await half.begin('', ['anna']);
  await half.write('Subject: half\r\n\r\n');
  const whole = await LmtpClient.connect(office.lmtp);
  await whole.begin('', ['anna']);
  await whole.write('Subject: whole\r\n\r\n');
  const answer = whole.finish(1).then(
    ([reply]) => reply?.code,
    () => undefined,
  );
  half.socket.on('error', () => {});
  terminate(office);
  const code = await answer;
  await office.stop();
  const { letters } = JSON.parse((await office.verb(['account', 'show', 'anna', '--json'])).stdout);
  if (code === 250) assert.equal(letters, 1);
  else assert.ok(letters <= 1);
});

test('a reader that never reads holds nobody up for longer than ten seconds', async (t) => {
  const office = await officeWithMail(t, LARGE);
  const client = await signedIn(office);
  client.socket.on('error', () => {});
  const begun = once(client.socket, 'readable');
  client.socket.write('RETR 1\r\n');
  await begun;
  const from = performance.now();
  await office.stop();
  const took = performance.now() - from;
  assert.ok(took < 10_500, `${took} ms`);
  await client.drop();
});
