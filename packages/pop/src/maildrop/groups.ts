import type { Recipient } from './store.ts';

/**
 * Numbers the recipients by what is answered together: those of one {@link Recipient.group}, and those without one that
 * name the same mailbox. A group gets the letter when all of its mailboxes can take it; a mailbox gets it, once, when it
 * is in a group that does, whatever becomes of others that it is in.
 */
export function groupsOf(recipients: readonly Pick<Recipient, 'maildrop' | 'group'>[]): readonly number[] {
  const numbers = new Map<number | string, number>();
  return recipients.map(({ maildrop, group = maildrop }) => {
    const number = numbers.get(group) ?? numbers.size;
    numbers.set(group, number);
    return number;
  });
}
