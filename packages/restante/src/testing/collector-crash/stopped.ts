import type { Destination, IncomingLetter, Stage, StagedLetter } from '../../collect/destinations/destination.ts';
import type { Change, Journal, MailboxFacts } from '../../collect/journal/journal.ts';
import type { Visit } from './points.ts';

/** A journal that visits a point before and after each write, for each kind of change in it. */
export function stoppedJournal(journal: Journal, visit: Visit): Journal {
  return {
    get facts() {
      return journal.facts;
    },
    letters: () => journal.letters(),
    letter: (key) => journal.letter(key),
    write(changes: readonly Change[], facts?: Partial<MailboxFacts>) {
      const types = [...new Set(changes.map(({ type }) => type))];
      for (const type of types) visit(`journal ${type} before`);
      journal.write(changes, facts);
      for (const type of types) visit(`journal ${type} after`);
    },
    close: () => journal.close(),
  };
}

/** A destination that visits a point before and after each of its phases, and one in the middle of placing. */
export function stoppedDestination(inner: Destination, visit: Visit): Destination {
  const around = async <T>(phase: string, work: () => Promise<T>): Promise<T> => {
    visit(`destination ${phase} before`);
    const result = await work();
    visit(`destination ${phase} after`);
    return result;
  };
  const { find } = inner;
  return {
    name: inner.name,
    promise: inner.promise,
    stage: (letter) => stoppedStage(inner, letter, visit),
    prepare: (letters) => around('prepare', () => inner.prepare(letters)),
    place: (letters) => around('place', () => placeInHalves(inner, letters, visit)),
    settle: (letters) => around('settle', () => inner.settle(letters)),
    ...(find && { find: (letters: readonly IncomingLetter[]) => find.call(inner, letters) }),
    close: () => inner.close(),
  };
}

function stoppedStage(inner: Destination, letter: IncomingLetter, visit: Visit): Stage {
  visit('destination stage');
  const stage = inner.stage(letter);
  return {
    write(octets) {
      visit('destination write');
      return stage.write(octets);
    },
    end() {
      visit('destination end');
      return stage.end();
    },
    abandon: () => stage.abandon(),
  };
}

async function placeInHalves(inner: Destination, letters: readonly StagedLetter[], visit: Visit) {
  const half = Math.ceil(letters.length / 2);
  const placed = [...(await inner.place(letters.slice(0, half)))];
  visit('destination place half');
  if (half < letters.length) placed.push(...(await inner.place(letters.slice(half))));
  return placed;
}
