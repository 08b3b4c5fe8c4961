/**
 * The commands that make up a mail transaction (RFC 5321 §3.3), in the order in which they come.
 * @module
 */
import type { Transaction, TransactionRecipient } from './effects.ts';
import { parseMail, parseRcpt } from './path.ts';
import * as replies from './replies.ts';
import type { DeliverySession, Handlers } from './session.ts';

/** A transaction whose recipients are still being named. */
export type OpenTransaction = Transaction & { readonly recipients: TransactionRecipient[] };

export const transaction: Handlers<'LHLO' | 'MAIL' | 'RCPT' | 'DATA' | 'RSET'> = {
  LHLO(session, name) {
    if (!/^[!-~]{1,255}$/.test(name)) return session.bad(replies.WRONG_ARGUMENT.LHLO);
    session.hello = name;
    session.transaction = undefined;
    session.send(replies.hello(session.options.hostname, session.options.limits.letter));
  },

  MAIL(session, argument) {
    const parsed = parseMail(argument, session.options.spacesRoundColon);
    if (typeof parsed === 'string') return session.bad(replies.PATH_FAULTS.MAIL[parsed]);
    const { path: returnPath, parameters } = parsed;
    const { size = 0 } = parameters;
    if (size > session.options.limits.letter) return session.send(replies.LETTER_TOO_LARGE);
    const envelope = {
      number: session.transactions + 1,
      hello: session.hello ?? '',
      returnPath,
      parameters,
      recipients: [],
    };
    if (size === 0) return begin(session, envelope);
    session.ask({ type: 'space', octets: size }, (enough) => {
      if (enough) begin(session, envelope);
      else session.send(replies.NO_ROOM);
    });
  },

  RCPT(session, argument) {
    const parsed = parseRcpt(argument, session.options.spacesRoundColon);
    if (typeof parsed === 'string') return session.bad(replies.PATH_FAULTS.RCPT[parsed]);
    const { recipients } = openOf(session);
    if (recipients.length >= session.options.limits.recipients) return session.send(replies.TOO_MANY_RECIPIENTS);
    const { path } = parsed;
    session.ask({ type: 'route', path }, (route) => {
      if (route.type !== 'maildrops') return session.send(replies.RECIPIENT_REFUSED[route.type]);
      recipients.push({ path, maildrops: route.maildrops });
      session.send(replies.RECIPIENT_OK);
    });
  },

  DATA(session) {
    session.send(replies.GO_AHEAD);
    session.receive(openOf(session));
  },

  RSET(session) {
    session.transaction = undefined;
    session.send(replies.RESET_OK);
  },
};

function begin(session: DeliverySession, envelope: OpenTransaction): void {
  session.transactions = envelope.number;
  session.transaction = envelope;
  session.send(replies.SENDER_OK);
}

function openOf({ transaction: open }: DeliverySession): OpenTransaction {
  if (open === undefined) throw new Error('a command of a transaction was let through without one');
  return open;
}
