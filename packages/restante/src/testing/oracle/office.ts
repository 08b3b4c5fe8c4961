import type { Delivery, Recipient, Store } from '@restante/pop/maildrop';
import { StoreError } from '@restante/pop/maildrop';
import type { SentLetter } from './letter.ts';

/** What became of a letter for one recipient. */
export type Answer =
  | { readonly type: 'accepted'; readonly uniqueId?: string }
  | { readonly type: 'refused'; readonly why: string };

/** A post office as its clients know it. Every promise rejects with {@link OfficeLost} once the office is gone. */
export interface Office {
  /** One promise a maildrop, each settled as soon as its answer is there. */
  deliver(letter: SentLetter, maildrops: readonly string[]): readonly Promise<Answer>[];
  /** The same to all of these or to none, for which there is one answer. */
  deliverToAll(letter: SentLetter, maildrops: readonly string[]): Promise<Answer>;
  openSession(maildrop: string): Promise<Session>;
  /** `renamed`: under new unique-ids. */
  undelete(maildrop: string, uniqueIds: readonly string[], renamed: boolean): Promise<number>;
  purge(before: number): Promise<number>;
  /** Gives back the room of letters that are gone for good. */
  compact(): Promise<void>;
}

export interface Session {
  /** The unique-ids by message-number, the first one's at 0. */
  list(): Promise<readonly string[]>;
  /** The letters of these message-numbers, in this order. */
  retrieve(numbers: readonly number[]): Promise<readonly Buffer[]>;
  /** Marks these and quits. Whether the answer was +OK. */
  quit(remove: readonly number[]): Promise<boolean>;
}

/** The office is gone: what was asked for and not answered may have happened or not. */
export class OfficeLost extends Error {
  override readonly name = 'OfficeLost';
}

/** The trace fields that {@link storeOffice} puts above a letter, in place of those of a delivery protocol. */
export function traceFor(maildrop: string): Buffer {
  return Buffer.from(`Delivered-To: ${maildrop}\r\n`);
}

function deliverTo(store: Store, letter: SentLetter, recipients: readonly Recipient[]): readonly Promise<Answer>[] {
  const delivery = store.beginDelivery({ returnPath: 'sender@example.org', recipients });
  const written = writeAll(delivery, letter).then(() => delivery.commit());
  return recipients.map(async (_, index): Promise<Answer> => {
    const answer = await (await written)[index];
    if (answer === undefined || answer instanceof StoreError) return { type: 'refused', why: String(answer) };
    return { type: 'accepted', uniqueId: answer.uniqueId };
  });
}

/** A write that fails is remembered by the delivery: commit answers it for each recipient. */
export async function writeAll(delivery: Delivery, { content }: SentLetter): Promise<void> {
  try {
    for (let at = 0; at < content.length; at += 65_536) await delivery.write(content.subarray(at, at + 65_536));
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
}

/** An office in the same process: the store's own methods. */
export function storeOffice(store: Store, compact: () => Promise<unknown> = async () => {}): Office {
  return {
    deliver(letter, maildrops) {
      return deliverTo(
        store,
        letter,
        maildrops.map((maildrop) => ({ maildrop, trace: traceFor(maildrop) })),
      );
    },

    async deliverToAll(letter, maildrops) {
      const recipients = maildrops.map((maildrop) => ({ maildrop, trace: traceFor(maildrop), group: 0 }));
      const answers = await Promise.all(deliverTo(store, letter, recipients));
      const refused = answers.filter(({ type }) => type === 'refused');
      if (refused.length > 0 && refused.length < answers.length) throw new Error('one answers other than the group');
      return refused[0] ?? { type: 'accepted' };
    },

    async openSession(name) {
      const maildrop = await store.openMaildrop(name);
      const entries = async (from: number, to: number) => await maildrop.entries(from, to);
      return {
        async list() {
          const uniqueIds: string[] = [];
          while (uniqueIds.length < maildrop.count) {
            uniqueIds.push(...(await entries(uniqueIds.length + 1, maildrop.count)).map(({ uniqueId }) => uniqueId));
          }
          return uniqueIds;
        },
        async retrieve(numbers) {
          const letters: Buffer[] = [];
          for (const number of numbers) {
            const slices: Uint8Array[] = [];
            const [entry] = await entries(number, number);
            for (let at = 0; at < (entry?.octets ?? 0); at += slices.at(-1)?.length ?? 0) {
              slices.push(await maildrop.read(number, at));
            }
            letters.push(Buffer.concat(slices));
          }
          return letters;
        },
        async quit(remove) {
          const by = { account: name, session: 'session', address: '127.0.0.1' };
          const { notRemoved } = await maildrop.expunge(remove, by).finally(() => maildrop.close());
          return notRemoved.length === 0;
        },
      };
    },

    undelete: (maildrop, uniqueIds, newUniqueIds) =>
      store.undelete(
        maildrop,
        { uniqueIds, newUniqueIds },
        { account: maildrop, session: 'undelete', address: 'local' },
      ),
    purge: (before) => store.purge(before),
    compact: async () => {
      await compact();
    },
  };
}
