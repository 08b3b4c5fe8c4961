/**
 * BDAT: a letter in chunks (RFC 3030 §2, RFC 2033 §4.3).
 * @module
 */
import type { LetterFaults } from './effects.ts';
import { ChunkedLetter } from './mail-data.ts';
import * as replies from './replies.ts';
import type { DeliverySession, Handlers } from './session.ts';
import type { OpenTransaction } from './transaction.ts';

/** What BDAT announces. */
interface Chunk {
  readonly octets: number;
  readonly last: boolean;
}

export const chunking: Handlers<'BDAT'> = {
  /** The chunk's octets stand behind the line whether it is obeyed or not, so they come first in every case (SM-50). */
  BDAT(session, argument) {
    const chunk = parseChunk(argument);
    // How much is no command cannot be told, and must not be taken for commands.
    if (chunk === undefined) return session.sayAndClose(replies.WRONG_ARGUMENT.BDAT, 'limit');
    // Nobody lives to see the end of it.
    if (!Number.isSafeInteger(chunk.octets)) return session.sayAndClose(replies.LETTER_TOO_LARGE, 'limit');
    const { transaction: open } = session;
    if (open === undefined || !session.allows('BDAT')) {
      return session.passOver(chunk.octets, () => refuse(session, chunk));
    }
    if (open.chunked !== undefined) return take(session, open, open.chunked, chunk);
    const letter = new ChunkedLetter(open.parameters.bareCr);
    open.chunked = letter;
    session.ask({ type: 'receive', transaction: open }, () => take(session, open, letter, chunk));
  },
};

function parseChunk(argument: string): Chunk | undefined {
  const [, octets, last] = /^([0-9]+)(?: +(LAST))?$/i.exec(argument) ?? [];
  return octets === undefined ? undefined : { octets: Number(octets), last: last !== undefined };
}

function take(session: DeliverySession, open: OpenTransaction, letter: ChunkedLetter, chunk: Chunk): void {
  if (letter.octets + chunk.octets > session.options.limits.letter) {
    const faults = { ...letter.faults, tooLarge: true };
    session.passOver(chunk.octets, () => conclude(session, open, chunk, faults));
  } else {
    session.receive(letter.chunk(chunk.octets), (refused) => {
      if (chunk.last) letter.end();
      if (chunk.last || refused) conclude(session, open, chunk, letter.faults);
      else session.send(replies.CHUNK_OK);
    });
  }
}

/** The letter is whole, or refused before: then one reply tells, and the rest of it is refused too. */
function conclude(session: DeliverySession, open: OpenTransaction, chunk: Chunk, faults: LetterFaults): void {
  if (chunk.last) session.transaction = undefined;
  else open.failed = true;
  session.conclude(open, faults, chunk.last ? session.options.protocol.replies : 'one');
}

/** One reply; behind the last chunk as many as there would have been otherwise, even none (LM-06). */
function refuse(session: DeliverySession, { last }: Chunk): void {
  const { transaction: open, options } = session;
  const replies = last && open !== undefined && options.protocol.replies === 'each' ? open.recipients.length : 1;
  for (let reply = 0; reply < replies; reply += 1) session.refuse('BDAT');
  if (last && open?.failed === true) session.transaction = undefined;
}
