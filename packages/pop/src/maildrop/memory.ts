import { canonical } from '../wire/canonical.ts';
import { type Measurements, measure } from '../wire/measure.ts';
import type { Entry, Maildrop } from './maildrop.ts';

/** A mailbox that lives as long as the process: sessions come and go, and what they expunge is gone. */
export interface MemoryMailbox {
  /** Takes a letter in, brought into canonical form. Answers its unique-id. */
  deliver(letter: string | Uint8Array): string;
  /** A snapshot of the letters that are there now. */
  open(): Maildrop;
}

interface Letter extends Measurements {
  readonly uniqueId: string;
  readonly content: Uint8Array;
}

/** The most entries that one call answers. */
const SLICE = 1_000;

/** A {@link MemoryMailbox} with these letters in it. */
export function memoryMailbox(letters: readonly (string | Uint8Array)[] = []): MemoryMailbox {
  const kept = new Set<Letter>();
  const mailbox: MemoryMailbox = {
    deliver(letter) {
      const content = canonical(letter);
      const uniqueId = crypto.randomUUID();
      kept.add({ uniqueId, content, ...measure(content) });
      return uniqueId;
    },
    open: () => snapshot(kept),
  };
  for (const letter of letters) mailbox.deliver(letter);
  return mailbox;
}

/** A maildrop with these letters, numbered in their order. */
export function memoryMaildrop(letters: readonly (string | Uint8Array)[]): Maildrop {
  return memoryMailbox(letters).open();
}

function snapshot(kept: Set<Letter>): Maildrop {
  const letters = [...kept];
  const numbered = (number: number): Letter => {
    const letter = letters[number - 1];
    if (letter === undefined) throw new RangeError(`message-number ${number} is not within 1 to ${letters.length}`);
    return letter;
  };
  return {
    count: letters.length,
    octets: letters.reduce((sum, { octets }) => sum + octets, 0),
    entries(from, to) {
      const entries: Entry[] = [];
      for (let number = from; number <= Math.min(to, from + SLICE - 1); number += 1) {
        const { uniqueId, octets, body, dotted } = numbered(number);
        entries.push({ number, uniqueId, octets, body, dotted });
      }
      return entries;
    },
    read: (number, from) => numbered(number).content.subarray(from),
    async expunge(numbers) {
      for (const number of numbers) kept.delete(numbered(number));
      return { notRemoved: [] };
    },
    close() {},
  };
}
