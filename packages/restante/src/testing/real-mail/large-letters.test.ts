import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, suite, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Mode } from '../connection.ts';
import { LmtpClient, type MailReply } from '../lmtp-client.ts';
import { RunningOffice } from '../running-office.ts';
import { LargeLetter } from './large-letter.ts';
import { Mailbox } from './mailbox.ts';

const PASSWORD = 'one hundred and fifty';
const MIB = 2 ** 20;
const MAY_GROW = 64 * MIB;
/** Memory that has not grown for so long stands still: whatever a peer that stopped lets pile up has piled up. */
const STANDSTILL = 3_000;
const LONG = process.env['RESTANTE_LONG'] === '1';
/** How much longer it is watched: a minute where there is time for it. */
const WATCHED = LONG ? 60_000 : 0;
const SAMPLE = 250;
/** A rest between two small letters: they are there to show that they flow, not to be a load. */
const REST = 20;

const skip = process.platform === 'linux' ? false : 'memory is measured in /proc, as Linux has it';

/** Old objects held to 64 MB. */
const HELD = '--max-old-space-size=64';
/**
 * Young objects too: else V8 lets their space grow past 100 MB in an office that is busy for minutes, whatever with, and
 * what large letters cost would not show.
 */
const HELD_YOUNG = '--max-semi-space-size=4';

/** An office with two mailboxes, and the memory it had in use when it had opened and each had been used once. */
interface Held {
  readonly office: RunningOffice;
  readonly large: Mailbox;
  readonly small: Mailbox;
  readonly idle: number;
}

suite('letters of 150 MB, the heap held to 64 MB', { skip }, () => {
  const letter = new LargeLetter(150_000_000);
  let held: Held;
  before(async () => {
    held = await openHeld(`${HELD} ${HELD_YOUNG}`);
  });
  after(() => held.office.close());

  test('in and out, in an office that has just opened', async (t) => {
    const fresh = await openHeld(HELD);
    try {
      const reply = await send(fresh, letter, () => standstill(fresh));
      assert.equal(reply?.code, 250, reply?.text);
      await retrieved(fresh, letter, 'plain', () => standstill(fresh));
      bounded(t, fresh);
    } finally {
      await fresh.office.close();
    }
  });

  test('in, while small letters flow', async (t) => {
    const flow = flowing(held);
    const reply = await send(held, letter);
    t.diagnostic(`${await flow.stop()} small letters went through meanwhile`);
    assert.equal(reply?.code, 250, reply?.text);
    bounded(t, held);
  });

  for (const mode of ['plain', 'TLS'] as const)
    test(`out, ${mode}, to a reader that stops in the middle, while small letters flow`, async (t) => {
      const flow = flowing(held);
      await retrieved(held, letter, mode, () => standstill(held));
      t.diagnostic(`${await flow.stop()} small letters went through meanwhile`);
      bounded(t, held);
    });

  test('in, from a sender that stops in the middle and then goes on, while small letters flow', async (t) => {
    const flow = flowing(held);
    const reply = await send(held, letter, () => standstill(held));
    t.diagnostic(`${await flow.stop()} small letters went through meanwhile`);
    assert.equal(reply?.code, 250, reply?.text);
    bounded(t, held);
    await retrieved(held, letter, 'plain', () => Promise.resolve());
  });

  test('a sender that breaks off in the middle has delivered nothing, and a reader that does is not waited for', async (t) => {
    const before = await held.large.uniqueIds();
    await assert.rejects(
      send(held, letter, () => Promise.reject(new Error('broken off'))),
      /broken off/,
    );
    await assert.rejects(
      retrieved(held, letter, 'plain', () => Promise.reject(new Error('broken off'))),
      /broken off/,
    );
    await smallLetterFlows(held);
    assert.deepEqual(await held.large.uniqueIds(), before);
    bounded(t, held);
  });
});

async function openHeld(flags: string): Promise<Held> {
  const office = await RunningOffice.start({ environment: { NODE_OPTIONS: flags } });
  for (const account of ['large', 'small']) await office.addAccount(account, PASSWORD);
  const large = new Mailbox(office, 'large', PASSWORD);
  const small = new Mailbox(office, 'small', PASSWORD);
  await smallLetterFlows({ small });
  await (await large.open('TLS')).quit();
  const idle = office.memory().now;
  office.forgetPeak();
  return { office, large, small, idle };
}

/** Sends the letter to `large`; `midway` is waited for when half of it is sent, and breaks the connection off by rejecting. */
async function send(
  { office }: Held,
  letter: LargeLetter,
  midway: () => Promise<void> = () => Promise.resolve(),
): Promise<MailReply | undefined> {
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
async function retrieved({ large }: Held, letter: LargeLetter, mode: Mode, midway: () => Promise<void>): Promise<void> {
  const client = await large.open(mode);
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
async function standstill({ office }: Held): Promise<void> {
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
function bounded(t: TestContext, { office, idle }: Held): void {
  const { peak } = office.memory();
  t.diagnostic(`memory: ${mebibytes(idle)} MiB idle, ${mebibytes(peak)} MiB at its peak`);
  assert.ok(peak - idle < MAY_GROW, `grown by ${mebibytes(peak - idle)} MiB`);
  office.forgetPeak();
}

function mebibytes(octets: number): string {
  return (octets / MIB).toFixed(1);
}

/** Small letters through other sessions, one after the other, until it is stopped: how many, at least one. */
function flowing(held: Held): { stop(): Promise<number> } {
  let stopped = false;
  const run = async () => {
    let count = 0;
    do {
      await smallLetterFlows(held);
      await pause(REST);
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

async function smallLetterFlows({ small }: Pick<Held, 'small'>): Promise<void> {
  const [reply] = await small.take([Buffer.from('Subject: small\r\n\r\nhello\r\n')]);
  assert.equal(reply?.code, 250, reply?.text);
  const client = await small.open('plain');
  assert.match((await client.retrieve(1)).toString('latin1'), /\r\n\r\nhello\r\n$/);
  await client.delete(1);
  await client.quit();
}
