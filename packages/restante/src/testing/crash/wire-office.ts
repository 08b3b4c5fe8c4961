import { LmtpClient } from '../lmtp-client.ts';
import { stuffed } from '../octet-reader.ts';
import type { SentLetter } from '../oracle/letter.ts';
import type { Answer, Office, Session } from '../oracle/office.ts';
import { Pop3Client, Pop3Refusal } from '../pop3-client.ts';
import type { OfficeProcess } from './office-process.ts';

const HOST = '127.0.0.1';

/** An office as its clients know it: LMTP and POP3 over loopback, and the operator's channel. */
export function wireOffice(process: OfficeProcess): Office {
  const senders: LmtpClient[] = [];

  async function send(
    letter: SentLetter,
    maildrops: readonly string[],
    answer: (index: number, with_: Answer) => void,
  ) {
    const sender = senders.pop() ?? (await LmtpClient.connect({ host: HOST, port: process.lmtp }));
    await sender.begin('sender@example.org', maildrops);
    await sender.write(stuffed(letter.content));
    let answered = 0;
    for await (const { code, text } of sender.answers(maildrops.length)) {
      const [, uniqueId = ''] = /kept as (\S+)$/u.exec(text) ?? [];
      answer(answered, code === 250 ? { type: 'accepted', uniqueId } : { type: 'refused', why: `${code} ${text}` });
      answered += 1;
    }
    senders.push(sender);
  }

  return {
    deliver(letter, maildrops) {
      const answers = maildrops.map(() => Promise.withResolvers<Answer>());
      process
        .whileThere(() => send(letter, maildrops, (index, answer) => answers[index]?.resolve(answer)))
        .catch((error: unknown) => {
          for (const { reject } of answers) reject(error);
        });
      return answers.map(({ promise }) => promise);
    },
    openSession: (maildrop) => process.whileThere(() => openSession(process, maildrop)),
    undelete: (maildrop, uniqueIds) => process.ask({ type: 'undelete', maildrop, uniqueIds }),
    purge: (before) => process.ask({ type: 'purge', before }),
    compact: async () => {
      await process.ask({ type: 'compact' });
    },
  };
}

async function openSession(process: OfficeProcess, maildrop: string): Promise<Session> {
  const client = await Pop3Client.connect({ address: { host: HOST, port: process.pop3 }, mode: 'plain' });
  await client.login(maildrop, 'password');
  return {
    list: () => process.whileThere(async () => [...(await client.uniqueIds()).values()]),
    retrieve: (numbers) =>
      process.whileThere(async () => {
        const letters: Buffer[] = [];
        for await (const { octets } of client.pipelined(numbers.map((number) => `RETR ${number}`)))
          letters.push(octets);
        return letters;
      }),
    quit: (remove) =>
      process.whileThere(async () => {
        for await (const _ of client.pipelined(remove.map((number) => `DELE ${number}`)));
        try {
          // The answer counts as soon as it is there, whatever becomes of the connection.
          await client.command('QUIT');
          return true;
        } catch (error) {
          if (error instanceof Pop3Refusal) return false;
          throw error;
        } finally {
          await client.drop();
        }
      }),
  };
}
