import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Change, Journal } from './journal.ts';
import { openJournal } from './open.ts';

export const MAILBOX = 'anna@pop.example.org:995';

/** Steps of a pair of letters, one transaction each: both or neither. */
const STEPS: readonly ((key: string) => readonly Change[])[] = [
  (key) => [{ type: 'listed', key, uniqueId: key, declaredOctets: 70_000, at: 1 }],
  (key) => [{ type: 'fetching', key }],
  (key) => [
    {
      type: 'staged',
      key,
      octets: 70_000,
      sha256: 'ab'.repeat(32),
      fingerprint: 'cd'.repeat(16),
      headersOnly: false,
      place: `new/${key}`,
      destination: 'maildir:/home/anna/Maildir',
    },
  ],
  (key) => [{ type: 'kept', key, at: 2 }],
  (key) => [{ type: 'delete-sent', key }],
  (key) => [{ type: 'gone', key, at: 3 }],
  (key) => [{ type: 'forgotten', key }],
];

/** Transactions that a pair goes through until nothing is left of it. */
export const STEPS_OF_A_PAIR = STEPS.length;

/** The transaction of this number, from 1 on. Pairs overlap: while one is fetched the last one is being deleted. */
export function transaction(number: number): readonly Change[] {
  return STEPS.flatMap((step, index) => {
    const pair = number - index;
    // Every second pair stays when it is kept, so that the journal grows.
    if (pair < 1 || (index > 3 && pair % 2 === 0)) return [];
    return [...step(`first-${pair}`), ...step(`second-${pair}`)];
  });
}

/** How many transactions are in the journal; throws where one of them is there in part. */
export function transactionsIn(journal: Journal): number {
  const number = journal.facts.lastListed ?? 0;
  const expected = new Map<string, string>();
  for (let pair = 1; pair <= number; pair += 1) {
    const done = number - pair + 1;
    const state = stateAfter(pair, done);
    if (state === undefined) continue;
    expected.set(`first-${pair}`, state);
    expected.set(`second-${pair}`, state);
  }
  const found = new Map([...journal.letters()].map(({ key, state }) => [key, state as string]));
  const differing = [...new Set([...expected.keys(), ...found.keys()])].filter(
    (key) => expected.get(key) !== found.get(key),
  );
  if (differing.length > 0) {
    const what = differing.map((key) => `${key} is ${found.get(key)}, not ${expected.get(key)}`).join('; ');
    throw new Error(`of ${number} transactions some are there in part: ${what}`);
  }
  return number;
}

function stateAfter(pair: number, steps: number): string | undefined {
  const states = ['listed', 'fetching', 'staged', 'kept', 'delete-sent', 'gone', undefined];
  return states[Math.min(steps, pair % 2 === 0 ? 4 : 7) - 1];
}

/** Goes on writing from where the journal stands, up to a number, and says each that is durable. */
function main(folder: string, last: number, descriptor: number): void {
  const journal = openJournal(folder, MAILBOX);
  for (let number = transactionsIn(journal) + 1; number <= last; number += 1) {
    journal.write(transaction(number), { lastListed: number });
    writeSync(descriptor, `${number}\n`);
  }
  journal.close();
}

/** The program of the tests: `FOLDER LAST [LOG]`. */
export const program = fileURLToPath(import.meta.url);
if (process.argv[1] === program) {
  const [, , folder = '', last = '0', log] = process.argv;
  const { openSync } = await import('node:fs');
  main(folder, Number(last), log === undefined ? 1 : openSync(log, 'a', 0o600));
}
