import { type Pop3Client, Pop3Error } from '@restante/pop/client';
import type { Change } from '../journal/journal.ts';
import type { Books } from './books.ts';
import { NotTaken } from './reading.ts';

/** The session broke off; the letter that was on its way has been blamed. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

/** Whose fault it is that a letter was not fetched, as a change of the journal. */
export function blame(
  key: string,
  error: unknown,
  { books, client, stopped }: { readonly books: Books; readonly client: Pop3Client; readonly stopped: boolean },
): Change {
  const why = error instanceof Error ? error.message : String(error);
  if (error instanceof NotTaken || stopped) return books.failure(key, why, { blamed: false });
  if (!(error instanceof Pop3Error)) {
    // The connection is dropped because of it, unless there is little to come.
    books.breakers.add(key);
    return books.failure(key, why, { blamed: true });
  }
  if (error.code === 'UNSUPPORTED') return { type: 'skipped', key, why: `its header cannot be had: ${why}` };
  if (client.failure === undefined) {
    // What is refused for now is suspected once, so that it comes last from then on: it may be so for ever (RC-07).
    const { attempts } = books.letter(key) ?? { attempts: 1 };
    const isSuspected = attempts <= 1 && attempts < books.account.policy.attempts;
    return books.failure(key, why, { blamed: !error.retryable || isSuspected, patient: true });
  }
  // A server that mixes up what is pipelined does so whatever the letter; and a connection that we dropped was no fault.
  const mixedUp = client.pipelining === 'distrusted' && !books.facts.pipeliningDistrusted;
  if (mixedUp || client.failure.code === 'ABORTED') return books.failure(key, why, { blamed: false });
  books.breakers.add(key);
  return books.failure(key, why, { blamed: true, patient: true });
}
