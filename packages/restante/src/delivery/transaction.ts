/**
 * The commands that make up a mail transaction (RFC 5321 §3.3), in the order in which they come.
 * @module
 */
import type { Transaction, TransactionRecipient } from './effects.ts';
import { type ChunkedLetter, DottedData } from './mail-data.ts';
import { parseMail, parseRcpt } from './path.ts';
import * as replies from './replies.ts';
import type { DeliverySession, Handlers } from './session.ts';

/** A transaction whose recipients are still being named, or whose letter comes in chunks. */
export interface OpenTransaction extends Transaction {
  readonly recipients: TransactionRecipient[];
  /** Its letter, once the first chunk has come. */
  chunked?: ChunkedLetter;
  /** Whether one of the chunks was refused. */
  failed?: boolean;
}

export const transaction: Handlers<'MAIL' | 'RCPT' | 'DATA' | 'RSET'> = {
  MAIL(session, argument) {
    const parsed = parseMail(argument, session.options.spacesRoundColon);
    if (typeof parsed === 'string') return session.bad(replies.PATH_FAULTS.MAIL[parsed]);
    const { path: returnPath, parameters } = parsed;
    if (parameters.bareCr && !session.options.protocol.bareCr) return session.bad(replies.PATH_FAULTS.MAIL.parameter);
    const { size = 0 } = parameters;
    if (size > session.options.limits.letter) return session.send(replies.LETTER_TOO_LARGE);
    const envelope = {
      number: session.transactions + 1,
      hello: session.hello?.name ?? '',
      with: session.with,
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
    const { recipients, parameters } = openOf(session);
    const { size: declared } = parameters;
    if (recipients.length >= session.options.limits.recipients) return session.send(replies.TOO_MANY_RECIPIENTS);
    const { path } = parsed;
    session.ask({ type: 'route', path, ...(declared !== undefined && { declared }) }, (route) => {
      if (route.type === 'refused') return session.send(replies.answer(route, session.options.overQuota));
      if (route.type !== 'maildrops') return session.send(replies.RECIPIENT_REFUSED[route.type]);
      const { maildrops, because } = route;
      const rule = because && { rule: because.rule };
      recipients.push({ path, maildrops: shared(recipients, maildrops), ...rule });
      session.send(replies.RECIPIENT_OK);
    });
  },

  DATA(session) {
    const open = openOf(session);
    const letter = new DottedData(open.parameters.bareCr);
    session.transaction = undefined;
    session.send(replies.GO_AHEAD);
    session.ask({ type: 'receive', transaction: open }, () => {
      session.receive(letter, () => session.conclude(open, letter.faults, session.options.protocol.replies));
    });
  },

  RSET(session) {
    session.forget(() => session.send(replies.RESET_OK));
  },
};

function begin(session: DeliverySession, envelope: OpenTransaction): void {
  session.transactions = envelope.number;
  session.transaction = envelope;
  session.send(replies.SENDER_OK);
}

/** Who leads to the same mailboxes has the same list: a long alias may be named a thousand times, with a thousand tags. */
function shared(recipients: readonly TransactionRecipient[], maildrops: readonly string[]): readonly string[] {
  const same = recipients.find(
    (other) =>
      other.maildrops.length === maildrops.length && maildrops.every((name, at) => name === other.maildrops[at]),
  );
  return same?.maildrops ?? maildrops;
}

function openOf({ transaction: open }: DeliverySession): OpenTransaction {
  if (open === undefined) throw new Error('a command of a transaction was let through without one');
  return open;
}
