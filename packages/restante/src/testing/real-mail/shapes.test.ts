import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import fc from 'fast-check';
import { MODES, type Mode } from '../connection.ts';
import type { Office } from '../office.ts';
import { openOffice } from '../open-office.ts';
import { traceAbove } from '../trace-fields.ts';
import { Mailbox } from './mailbox.ts';
import { type Shape, shapes } from './shapes.ts';
import { topOf } from './top.ts';

const PASSWORD = 'every shape of line';
const LONG = process.env['RESTANTE_LONG'] === '1';

suite('every size and shape of line, in by LMTP and out by POP3', () => {
  let office: Office;

  let sent: readonly Shape[];
  let mailbox: Mailbox;

  before(async () => {
    office = await openOffice();
    sent = shapes(await traceOctets(office));
    mailbox = await newMailbox(office);
  });
  after(() => office.close());

  test('LMTP takes every one of them', async (t) => {
    const replies = await mailbox.take(sent.map(({ octets }) => octets));
    for (const [index, { code, text }] of replies.entries()) assert.equal(code, 250, `${sent[index]?.title}: ${text}`);
    t.diagnostic(`${sent.length} letters, ${sent.reduce((sum, { octets }) => sum + octets.length, 0)} octets`);
  });

  for (const mode of MODES) {
    test(`POP3, ${mode}: each comes back octet for octet, and LIST is exact (SM-23, SM-25, P3-13, P3-44)`, async () => {
      const fetched = await mailbox.fetchAll(mode);
      assert.equal(fetched.length, sent.length);
      for (const [index, { octets, listed }] of fetched.entries()) {
        const shape = sent[index];
        assert.ok(shape);
        assert.notEqual(traceAbove(shape.octets, octets), undefined, `changed: ${shape.title}`);
        assert.equal(octets.length, listed, `LIST is wrong: ${shape.title}`);
      }
    });
  }

  test('TOP of each shape begins as RETR does, however many lines (P3-51, P3-52)', async () => {
    const fetched = await mailbox.fetchAll('plain');
    const client = await mailbox.open('plain');
    for (const { number, octets } of fetched.filter(({ listed }) => listed < 1_000_000)) {
      for (const lines of [0, 1, 2, 100, 1_000_000]) {
        const top = await client.top(number, lines);
        assert.ok(top.equals(topOf(octets, lines)), `TOP ${lines} of ${sent[number - 1]?.title}`);
      }
    }
    await client.quit();
  });

  test('random letters come back octet for octet', async () => {
    const another = await newMailbox(office);
    await fc.assert(
      fc.asyncProperty(fc.array(letter, { minLength: 1, maxLength: 6 }), mode, async (letters, through) => {
        for (const reply of await another.take(letters)) assert.equal(reply.code, 250, reply.text);
        const client = await another.open(through);
        const { count } = await client.stat();
        assert.equal(count, letters.length);
        const sizes = await client.list();
        for (const [index, sent] of letters.entries()) {
          const came = await client.retrieve(index + 1);
          assert.notEqual(traceAbove(sent, came), undefined);
          assert.equal(came.length, sizes.get(index + 1));
          await client.delete(index + 1);
        }
        await client.quit();
      }),
      { seed: 1939, numRuns: LONG ? 300 : 60, endOnFailure: !LONG },
    );
  });
});

const mode = fc.constantFrom<Mode>(...MODES);
const octet = fc.integer({ min: 1, max: 255 }).filter((value) => value !== 0x0d && value !== 0x0a);
const line = fc.oneof(
  fc.constantFrom('', '.', '..', '.x', ' ', '\t', 'Subject: x', 'From here'),
  fc.array(octet, { maxLength: 90 }).map((values) => Buffer.from(values).toString('latin1')),
  fc
    .tuple(octet, fc.integer({ min: 900, max: 70_000 }))
    .map(([value, times]) => String.fromCharCode(value).repeat(times)),
);
const letter = fc
  .array(line, { maxLength: 40 })
  .map((lines) => Buffer.from(lines.map((text) => `${text}\r\n`).join(''), 'latin1'));

let mailboxes = 0;

async function newMailbox(office: Office): Promise<Mailbox> {
  mailboxes += 1;
  const account = `shapes${mailboxes}`;
  await office.addAccount(account, PASSWORD);
  return new Mailbox(office, account, PASSWORD);
}

/** How many octets the office puts above a letter. */
async function traceOctets(office: Office): Promise<number> {
  const mailbox = await newMailbox(office);
  const sent = Buffer.from('Subject: probe\r\n\r\n');
  await mailbox.take([sent]);
  const [fetched] = await mailbox.fetchAll('plain');
  return (fetched?.octets.length ?? 0) - sent.length;
}
