import type { Pop3Client } from '@restante/pop/client';
import { reasonOf } from '../../failure.ts';
import { mailboxKey } from '../account.ts';
import type { Destination, FoundLetter, IncomingLetter } from '../destinations/destination.ts';
import type { Change } from '../journal/journal.ts';
import type { Planned } from './asking.ts';
import type { Books } from './books.ts';
import { Ending } from './ending.ts';
import { keepAlive } from './keep-alive.ts';
import type { Stop } from './stop.ts';

/**
 * Where the journal is new, asks the destination which of the letters to be fetched it has: the journal may have been lost,
 * and they must not come twice. Answers whether there were any; then the plan has to be made anew.
 */
export async function adoptFound(
  books: Books,
  {
    plan,
    situation,
    destination,
    client,
    stop,
  }: Planned & {
    readonly destination: Destination;
    readonly client: Pop3Client;
    readonly stop: Stop;
  },
): Promise<boolean> {
  if (situation.facts.begun !== undefined || destination.find === undefined) return false;
  const listed = new Map(plan.changes.flatMap((change) => (change.type === 'listed' ? [[change.key, change.at]] : [])));
  const mailbox = mailboxKey(books.account);
  const letters = plan.steps.flatMap((step): IncomingLetter[] => {
    if (step.type !== 'fetch') return [];
    const { key, letter } = step;
    const at = books.letter(key)?.listed ?? listed.get(key) ?? situation.now;
    return [{ mailbox, key, uniqueId: letter.uniqueId, listed: at }];
  });
  if (letters.length === 0) return false;
  let found: ReadonlyMap<string, FoundLetter>;
  try {
    found = await stop.orStopped(keepAlive(client, books.clock, destination.find(letters)));
  } catch (error) {
    if (error instanceof Ending) throw error;
    throw new Ending('later', `${destination.name}: ${reasonOf(error)}`, error);
  }
  const why = `found at ${destination.name}`;
  const adopted = letters.flatMap(({ key, uniqueId }): Change[] => {
    const letter = found.get(key);
    if (letter === undefined) return [];
    const { place, octets, sha256 } = letter;
    // Without proof it would stay at the server for ever. Fetched once more it has one, and is there once all the same.
    if (sha256 === undefined && books.account.policy.afterwards.type !== 'keep') return [];
    const proof = octets === undefined || sha256 === undefined ? {} : { proof: { octets, sha256 } };
    const { name } = destination;
    return [{ type: 'adopted', key, uniqueId, at: situation.now, why, place, destination: name, ...proof }];
  });
  if (adopted.length === 0) return false;
  books.write([...plan.changes, ...adopted]);
  books.tell({ event: 'recognised', letters: adopted.length, why });
  return true;
}
