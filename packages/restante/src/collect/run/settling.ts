import { reasonOf } from '../../failure.ts';
import { mailboxKey } from '../account.ts';
import type { Destination, Settled } from '../destinations/destination.ts';
import type { Change, LetterRecord } from '../journal/journal.ts';
import type { Books } from './books.ts';
import { Ending } from './ending.ts';
import type { Stop } from './stop.ts';

/** Settles what an earlier run left open when it died, as far as the server need not be asked. Rejects with an {@link Ending}. */
export async function settleEarlier(books: Books, destination: Destination, stop: Stop): Promise<void> {
  const fetching: LetterRecord[] = [];
  const staged: LetterRecord[] = [];
  const changes: Change[] = [];
  // A call that found nothing to do left nothing open, and nothing has been begun since.
  for (const record of books.facts.quiet === undefined ? books.letters() : []) {
    const { key, state } = record;
    if (state === 'fetching') fetching.push(record);
    else if (state === 'staged') staged.push(record);
    // DELE may have gone out, and QUIT too: the next listing tells (P3-64).
    else if (state === 'delete-sent') changes.push({ type: 'unknown', key });
  }
  const { failures } = books.facts;
  books.write([...changes, ...cutOff(books, fetching)], fetching.length > 0 ? { failures: failures + 1 } : undefined);
  await settleStaged(books, destination, { staged, stop });
}

/**
 * Letters that were on their way when the process died. If there was only one, it may be what the process died of: it is
 * blamed. Of many nobody knows which it was, or whether it was any: if runs die one after the other each is suspected, once,
 * so that it is fetched alone from then on. None is given up for it.
 */
function cutOff(books: Books, letters: readonly LetterRecord[]): Change[] {
  const { attempts: most } = books.account.policy;
  const again = books.facts.failures > 0;
  return letters.map(({ key, attempts }) => {
    const blamed = letters.length === 1 || (again && attempts <= 1 && attempts < most);
    return books.failure(key, 'the run ended while it was on its way', { blamed });
  });
}

async function settleStaged(
  books: Books,
  destination: Destination,
  { staged, stop }: { readonly staged: readonly LetterRecord[]; readonly stop: Stop },
): Promise<void> {
  const ours = staged.filter((record) => record.destination === destination.name);
  const mailbox = mailboxKey(books.account);
  const letters = ours.map(({ key, uniqueId, listed, place = '', octets = 0, sha256 = '' }) => {
    return { letter: { mailbox, key, uniqueId, listed }, place, octets, sha256 };
  });
  let answers: readonly Settled[];
  try {
    // Asked if there is none too: then it sweeps what lies there.
    answers = await stop.orStopped(destination.settle(letters));
  } catch (error) {
    if (error instanceof Ending) throw error;
    throw new Ending('later', `${destination.name}: ${reasonOf(error)}`, error);
  }
  const at = books.clock.now();
  const changes: Change[] = [];
  for (const [index, { key, place }] of ours.entries()) {
    const settled = answers[index];
    if (settled?.type === 'there') {
      changes.push({ type: 'kept', key, at, ...(settled.place !== place && { place: settled.place }) });
    } else if (settled?.type === 'not-there') {
      changes.push(books.failure(key, 'the run ended before it was placed', { blamed: false }));
    } else if (settled !== undefined) {
      changes.push({ type: 'held', key, why: settled.why });
    }
  }
  for (const { key, destination: other } of staged.filter((record) => record.destination !== destination.name)) {
    const why = `it was on its way to ${other} when a run ended, and letters go to ${destination.name} now: look for it there`;
    changes.push({ type: 'held', key, why });
  }
  books.write(changes);
  for (const [index, record] of ours.entries()) {
    if (answers[index]?.type !== 'there') continue;
    const { key, uniqueId, octets = 0, sha256 = '', headersOnly } = record;
    const place = books.letter(key)?.place ?? '';
    books.markKept(key, octets);
    books.tell({ event: 'kept', uniqueId, octets, sha256, place, headersOnly });
  }
}
