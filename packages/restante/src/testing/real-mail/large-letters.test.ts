import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, suite, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Mode } from '../connection.ts';
import { LmtpClient, type LmtpReply } from '../lmtp-client.ts';
import { RunningOffice } from '../running-office.ts';
import { LargeLetter } from './large-letter.ts';
import { Mailbox } from './mailbox.ts';

const PASSWORD = 'one hundred and fifty';
const MIB = 2 ** 20;
const MAY_GROW = 64 * MIB;
/** Memory that has not grown for so long stands still: whatever a peer that stopped lets pile up has piled up. */
const STANDSTILL = 3_000;
/** How much longer it is watched: a minute where there is time for it. */
const WATCHED = process.env['RESTANTE_LONG'] === '1' ? 60_000 : 0;
const SAMPLE = 250;
/** Small letters after which the office has the young generations that V8 lets it have, whatever the load. */
const WARM = 600;

const skip = process.platform === 'linux' ? false : 'memory is measured in /proc, as Linux has it';

suite('letters of 150 MB, the heap held to 64 MB', { skip }, () => {
  const letter = new LargeLetter(150_000_000);
  let office: RunningOffice;
  let idle: number;
  let large: Mailbox;
  let small: Mailbox;

  before(async () => {
    office = await RunningOffice.start({ environment: { NODE_OPTIONS: '--max-old-space-size=64' } });
    for (const account of ['large', 'small']) await office.addAccount(account, PASSWORD);
    large = new Mailbox(office, 'large', PASSWORD);
    small = new Mailbox(office, 'small', PASSWORD);
    await smallLetterFlows(small);
    await (await large.open('TLS')).quit();
    idle = office.memory().now;
    office.forgetPeak();
  });
  after(() => office.close());

  test('in and out, in an office that has just opened', async (t) => {
    const reply = await send(office, letter, () => standstill(office));
    assert.equal(reply?.code, 250, reply?.text);
    await retrieved(large, letter, 'plain', () => standstill(office));
    bounded(t, office, idle);
  });

  test('an office that has worked for a while', async (t) => {
    const some = async () => {
      for (let letters = 0; letters < WARM / 4; letters += 1) await smallLetterFlows(small);
    };
    await Promise.all([some(), some(), some(), some()]);
    const { now } = office.memory();
    t.diagnostic(`memory: ${mebibytes(idle)} MiB idle at first, ${mebibytes(now)} MiB after ${WARM} small letters`);
    idle = now;
    office.forgetPeak();
  });

  test('in, while small letters flow', async (t) => {
    const flow = flowing(small);
    const reply = await send(office, letter);
    t.diagnostic(`${await flow.stop()} small letters went through meanwhile`);
    assert.equal(reply?.code, 250, reply?.text);
    bounded(t, office, idle);
  });

  for (const mode of ['plain', 'TLS'] as const)
    test(`out, ${mode}, to a reader that stops in the middle, while small letters flow`, async (t) => {
      const flow = flowing(small);
      await retrieved(large, letter, mode, () => standstill(office));
      t.diagnostic(`${await flow.stop()} small letters went through meanwhile`);
      bounded(t, office, idle);
    });

  test('in, from a sender that stops in the middle and then goes on, while small letters flow', async (t) => {
    const flow = flowing(small);
    const reply = await send(office, letter, () => standstill(office));
    t.diagnostic(`${await flow.stop()} small letters went through meanwhile`);
    assert.equal(reply?.code, 250, reply?.text);
    bounded(t, office, idle);
    await retrieved(large, letter, 'plain', () => Promise.resolve());
  });

  test('a sender that breaks off in the middle has delivered nothing, and a reader that does is not waited for', async (t) => {
    const before = await large.uniqueIds();
    await assert.rejects(
      send(office, letter, () => Promise.reject(new Error('broken off'))),
      /broken off/,
    );
    await assert.rejects(
      retrieved(large, letter, 'plain', () => Promise.reject(new Error('broken off'))),
      /broken off/,
    );
    await smallLetterFlows(small);
    assert.deepEqual(await large.uniqueIds(), before);
    bounded(t, office, idle);
  });
});

