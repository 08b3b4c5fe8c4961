import type { Entry } from '../maildrop/maildrop.ts';
import { StoreError } from '../maildrop/store-error.ts';
import { TERMINATOR } from '../wire/stuffer.ts';
import { err } from './replies.ts';
import { responseCode } from './response-codes.ts';
import type { Session } from './session.ts';

/** Entries asked for at a time: what a listing of any length keeps in memory. */
const SLICE = 1_000;

/** Goes on with a message's entry, or answers why there is none. */
export function withEntry(session: Session, number: number, then: (entry: Entry) => void): void {
  const { view } = session;
  const problem = view.problem(number);
  if (problem !== undefined) {
    session.send(err(problem));
  } else if (view.recent?.number === number) {
    then(view.recent);
  } else {
    session.ask({ type: 'entries', from: number, to: number }, (answer) => {
      const entries = sound(answer, number, number);
      if (entries instanceof StoreError) return unreadable(session, entries);
      view.recent = entries[0];
      if (view.recent !== undefined) then(view.recent);
    });
  }
}

/**
 * A multi-line response with one line for each message that is not marked. It goes out slice by slice as the peer takes
 * it, and begins only when the first slice is at hand, so that a store that cannot be read is still an error.
 */
export function sendListing(session: Session, status: string, line: (entry: Entry) => string): void {
  const { view } = session;
  const slice = (from: number): void => {
    const to = Math.min(view.count, from + SLICE - 1);
    session.ask({ type: 'entries', from, to }, (answer) => {
      const entries = sound(answer, from, to);
      if (entries instanceof StoreError) {
        if (from === 1) return unreadable(session, entries);
        return session.destroy('error', `a listing broke off: ${entries.message}`);
      }
      let text = from === 1 ? status : '';
      for (const entry of entries) {
        if (!view.marks.has(entry.number)) text += line(entry);
      }
      const next = from + entries.length;
      session.send(next > view.count ? text + TERMINATOR : text);
      if (next <= view.count) slice(next);
    });
  };
  if (view.count === 0) session.send(status + TERMINATOR);
  else slice(1);
}

/** What was asked for, unless the store answered something else: that is as if it could not be read. */
function sound(answer: readonly Entry[] | StoreError, from: number, to: number): readonly Entry[] | StoreError {
  if (answer instanceof StoreError) return answer;
  const last = from + answer.length - 1;
  if (answer.length > 0 && last <= to && answer[0]?.number === from && answer.at(-1)?.number === last) return answer;
  return new StoreError('permanent', `the entries from ${from} to ${to} are not what the store answered`);
}

/** Nothing of the reply was sent yet: the session goes on. */
export function unreadable(session: Session, error: StoreError): void {
  session.send(err('the maildrop cannot be read', responseCode(error.kind)));
}
