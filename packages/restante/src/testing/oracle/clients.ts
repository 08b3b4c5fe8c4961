import { recogniseLetter, type SentLetter, writeLetter } from './letter.ts';
import { type Office, OfficeLost, type Session } from './office.ts';
import type { PromiseEvent, Promises } from './promises.ts';
import type { Random } from './random.ts';

export interface ClientsOptions {
  readonly office: Office;
  readonly random: Random;
  readonly maildrops: readonly string[];
  /** What the clients know; every event goes through `record`, which has to tell it. */
  readonly promises: Promises;
  readonly record: (event: PromiseEvent) => void;
  /** Begins the names of this run's letters, so that no two runs send the same one. */
  readonly name: string;
  /** How many clients send letters at once. */
  readonly senders: number;
  /** What each client does so many times, unless the office is lost before; absent means until it is lost. */
  readonly times?: number;
  /** Octets of the letters that are too large for a batch. */
  readonly large: number;
  /** Told what the office refuses to an owner or operator; without it that is an error of the test. */
  readonly refused?: (error: unknown) => void;
}

/** Many clients at once: some send, the owner of each mailbox calls, removes letters and wants some back, an operator purges. */
export async function runClients(options: ClientsOptions): Promise<void> {
  const { maildrops, senders } = options;
  const turns = new Turns();
  const clients = [
    ...Array.from({ length: senders }, (_, index) => untilLost(options, (time) => send(options, `${index}-${time}`))),
    ...maildrops.map((maildrop) => untilLost(options, (time) => callFor(options, maildrop, turns, time))),
  ];
  await Promise.all(clients);
}

async function untilLost(
  { times = Number.POSITIVE_INFINITY }: ClientsOptions,
  step: (time: number) => Promise<void>,
): Promise<void> {
  try {
    for (let time = 0; time < times; time += 1) await step(time);
  } catch (error) {
    if (!(error instanceof OfficeLost)) throw error;
  }
}

async function send(options: ClientsOptions, number: string): Promise<void> {
  const { office, random, maildrops, record, name, large } = options;
  const letter = writeLetter(`${name}-${number}`, random.oneIn(25) ? large + random.below(large) : random.below(6_000));
  if (random.oneIn(5)) return sendToAll(options, letter);
  const first = random.below(maildrops.length);
  const recipients = maildrops.filter((_, index) => index === first || random.oneIn(4));
  for (const maildrop of recipients) record({ type: 'sending', maildrop, letter: letter.name, sha256: letter.sha256 });
  const answers = office.deliver(letter, recipients).map(async (promise, index) => {
    const [answer, maildrop] = [await promise, recipients[index] ?? ''];
    if (answer.type === 'refused') record({ type: 'refused', maildrop, letter: letter.name });
    else record({ ...answer, maildrop, letter: letter.name });
  });
  for (const answer of await Promise.allSettled(answers)) if (answer.status === 'rejected') throw answer.reason;
}

async function sendToAll({ office, maildrops, record }: ClientsOptions, letter: SentLetter): Promise<void> {
  const { name, sha256 } = letter;
  for (const maildrop of maildrops) record({ type: 'sending', maildrop, letter: name, sha256, group: maildrops });
  const { type } = await office.deliverToAll(letter, maildrops);
  for (const maildrop of maildrops) record({ type, maildrop, letter: name });
}

/** The owner calls with one or two sessions at once, reads, removes, and sometimes wants letters back. */
async function callFor(options: ClientsOptions, maildrop: string, turns: Turns, time: number): Promise<void> {
  const { office, random } = options;
  const sessions = [await office.openSession(maildrop)];
  if (random.oneIn(3)) sessions.push(await office.openSession(maildrop));
  await Promise.all(sessions.map((session) => useSession(options, maildrop, session)));
  if (time % 2 === 1) await turns.take(() => undelete(options, maildrop));
  if (time % 3 === 2) await turns.take(() => purge(options));
}

async function undelete(options: ClientsOptions, maildrop: string): Promise<void> {
  const { office, random, promises, record } = options;
  const chosen = random.some([...promises.restorable(maildrop)], random.oneIn(2) ? 100 : 30);
  const letters = chosen.map(([, letter]) => letter);
  const renamed = random.oneIn(3);
  record({ type: 'restoring', maildrop, letters, renamed });
  const uniqueIds = chosen.map(([uniqueId]) => uniqueId);
  const restored = await attempt(options, () => office.undelete(maildrop, uniqueIds, renamed));
  if (restored === undefined) return;
  if (restored !== letters.length) throw new Error(`undelete brought back ${restored} of ${letters.length} letters`);
  record({ type: 'restored', maildrop, letters });
}

async function purge(options: ClientsOptions): Promise<void> {
  const before = Date.now() - 50;
  options.record({ type: 'purging', before });
  await attempt(options, () => options.office.purge(before));
  await attempt(options, () => options.office.compact());
}

/** What the office refuses is no answer: it may be done or not. */
async function attempt<T>({ refused }: ClientsOptions, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (refused === undefined || error instanceof OfficeLost) throw error;
    refused(error);
    return undefined;
  }
}

async function useSession(options: ClientsOptions, maildrop: string, session: Session): Promise<void> {
  const { random, promises, record } = options;
  const listing = await session.list();
  const idOf = (index: number) => listing[index] ?? '';
  const isKnown = (index: number) => promises.letterOf(maildrop, idOf(index)) !== undefined;
  // Letters that no client knows by their unique-ids yet, and a few that are known; not so many that it takes long.
  const fetched = [...listing.keys()].filter((index) => !isKnown(index) || random.oneIn(20)).slice(0, 64);
  const letters = await session.retrieve(fetched.map((index) => index + 1)).catch((error: unknown) => {
    if (error instanceof OfficeLost) throw error;
    record({ type: 'unreadable', maildrop, what: String(error) });
    return [];
  });
  for (const [position, letter] of letters.entries()) {
    const uniqueId = idOf(fetched[position] ?? -1);
    const { name, sha256 } = recogniseLetter(letter) ?? { name: uniqueId, sha256: '' };
    record({ type: 'retrieved', maildrop, letter: name, uniqueId, sha256 });
  }
  // The more there is, the more is removed, so that the mailbox neither empties nor grows.
  const remove = random.some([...listing.keys()].filter(isKnown), Math.min(90, listing.length * 2));
  const removed = remove.map((index) => promises.letterOf(maildrop, idOf(index)) ?? '');
  if (removed.length > 0) record({ type: 'removing', maildrop, letters: removed, at: Date.now() });
  const isDone = await attempt(options, () => session.quit(remove.map((index) => index + 1)));
  if (isDone && removed.length > 0) record({ type: 'removed', maildrop, letters: removed });
}

/** Lets undelete and purge have one turn after the other, so that it is known what can be brought back. */
class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take(turn: () => Promise<void>): Promise<void> {
    const mine = this.#last.then(turn);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
