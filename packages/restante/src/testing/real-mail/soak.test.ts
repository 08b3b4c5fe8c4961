import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { suite, test } from 'node:test';
import { MODES } from '../connection.ts';
import { RunningOffice } from '../running-office.ts';
import { belowTrace } from '../trace-fields.ts';
import { Mailbox } from './mailbox.ts';

const PASSWORD = 'soaked for a minute';
const DURATION = 60_000;
const ACCOUNTS = 3;
const SENDERS = 4;
const READERS = 8;

/** What must be true of one letter, by the log of those who sent and deleted it. */
interface Logged {
  readonly sha256: string;
  /** Whether it got its 250. */
  delivered: boolean;
  /** Once a session saw it. */
  uniqueId?: string;
  /** Sessions that have it marked and may yet QUIT. */
  marks: number;
  /** Whether a QUIT of a session that had marked it got +OK. */
  deleted: boolean;
}

/** Whether it has to be there, for a session that opens now and whoever looks later. */
function isDue({ delivered, marks, deleted }: Logged): boolean {
  return delivered && marks === 0 && !deleted;
}

/** One mailbox and what its users know of it. Letters are known by the number in their subject. */
class Account {
  readonly mailbox: Mailbox;
  readonly letters: Logged[] = [];
  #bodies = 0;

  constructor(mailbox: Mailbox) {
    this.mailbox = mailbox;
  }

  async send(): Promise<void> {
    const count = 1 + Math.floor(Math.random() * 20);
    const octets = Array.from({ length: count }, () => this.#letter());
    const logged = octets.map((each): Logged => ({ sha256: sha256(each), delivered: false, marks: 0, deleted: false }));
    this.letters.push(...logged);
    for (const [index, reply] of (await this.mailbox.take(octets)).entries()) {
      assert.equal(reply.code, 250, reply.text);
      const letter = logged[index];
      if (letter) letter.delivered = true;
    }
  }

  /** A session that looks, reads, marks, and ends in one way or another. */
  async call(): Promise<void> {
    const due = this.letters.filter(isDue);
    const client = await this.mailbox.open(one(MODES));
    const sizes = await client.list();
    const uniqueIds = await client.uniqueIds();
    assert.deepEqual([...sizes.keys()], [...uniqueIds.keys()]);
    const seen = new Map<number, Logged>();
    const numbers = [...sizes.keys()].filter(() => Math.random() < 0.5);
    const replies = client.pipelined(numbers.map((number) => `RETR ${number}`));
    for (const number of numbers) {
      const { value } = await replies.next();
      assert.ok(value);
      assert.equal(value.octets.length, sizes.get(number));
      seen.set(number, this.#known(value.octets, uniqueIds.get(number)));
    }
    if (numbers.length === sizes.size) {
      const gone = due.filter((letter) => ![...seen.values()].includes(letter) && isDue(letter));
      assert.deepEqual(gone, [], 'a letter that nobody deleted is not there');
    }
    const marked = [...seen].filter(() => Math.random() < 0.3);
    for (const [number, letter] of marked) {
      letter.marks += 1;
      await client.delete(number);
    }
    const quits = Math.random() < 0.7; // else nothing is deleted (P3-60)
    await (quits ? client.quit() : client.drop());
    for (const [, letter] of marked) {
      letter.deleted ||= quits;
      letter.marks -= 1;
    }
  }

  /** At the end: what was delivered and not deleted is there once and whole, and what was deleted is not. */
  async check(): Promise<{ readonly delivered: number; readonly deleted: number; readonly kept: number }> {
    const kept = await this.mailbox.fetchAll('plain');
    const known = kept.map(({ octets, uniqueId }) => this.#known(octets, uniqueId));
    assert.equal(new Set(known).size, known.length, 'no letter is there twice');
    for (const letter of known) assert.equal(letter.deleted, false, 'a deleted letter is there');
    for (const letter of this.letters) if (isDue(letter)) assert.ok(known.includes(letter), 'a letter is lost');
    return {
      delivered: this.letters.filter(({ delivered }) => delivered).length,
      deleted: this.letters.filter(({ deleted }) => deleted).length,
      kept: kept.length,
    };
  }

  #known(octets: Buffer, uniqueId: string | undefined): Logged {
    const sent = belowTrace(octets);
    const subject = /^Subject: (\d+)\r\n/.exec(sent.toString('latin1', 0, 40))?.[1];
    const letter = this.letters[Number(subject)];
    assert.ok(letter && uniqueId, 'a letter that nobody sent');
    assert.equal(sha256(sent), letter.sha256, 'a letter is not as it was sent');
    letter.uniqueId ??= uniqueId;
    assert.equal(uniqueId, letter.uniqueId, 'a unique-id changed');
    return letter;
  }

  #letter(): Buffer {
    const body = randomBytes(Math.floor(Math.random() ** 8 * 300_000))
      .toString('base64')
      .replaceAll(/.{72}/g, '$&\r\n.');
    const text = `Subject: ${this.#bodies}\r\n\r\n${body}\r\n`;
    this.#bodies += 1;
    return Buffer.from(text, 'latin1');
  }
}

suite('a minute of many clients', () => {
  const skip =
    process.env['RESTANTE_LONG'] === '1' ? false : 'takes a minute: RESTANTE_LONG=1 runs it, as .ci/run does';
  test('nothing is lost, changed or there twice, and what was deleted is gone', { skip }, async (t) => {
    const office = await RunningOffice.start();
    try {
      const accounts: Account[] = [];
      for (let index = 0; index < ACCOUNTS; index += 1) {
        await office.addAccount(`soak${index}`, PASSWORD);
        accounts.push(new Account(new Mailbox(office, `soak${index}`, PASSWORD)));
      }
      const end = Date.now() + DURATION;
      let sessions = 0;
      const sender = async () => {
        while (Date.now() < end) await one(accounts).send();
      };
      const reader = async () => {
        while (Date.now() < end) {
          await one(accounts).call();
          sessions += 1;
        }
      };
      await Promise.all([...Array.from({ length: SENDERS }, sender), ...Array.from({ length: READERS }, reader)]);
      for (const account of accounts) {
        const { delivered, deleted, kept } = await account.check();
        t.diagnostic(`${delivered} delivered, ${deleted} deleted, ${kept} kept`);
      }
      t.diagnostic(`${sessions} sessions`);
    } finally {
      await office.close();
    }
  });
});

function one<T>(choices: readonly T[]): T {
  const chosen = choices[Math.floor(Math.random() * choices.length)];
  if (chosen === undefined) throw new Error('nothing to choose from');
  return chosen;
}

function sha256(octets: Buffer): string {
  return createHash('sha256').update(octets).digest('hex');
}
