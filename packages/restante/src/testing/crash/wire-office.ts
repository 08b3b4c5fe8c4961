import { LmtpClient } from '../lmtp-client.ts';
import { PeerError, stuffed } from '../octet-reader.ts';
import { ALL, type AliasOffice } from '../oracle/aliases.ts';
import type { ImportOffice } from '../oracle/imports.ts';
import type { SentLetter } from '../oracle/letter.ts';
import type { Answer, Office, Session } from '../oracle/office.ts';
import { Pop3Client, Pop3Refusal } from '../pop3-client.ts';
import { SmtpClient } from '../smtp-client.ts';
import type { OfficeProcess } from './office-process.ts';

const HOST = '127.0.0.1';

/** An office as its clients know it: SMTP, LMTP and POP3 over loopback, and the operator's channel. */
export function wireOffice(process: OfficeProcess): Office {
  const senders: LmtpClient[] = [];
  let toAll = 0;

  async function send(letter: SentLetter, to: readonly string[], answer: (index: number, with_: Answer) => void) {
    const sender = senders.pop() ?? (await LmtpClient.connect({ host: HOST, port: process.lmtp }));
    await sender.begin('sender@example.org', to);
    await sender.write(stuffed(letter.content));
    let answered = 0;
    for await (const { code, text } of sender.answers(to.length)) {
      const [, uniqueId = ''] = /kept as (\S+)$/u.exec(text) ?? [];
      answer(answered, code === 250 ? { type: 'accepted', uniqueId } : { type: 'refused', why: `${code} ${text}` });
      answered += 1;
    }
    senders.push(sender);
  }

  async function sendTogether({ content }: SentLetter, to: readonly string[]): Promise<Answer> {
    const sender = await SmtpClient.connect({ host: HOST, port: process.smtp });
    const [outcome] = await sender.sendAllInChunks([{ from: 'sender@example.org', to, octets: content }], 700);
    sender.drop();
    if (outcome?.recipients.every(({ code }) => code === 250) !== true) throw new PeerError('a recipient was refused');
    const { code, text } = outcome.letter;
    return code === 250 ? { type: 'accepted' } : { type: 'refused', why: `${code} ${text}` };
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
    /** By an alias, or by SMTP, in which all recipients share the answer. Each mailbox has a unique-id of its own for it. */
    async deliverToAll(letter, maildrops) {
      toAll += 1;
      if (toAll % 2 === 0) return process.whileThere(() => sendTogether(letter, maildrops));
      let answered: Answer | undefined;
      await process.whileThere(() =>
        send(letter, [ALL], (_, answer) => {
          answered = answer.type === 'accepted' ? { type: 'accepted' } : answer;
        }),
      );
      return answered ?? { type: 'refused', why: 'no answer' };
    },
    openSession: (maildrop) => process.whileThere(() => openSession(process, maildrop)),
    undelete: async (maildrop, uniqueIds, renamed) =>
      Number(await process.ask({ type: 'undelete', maildrop, uniqueIds, renamed })),
    purge: async (before) => Number(await process.ask({ type: 'purge', before })),
    compact: async () => {
      await process.ask({ type: 'compact' });
    },
  };
}

/** What the operator's channel has beside that. */
export function wireCounter(process: OfficeProcess): ImportOffice & AliasOffice {
  return {
    import: async (from, to) => (await process.ask({ type: 'import', from, to })) as readonly string[],
    setAlias: (alias) => process.ask({ type: 'set-alias', alias }),
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
