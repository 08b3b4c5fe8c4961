import { StoreError } from '../maildrop/store-error.ts';
import { sendLetter } from './letter.ts';
import { sendListing, withEntry } from './listing.ts';
import { err, ok } from './replies.ts';
import { responseCode } from './response-codes.ts';
import type { Handlers, Session } from './session.ts';
import { TopCut } from './top.ts';

/** The commands of TRANSACTION, and QUIT (RFC 1939 §5 to §7). */
export const transaction: Handlers<'STAT' | 'LIST' | 'RETR' | 'DELE' | 'NOOP' | 'RSET' | 'TOP' | 'UIDL' | 'QUIT'> = {
  STAT(session) {
    const { messages, octets } = session.view.left;
    session.send(ok(`${messages} ${octets}`));
  },

  LIST(session, number) {
    if (number !== undefined) {
      return withEntry(session, number, (entry) => session.send(ok(`${entry.number} ${entry.octets}`)));
    }
    sendListing(session, ok(session.view.summary), (entry) => `${entry.number} ${entry.octets}\r\n`);
  },

  UIDL(session, number) {
    if (number !== undefined) {
      return withEntry(session, number, (entry) => session.send(ok(`${entry.number} ${entry.uniqueId}`)));
    }
    sendListing(session, ok('unique-id listing follows'), (entry) => `${entry.number} ${entry.uniqueId}\r\n`);
  },

  RETR(session, number) {
    withEntry(session, number, (entry) => {
      sendLetter(session, entry, undefined, () => {
        session.tally.retrieved += 1;
        session.view.retrieved.add(entry.number);
      });
    });
  },

  TOP(session, { number, lines }) {
    withEntry(session, number, (entry) => {
      sendLetter(session, entry, new TopCut(entry.body, lines), (whole) => {
        session.tally.topped += 1;
        if (whole) session.view.viewed.add(entry.number);
      });
    });
  },

  /** Nothing is removed before UPDATE (P3-47). */
  DELE(session, number) {
    withEntry(session, number, (entry) => {
      session.view.mark(entry);
      session.send(ok(`message ${entry.number} deleted`));
    });
  },

  NOOP(session) {
    session.send(ok('nothing done'));
  },

  RSET(session) {
    session.view.unmarkAll();
    session.send(ok(`maildrop has ${session.view.summary}`));
  },

  QUIT(session) {
    if (session.situation.state === 'AUTHORIZATION') {
      session.send(ok('goodbye'));
      session.close('quit-unauthenticated');
    } else if (session.view.marks.size > 0) update(session);
    else if (session.view.handedOut) tell(session);
    else bid(session);
  },
};

/** UPDATE (RFC 1939 §6): only a removal that is durable is answered +OK (P3-61, P3-63). */
function update(session: Session): void {
  const { marks, fetched } = session.view;
  session.ask({ type: 'expunge', numbers: marks.numbers(), fetched }, (outcome) => {
    if (outcome instanceof StoreError) {
      session.send(err('deleted messages were not removed', responseCode(outcome.kind)));
      return session.close('error', `expunge: ${outcome.message}`);
    }
    const { length: kept } = outcome.notRemoved;
    session.tally.deleted = marks.size - kept;
    if (kept === 0) return bid(session);
    session.send(err('some deleted messages were not removed', 'SYS/TEMP'));
    session.close('error', `expunge: ${kept} of ${marks.size} letters were not removed`);
  });
}

/** Nothing is marked: the store learns what was fetched, and whatever it makes of that, nothing was asked for that could fail. */
function tell(session: Session): void {
  session.ask({ type: 'expunge', numbers: [], fetched: session.view.fetched }, (outcome) => {
    bid(
      session,
      outcome instanceof StoreError ? `what was fetched is not in the ledger: ${outcome.message}` : undefined,
    );
  });
}

function bid(session: Session, reason?: string): void {
  session.send(ok('goodbye'));
  session.close('quit', reason);
}
