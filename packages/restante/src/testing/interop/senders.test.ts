import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { selfSignedCertificate } from '@restante/pop/testing';
import { RunningOffice } from '../running-office.ts';
import { traceAbove } from '../trace-fields.ts';
import { Cell } from './cell.ts';
import { LETTERS } from './letters.ts';
import { isHere } from './peer-program.ts';
import { curlSending, msmtp, smtplib, swaks, type Way } from './senders.ts';

/** What the trace field says of how the letter came (SM-65, LM-11). */
const WITH: Readonly<Record<Way, string>> = { LMTP: 'LMTP', SMTP: 'ESMTP', STARTTLS: 'ESMTPS' };
/** Enough to see that a way is sound, where the last way has shown the rest. */
const SOME = LETTERS.slice(0, 4);
const [LETTER = Buffer.alloc(0)] = LETTERS;

suite('foreign senders', () => {
  let office: RunningOffice;
  before(async () => {
    office = await RunningOffice.start();
  });
  after(() => office.close());

  for (const sender of [swaks, smtplib, msmtp, curlSending])
    test(sender.name, async (t) => {
      if (!isHere(t, sender.program)) return;
      const cell = await Cell.make(office, `${sender.name}-sends`, 'plain');

      await t.test('hands nothing over where the certificate is not the one it trusts', async () => {
        cell.trust(selfSignedCertificate().cert);
        await assert.rejects(sender.send(cell, 'STARTTLS', LETTER), /ended with [1-9]/);
        assert.equal((await cell.held()).size, 0);
        cell.trustOffice();
      });

      const sent: Sent[] = [];
      for (const way of sender.ways)
        await t.test(
          `${way}: letters come in octet for octet, and the trace says how (SM-25, SM-65, LM-11)`,
          async () => {
            for (const letter of (way === 'STARTTLS' ? LETTERS : SOME).filter(sender.spares)) {
              await sender.send(cell, way, letter);
              sent.push({ letter, way });
            }
            sameLetters([...(await cell.held()).values()], sent);
          },
        );

      await t.test('is told that nobody has such an address (SM-11)', async () => {
        await office.verb(['account', 'remove', cell.account, '--yes']);
        for (const way of sender.ways) await assert.rejects(sender.send(cell, way, LETTER), /ended with [1-9]/);
      });
    });
});

interface Sent {
  readonly letter: Buffer;
  readonly way: Way;
}

function sameLetters(held: readonly Buffer[], sent: readonly Sent[]): void {
  assert.equal(held.length, sent.length);
  for (const [index, { letter, way }] of sent.entries()) {
    const came = held[index] ?? Buffer.alloc(0);
    const trace = traceAbove(letter, came);
    assert.ok(trace !== undefined, `letter ${index + 1} is changed: ${came.toString('latin1', 0, 600)}`);
    assert.match(trace, new RegExp(`^\\tby \\S+ with ${WITH[way]} id `, 'm'));
  }
}
