import type { Entry, Fetched } from '../maildrop/maildrop.ts';
import { Marks } from './marks.ts';

/** What one session makes of its snapshot: which messages it marked as deleted, and what is left without them. */
export class MaildropView {
  /** Messages in the snapshot; their numbers are 1 to this, whatever is marked. */
  readonly count: number;
  readonly #octets: number;
  readonly marks: Marks;
  /** Messages that went out to their last octet: by RETR, and by TOP. RSET takes none of it back. */
  readonly retrieved: Marks;
  readonly viewed: Marks;
  /** Octets of the marked messages: learnt one by one at DELE, so that STAT needs no look at the maildrop. */
  #markedOctets = 0;
  /** The entry asked for last: RETR and DELE of one message usually follow each other. */
  recent: Entry | undefined;

  constructor(count: number, octets: number) {
    this.count = count;
    this.#octets = octets;
    this.marks = new Marks(count);
    this.retrieved = new Marks(count);
    this.viewed = new Marks(count);
  }

  /** The drop listing: messages and octets that are not marked (P3-40). */
  get left(): { readonly messages: number; readonly octets: number } {
    return { messages: this.count - this.marks.size, octets: this.#octets - this.#markedOctets };
  }

  /** The same in words, for a human. */
  get summary(): string {
    const { messages, octets } = this.left;
    return `${messages} ${messages === 1 ? 'message' : 'messages'} (${octets} octets)`;
  }

  /** Why this number names no message; `undefined` if it names one (P3-41, P3-47). */
  problem(number: number): string | undefined {
    if (number < 1 || number > this.count) return 'no such message';
    return this.marks.has(number) ? `message ${number} is deleted` : undefined;
  }

  /** Whether any message went out whole. */
  get handedOut(): boolean {
    return this.retrieved.size > 0 || this.viewed.size > 0;
  }

  get fetched(): Fetched {
    const viewed = this.viewed.size === 0 ? [] : this.viewed.numbers();
    return {
      retrieved: this.retrieved.numbers(),
      viewed: this.retrieved.size === 0 ? viewed : viewed.filter((number) => !this.retrieved.has(number)),
    };
  }

  mark(entry: Entry): void {
    this.marks.add(entry.number);
    this.#markedOctets += entry.octets;
  }

  unmarkAll(): void {
    this.marks.clear();
    this.#markedOctets = 0;
  }
}
