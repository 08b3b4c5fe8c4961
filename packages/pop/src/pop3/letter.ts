import type { Entry } from '../maildrop/maildrop.ts';
import { StoreError } from '../maildrop/store-error.ts';
import { CR, LF } from '../wire/octets.ts';
import { Stuffer, TERMINATOR } from '../wire/stuffer.ts';
import { unreadable } from './listing.ts';
import { ok } from './replies.ts';
import type { Session } from './session.ts';
import type { TopCut } from './top.ts';

/**
 * A letter as a multi-line response, whole or cut by TOP; `sent` is called when all of that has gone out,
 * with whether it was the letter to its last octet.
 *
 * Its octets are counted on the way. If they are not those that LIST shows, or the store fails in the middle, the
 * connection is destroyed and the terminator never sent, so that no client takes a part for the whole. Until the first
 * octets are at hand nothing is sent, and a failure is an error like any other.
 */
export function sendLetter(
  session: Session,
  entry: Entry,
  top: TopCut | undefined,
  sent: (whole: boolean) => void,
): void {
  const status = ok(top === undefined ? `${entry.octets} octets` : 'top of message follows');
  const stuffer = entry.dotted ? new Stuffer() : undefined;
  let octets = 0;
  /** The last octet of the slices before: one may end between a CR and its LF. */
  let last = 0;
  /** Octets of the letter that went out. */
  let handedOut = 0;

  const finish = (): void => {
    session.send(TERMINATOR);
    sent(handedOut === entry.octets);
  };

  const next = (): void => {
    session.ask({ type: 'read', number: entry.number, from: octets }, (slice) => {
      if (slice instanceof StoreError) {
        if (octets === 0) return unreadable(session, slice);
        return session.destroy('error', `message ${entry.number} broke off: ${slice.message}`);
      }
      if (octets === 0) session.send(status);
      octets += slice.length;
      if (slice.length === 0 || octets > entry.octets) {
        return session.destroy(
          'error',
          `message ${entry.number} has ${octets} octets, not the ${entry.octets} it is listed with`,
        );
      }
      const part = top === undefined ? slice : top.take(slice);
      handedOut += part.length;
      session.sendOctets(stuffer === undefined ? part : stuffer.stuff(part));
      const endsLine = part.at(-1) === LF && (part.at(-2) ?? last) === CR;
      last = part.at(-1) ?? last;
      if (octets < entry.octets && top?.done !== true) return next();
      // Without a line end the terminator would be taken for text, and with one more the octets were not those listed.
      if (!endsLine) return session.destroy('error', `message ${entry.number} does not end with CRLF`);
      finish();
    });
  };

  if (entry.octets > 0) {
    next();
  } else {
    session.send(status);
    finish();
  }
}