/** Sends the letter to `large`; `midway` is waited for when half of it is sent, and breaks the connection off by rejecting. */
async function send(
  office: RunningOffice,
  letter: LargeLetter,
  midway: () => Promise<void> = () => Promise.resolve(),
): Promise<LmtpReply | undefined> {
  const lmtp = await LmtpClient.connect(office.lmtp);
  try {
    await lmtp.begin('bob@example.org', ['large']);
    for (const [index, piece] of letter.pieces.entries()) {
      if (index === Math.floor(letter.pieces.length / 2)) await midway();
      await lmtp.write(piece);
    }
    const [reply] = await lmtp.finish(1);
    await lmtp.quit();
    return reply;
  } finally {
    await lmtp.drop();
  }
}

/** Retrieves the newest letter, which must be this one; while `midway` is waited for nothing is read. */
async function retrieved(
  mailbox: Mailbox,
  letter: LargeLetter,
  mode: Mode,
  midway: () => Promise<void>,
): Promise<void> {
  const client = await mailbox.open(mode);
  try {
    const [number, listed] = [...(await client.list())].at(-1) ?? [0, 0];
    await client.command(`RETR ${number}`);
    const trace = listed - letter.octets;
    const digest = createHash('sha256');
    let read = 0;
    let half = letter.octets / 2;
    for await (const piece of client.reader.pieces()) {
      digest.update(piece.subarray(Math.max(0, trace - read)));
      read += piece.length;
      if (read < half) continue;
      half = Number.POSITIVE_INFINITY;
      await midway();
    }
    assert.equal(read, listed);
    assert.equal(digest.digest('hex'), letter.sha256);
    await client.quit();
  } finally {
    await client.drop();
  }
}

/** Resolves when the office's memory has stood still, and then been watched. */
async function standstill(office: RunningOffice): Promise<void> {
  let since = Date.now();
  let last = office.memory().now;
  for (const patience = since + 60_000; Date.now() - since < STANDSTILL; await pause(SAMPLE)) {
    const { now } = office.memory();
    if (now > last + MIB) since = Date.now();
    last = Math.max(last, now);
    assert.ok(Date.now() < patience, `the memory of the office goes on growing: ${mebibytes(now)} MiB`);
  }
  await pause(WATCHED);
}

/** The most memory in use since the office stood idle, against what it was then. */
function bounded(t: TestContext, office: RunningOffice, idle: number): void {
  const { peak } = office.memory();
  t.diagnostic(`memory: ${mebibytes(idle)} MiB idle, ${mebibytes(peak)} MiB at its peak`);
  assert.ok(peak - idle < MAY_GROW, `grown by ${mebibytes(peak - idle)} MiB`);
  office.forgetPeak();
}

function mebibytes(octets: number): string {
  return (octets / MIB).toFixed(1);
}

/** Small letters through other sessions, one after the other, until it is stopped: how many, at least one. */
function flowing(mailbox: Mailbox): { stop(): Promise<number> } {
  let stopped = false;
  const run = async () => {
    let count = 0;
    do {
      await smallLetterFlows(mailbox);
      count += 1;
    } while (!stopped);
    return count;
  };
  const running = run();
  running.catch(() => undefined); // told by stop
  return {
    stop: () => {
      stopped = true;
      return running;
    },
  };
}

async function smallLetterFlows(mailbox: Mailbox): Promise<void> {
  const [reply] = await mailbox.take([Buffer.from('Subject: small\r\n\r\nhello\r\n')]);
  assert.equal(reply?.code, 250, reply?.text);
  const client = await mailbox.open('plain');
  assert.match((await client.retrieve(1)).toString('latin1'), /\r\n\r\nhello\r\n$/);
  await client.delete(1);
  await client.quit();
}
