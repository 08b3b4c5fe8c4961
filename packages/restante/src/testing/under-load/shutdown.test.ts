import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { suite, test } from 'node:test';
import { openStore } from '../../store/store.ts';
import { LmtpClient } from '../lmtp-client.ts';
import { stuffed } from '../octet-reader.ts';
import { lmtpDoor } from '../office.ts';
import { verifyStore } from '../oracle/inspect.ts';
import { recogniseLetter, writeLetter } from '../oracle/letter.ts';
import { Promises } from '../oracle/promises.ts';
import { Random } from '../oracle/random.ts';
import { Pop3Client } from '../pop3-client.ts';
import { RunningOffice, temporaryFolder } from '../running-office.ts';

const thorough = process.env['RESTANTE_LONG'] === '1';
const PASSWORD = 'at any moment';
const maildrops = ['one', 'two'];
const SENDERS = 3;

suite('SIGTERM in the middle of everything', () => {
  test('what got 250 is there once and whole, what got +OK is gone, and the office ends with status 0', async (t) => {
    const rounds = thorough ? 300 : 4;
    const data = temporaryFolder();
    t.after(() => rmSync(data, { recursive: true, force: true }));
    const random = new Random(1);
    const promises = new Promises();
    let [letters, accepted, removed] = [0, 0, 0];
    for (let round = 0; round < rounds; round += 1) {
      const office = await RunningOffice.start({ data, config: 'log.level = "warn"\n' });
      if (round === 0) for (const name of maildrops) await office.addAccount(name, PASSWORD);
      let stopped = false;
      const clients = [
        ...Array.from({ length: SENDERS }, () => send(office)),
        ...maildrops.map((name) => call(office, name)),
      ];
      const after = accepted + removed + 1 + random.below(40);
      let noted = () => {};
      const enough = new Promise<void>((resolve) => {
        noted = () => accepted + removed >= after && resolve();
        noted();
      });
      await Promise.race([enough, ...clients]);
      stopped = true;
      await office.stop();
      await Promise.all(clients);
      await using store = await openStore({ data });
      assert.deepEqual(await verifyStore(store, maildrops, promises, { use: false }), [], `round ${round}`);

      /** Whatever is not answered may have happened or not: the office is closing. */
      async function untilGone(work: () => Promise<void>): Promise<void> {
        try {
          for (;;) await work();
        } catch (error) {
          if (!stopped || error instanceof assert.AssertionError) throw error;
        }
      }

      function send(to: RunningOffice): Promise<void> {
        return untilGone(async () => {
          const lmtp = await LmtpClient.connect(lmtpDoor(to));
          for (let left = 10; left > 0; left -= 1) {
            letters += 1;
            const letter = writeLetter(`letter-${letters}`, random.oneIn(15) ? 1_200_000 : random.below(20_000));
            const { name, sha256 } = letter;
            const recipients = random.oneIn(3) ? maildrops : [maildrops[random.below(2)] ?? ''];
            await lmtp.begin('sender@example.org', recipients);
            for (const maildrop of recipients) promises.record({ type: 'sending', maildrop, letter: name, sha256 });
            await lmtp.write(stuffed(letter.content));
            let index = 0;
            for await (const { code, text } of lmtp.answers(recipients.length)) {
              const maildrop = recipients[index] ?? '';
              index += 1;
              const [, uniqueId = ''] = /kept as (\S+)$/u.exec(text) ?? [];
              if (code === 250) promises.record({ type: 'accepted', maildrop, letter: name, uniqueId });
              else promises.record({ type: 'refused', maildrop, letter: name });
              accepted += code === 250 ? 1 : 0;
              noted();
            }
          }
          await lmtp.quit();
        });
      }

      function call(at: RunningOffice, maildrop: string): Promise<void> {
        return untilGone(async () => {
          const client = await Pop3Client.connect(at.place(random.oneIn(2) ? 'plain' : 'TLS'));
          await client.login(maildrop, PASSWORD);
          const listing = [...(await client.uniqueIds())].slice(0, 30);
          const marked: { number: number; name: string }[] = [];
          for (const [number, uniqueId] of listing) {
            const found = recogniseLetter(await client.retrieve(number));
            const name = found?.name ?? uniqueId;
            promises.record({ type: 'retrieved', maildrop, letter: name, uniqueId, sha256: found?.sha256 ?? '' });
            if (random.oneIn(2)) marked.push({ number, name });
          }
          for (const { number } of marked) await client.delete(number);
          const names = marked.map(({ name }) => name);
          promises.record({ type: 'removing', maildrop, letters: names, at: Date.now() });
          await client.command('QUIT');
          promises.record({ type: 'removed', maildrop, letters: names });
          removed += names.length;
          noted();
          await client.drop();
        });
      }
    }
    t.diagnostic(
      `${rounds} times: ${letters} letters tried, ${accepted} accepted, ${removed} removed; 0 lost, 0 twice, 0 changed`,
    );
  });
});
