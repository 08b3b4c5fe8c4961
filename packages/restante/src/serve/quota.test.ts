import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LmtpClient, type LmtpOutcome } from '../testing/lmtp-client.ts';
import { Pop3Client } from '../testing/pop3-client.ts';
import { RunningOffice } from '../testing/running-office.ts';
import { SmtpClient } from '../testing/smtp-client.ts';
import { done } from '../testing/verb-results.ts';

async function openOffice(t: { after(hook: () => Promise<void>): void }, settings: string): Promise<RunningOffice> {
  const office = await RunningOffice.start({ config: settings });
  t.after(() => office.close());
  return office;
}

const LETTER = (number: number) => Buffer.from(`Subject: ${number}\r\n\r\n${number}\r\n`);

/** The one reply to a letter. */
function reply([only]: LmtpOutcome): string {
  return `${only?.code} ${only?.text}`;
}

/** The subjects in anna's mailbox, once there are so many letters. */
async function subjects(office: RunningOffice, letters: number): Promise<string[]> {
  for (;;) {
    const client = await Pop3Client.connect(office.place('plain'));
    await client.login('anna', 'secret');
    const { count } = await client.stat();
    if (count < letters) {
      await client.quit();
      continue;
    }
    const found: string[] = [];
    for (let number = 1; number <= count; number += 1) {
      const letter = (await client.retrieve(number)).toString('latin1');
      found.push(/^Subject: (.*)\r$/m.exec(letter)?.[1] ?? '');
    }
    await client.quit();
    return found;
  }
}

test('a mailbox fills up: its owner is written to, it is full, is read and emptied, and takes mail again (SM-31, SM-35)', async (t) => {
  const office = await openOffice(t, 'quota.letters = 10\n');
  await office.addAccount('anna', 'secret');
  await office.addAccount('bert', 'secret');
  const sender = await LmtpClient.connect(office.lmtp);
  for (let number = 1; number <= 8; number += 1) await sender.send({ to: ['anna'], octets: LETTER(number) });
  assert.equal((await subjects(office, 9)).at(-1), 'Your mailbox is 80 % full');
  await sender.send({ to: ['anna'], octets: LETTER(9) });
  assert.equal((await subjects(office, 11)).at(-1), 'Your mailbox is full');

  const full = await sender.send({ to: ['anna'], octets: LETTER(10) });
  assert.match(reply(full), /^452 4\.2\.2 /);
  await sender.quit();
  const smtp = await SmtpClient.connect(office.smtp);
  const [both] = await smtp.sendAll([{ to: ['anna@localhost', 'bert@localhost'], octets: LETTER(10) }]);
  assert.deepEqual(
    both?.recipients.map(({ code }) => code),
    [452, 250],
  );
  assert.equal(both?.letter.code, 250);
  await smtp.quit();

  assert.match(await done(office.verb(['account', 'show', 'anna'])), /^quota +110 % of 10 letters$/m);
  assert.match(await done(office.verb(['status'])), /^from 95 % of quota +1$/m);
  const owner = await Pop3Client.connect(office.place('plain'));
  await owner.login('anna', 'secret');
  for (let number = 1; number <= 9; number += 1) await owner.delete(number);
  await owner.quit();
  const again = await LmtpClient.connect(office.lmtp);
  await again.send({ to: ['anna'], octets: LETTER(12) });
  await again.quit();
  assert.equal((await subjects(office, 3)).at(-1), '12');
});

test('quota.over = "never" sends mail for a full mailbox back, and quota.warn = [] writes no letters (SM-35)', async (t) => {
  const office = await openOffice(t, 'quota.letters = 1\nquota.over = "never"\nquota.warn = []\n');
  await office.addAccount('anna', 'secret');
  const sender = await LmtpClient.connect(office.lmtp);
  await sender.send({ to: ['anna'], octets: LETTER(1) });
  assert.match(reply(await sender.send({ to: ['anna'], octets: LETTER(2) })), /^552 5\.2\.2 /);
  await sender.quit();
  assert.deepEqual(await subjects(office, 1), ['1']);
});
