import { randomUUID } from 'node:crypto';
import { placeNotice } from '../office/notices/notices.ts';
import type { DurableStore } from '../store/store.ts';

/** Puts the letter of a first start into the maildrop. */
export async function deliverWelcome(
  store: Pick<DurableStore, 'beginNotice'>,
  account: string,
  hostname: string,
  now = Date.now(),
): Promise<void> {
  await placeNotice(
    store,
    { subject: 'Welcome to your post office', text: TEXT },
    { account, domain: 'localhost', hostname, id: randomUUID(), at: now },
  );
}

const TEXT = `Welcome!

This is poste restante: mail comes in by SMTP, is kept here, and waits
until its owner calls for it by POP3. This letter has been waiting for you.

A letter stays until you delete it and say goodbye (DELE and QUIT): a
lost connection never removes anything. One that was deleted by mistake
can be brought back for a while.

Next: give yourself an account of your own name (restante account add),
and tell the world, or at least your mail server, to deliver here.
`;
