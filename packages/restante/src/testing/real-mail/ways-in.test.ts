import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, type TestContext, test } from 'node:test';
import type { MailReply } from '../lmtp-client.ts';
import { RunningOffice, temporaryFolder } from '../running-office.ts';
import { SmtpClient, type SmtpLetter, type SmtpOutcome } from '../smtp-client.ts';
import { belowTrace } from '../trace-fields.ts';
import { mboxOf, withLf } from './files.ts';
import { type Fetched, Mailbox } from './mailbox.ts';
import { defect, type RealLetter, realLetters } from './spam-assassin.ts';

const PASSWORD = 'by every way in';
/** Who has the letters that are exported. */
const SOURCE = 'data';
const CONNECTIONS = 16;
/** So that a letter comes in several chunks, which end anywhere. */
const CHUNK = 3_001;

suite('real mail, by every way in', () => {
  const letters = realLetters();
  const sound = letters.filter((letter) => defect(letter) === undefined);
  const folder = temporaryFolder();
  let office: RunningOffice;
  before(async () => {
    office = await RunningOffice.start();
  });
  after(() => office.close());

  test('6,046 letters by SMTP, with DATA inside TLS: sums are the same below the trace fields (SM-25)', async (t) => {
    const send = (client: SmtpClient, mine: Iterable<SmtpLetter>) => client.sendAll(mine);
    await bySmtp(t, { account: SOURCE, ca: office.place('TLS').ca ?? '', send });
  });

  test('6,046 letters by SMTP, with BDAT: sums are the same below the trace fields (SM-25, SM-49)', async (t) => {
    const send = (client: SmtpClient, mine: Iterable<SmtpLetter>) => client.sendAllInChunks(mine, CHUNK);
    await bySmtp(t, { account: 'bdat', send });
  });

  // It waits until a letter is durable before it begins the next: all of them would take it most of a minute.
  test('512 files by one deliver: sums are the same below the trace fields, and a CR that stands alone is kept (SM-21)', async (t) => {
    const sample = letters.filter((letter, index) => index % 12 === 0 || defect(letter) !== undefined);
    assert.equal(sample.length, 512);
    const files = sample.map(({ octets }, index) => {
      const file = join(folder, `${index}.eml`);
      writeFileSync(file, withLf(octets));
      return file;
    });
    await office.addAccount('deliver', PASSWORD);
    const started = performance.now();
    const result = await office.verb(['deliver', '--to', 'deliver', ...files]);
    tell(t, started, files.length);
    assert.equal(result.status, 0, result.stderr);
    sameSums(await fetched('deliver', belowTrace), sample.map(withoutFromLine));
  });

  test('6,046 letters of a Maildir imported: sums are the same, in order of arrival; then nothing comes twice', async (t) => {
    const maildir = join(folder, 'Maildir');
    for (const name of ['', 'cur', 'new', 'tmp']) mkdirSync(join(maildir, name));
    for (const [index, { octets }] of letters.entries()) {
      const file = join(
        maildir,
        index % 2 === 0 ? 'new' : 'cur',
        `${1_000_000_000 + index}.M1P1.tests${index % 2 === 0 ? '' : ':2,S'}`,
      );
      writeFileSync(file, withLf(octets));
      utimesSync(file, 1_000_000_000 + index, 1_000_000_000 + index);
    }
    await imported(t, 'maildir', ['--maildir', maildir]);
    const came = await fetched('maildir');
    sameSums(came, letters);
    assert.ok(came[0]?.equals(letters[0]?.octets ?? Buffer.alloc(0)), 'the oldest comes first');
    assert.match((await office.verb(['import', 'maildir', '--maildir', maildir])).stdout, /^taken +0$/m);
  });

  test('6,046 letters of an mbox imported: sums are the same', async (t) => {
    const mbox = join(folder, 'mbox');
    writeFileSync(mbox, mboxOf(letters.map(({ octets }) => octets)));
    await imported(t, 'mbox', ['--mbox', mbox]);
    sameSums(await fetched('mbox'), letters);
  });

  for (const kind of ['maildir', 'mbox'])
    test(`6,046 letters with their trace fields, exported as ${kind} and imported again, are the same in the same order`, async (t) => {
      const target = join(folder, `exported-${kind}`);
      const result = await office.verb(['export', SOURCE, `--${kind}`, target, '--uidl', `${target}.uidl`]);
      assert.equal(result.status, 0, result.stderr);
      const uniqueIds = kind === 'maildir' ? ['--uidl', `${target}.uidl`] : [];
      await imported(t, `back-${kind}`, [`--${kind}`, target, ...uniqueIds]);
      const [there, back] = [await fetchAll(SOURCE), await fetchAll(`back-${kind}`)];
      assert.deepEqual(
        back.map(({ octets }) => sum(octets)),
        there.map(({ octets }) => sum(octets)),
      );
      if (kind === 'maildir')
        assert.deepEqual(
          back.map(({ uniqueId }) => uniqueId),
          there.map(({ uniqueId }) => uniqueId),
        );
    });

  interface BySmtp {
    readonly account: string;
    readonly ca?: string;
    send(client: SmtpClient, letters: Iterable<SmtpLetter>): Promise<readonly SmtpOutcome[]>;
  }

  async function bySmtp(t: TestContext, { account, ca, send }: BySmtp): Promise<void> {
    await office.addAccount(account, PASSWORD);
    const started = performance.now();
    const refused: { readonly letter: RealLetter; readonly reply: MailReply }[] = [];
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async (_, nth) => {
        const mine = letters.filter((_letter, index) => index % CONNECTIONS === nth);
        const client = await SmtpClient.connect(office.smtp, ca === undefined ? {} : { ca });
        const envelopes = mine.map(({ octets }) => ({ from: 'sender@example.org', to: [account], octets }));
        for (const [index, { letter: reply }] of (await send(client, envelopes)).entries()) {
          const letter = mine[index];
          if (letter && reply.code !== 250) refused.push({ letter, reply });
        }
        await client.quit();
      }),
    );
    tell(t, started, letters.length);
    for (const { letter, reply } of refused) {
      const [code, enhanced] = defect(letter) === 'NUL' ? [554, '5.6.0'] : [550, '5.5.2']; // SM-24, SM-21
      assert.equal(`${reply.code} ${reply.text.slice(0, 5)}`, `${code} ${enhanced}`, `${letter.name}: ${reply.text}`);
    }
    assert.equal(refused.length, letters.length - sound.length);
    sameSums(await fetched(account, belowTrace), sound);
  }

  async function imported(t: TestContext, account: string, words: readonly string[]): Promise<void> {
    await office.addAccount(account, PASSWORD);
    const started = performance.now();
    const result = await office.verb(['import', account, ...words]);
    tell(t, started, letters.length);
    assert.equal(result.status, 0, result.stderr);
  }

  function tell(t: TestContext, started: number, count: number): void {
    t.diagnostic(`${Math.round((count / (performance.now() - started)) * 1000)} letters/s`);
  }

  async function fetched(account: string, part = (letter: Buffer) => letter): Promise<readonly Buffer[]> {
    return (await fetchAll(account)).map(({ octets }) => part(octets));
  }

  function fetchAll(account: string): Promise<readonly Fetched[]> {
    return new Mailbox(office, account, PASSWORD).fetchAll('plain');
  }
});

/** As `deliver` takes it, which is handed letters by programs that put the line of an mbox file above them. */
function withoutFromLine({ name, octets }: RealLetter): RealLetter {
  return {
    name,
    octets: octets.toString('latin1', 0, 5) === 'From ' ? octets.subarray(octets.indexOf('\n') + 1) : octets,
  };
}

/** Exactly these letters came, in whatever order. */
function sameSums(came: readonly Buffer[], sent: readonly RealLetter[]): void {
  const sums = new Map(Map.groupBy(came.map(sum), (each) => each));
  const missing = sent.filter(({ octets }) => sums.get(sum(octets))?.pop() === undefined);
  assert.deepEqual(
    missing.map(({ name }) => name),
    [],
    'did not come as they were sent',
  );
  assert.equal(came.length, sent.length);
}

function sum(octets: Buffer): string {
  return createHash('sha256').update(octets).digest('hex');
}
