import { randomUUID } from 'node:crypto';
import { type Store, StoreError } from '@restante/pop/maildrop';
import { date } from '../delivery/trace-fields.ts';

/** Puts the letter of a first start into the maildrop. */
export async function deliverWelcome(store: Store, account: string, hostname: string, now = Date.now()): Promise<void> {
  const id = randomUUID();
  const trace = Buffer.from(
    `Return-Path: <>\r\nDelivered-To: ${account}@localhost\r\n` +
      `Received: by ${hostname} (Restante) id ${id}\r\n\tfor <${account}@localhost>; ${date(now)}\r\n`,
  );
  const delivery = store.beginDelivery({ returnPath: '', recipients: [{ maildrop: account, trace }] });
  await delivery.write(Buffer.from(letter(account, hostname, id, now)));
  for (const placed of await Promise.all(delivery.commit())) if (placed instanceof StoreError) throw placed;
}

function letter(account: string, hostname: string, id: string, now: number): string {
  return [
    'From: Restante <postmaster@localhost>',
    `To: ${account}@localhost`,
    'Subject: Welcome to your post office',
    `Date: ${date(now)}`,
    `Message-ID: <${id}@${hostname}>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
    'Content-Transfer-Encoding: 7bit',
    '',
    'Welcome!',
    '',
    'This is poste restante: mail comes in by SMTP, is kept here, and waits',
    'until its owner calls for it by POP3. This letter has been waiting for you.',
    '',
    'A letter stays until you delete it and say goodbye (DELE and QUIT): a',
    'lost connection never removes anything. One that was deleted by mistake',
    'can be brought back for a while.',
    '',
    'Next: give yourself an account of your own name (restante account add),',
    'and tell the world, or at least your mail server, to deliver here.',
    '',
  ].join('\r\n');
}
