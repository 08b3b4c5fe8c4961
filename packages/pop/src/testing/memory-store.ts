import { randomBytes } from 'node:crypto';
import { groupsOf } from '../maildrop/groups.ts';
import type { Actor, Entry, Maildrop, MaybePromise } from '../maildrop/maildrop.ts';
import type { Delivery, Envelope, Placed, Recipient, Reservation, Store, UndeleteChoice } from '../maildrop/store.ts';
import { StoreError } from '../maildrop/store-error.ts';

/** What a {@link MemoryStore} begins with, and what it takes. */
export interface MemoryStoreOptions {
  /** Mailboxes that exist from the start. */
  readonly maildrops?: readonly string[];
  /** Octets of the largest letter that is taken, trace fields aside; default no limit. */
  readonly largestLetter?: number;
  /** Octets that one read answers at most; default 65,536. */
  readonly slice?: number;
  /** The time in milliseconds since 1970, for tests that hold the clock. */
  readonly now?: () => number;
}

/** The octets that all recipients share, kept once. */
interface Letter {
  readonly content: Buffer;
  /** Offset in the content of the first octet behind the blank line; the content's length when there is none. */
  readonly body: number;
  readonly dotted: boolean;
}

/** A letter in one mailbox. Arrival and departure are change numbers of that mailbox. */
interface Placement {
  readonly letter: Letter;
  readonly trace: Buffer;
  readonly uniqueId: string;
  readonly octets: number;
  readonly arrived: number;
  left?: { readonly change: number; readonly at: number; readonly session: string; undeleted: boolean };
}

interface Mailbox {
  /** Grows by one with every arrival and every departure; a snapshot is the state at one number. */
  change: number;
  count: number;
  octets: number;
  /** In order of arrival; letters that have left stay until they are purged. */
  placements: Placement[];
  /** The change numbers of the snapshots that are open. */
  readonly snapshots: Set<{ readonly change: number }>;
}

/** A {@link Store} that lives as long as the process: for tests, for embedding, and as the plainest reading of the contract. */
export class MemoryStore implements Store {
  /** Octets for which there is room: that a larger letter does not get in is how a full disk is shown. */
  room = Number.POSITIVE_INFINITY;
  #reserved = 0;
  readonly #mailboxes = new Map<string, Mailbox>();
  readonly #options: MemoryStoreOptions;
  readonly #now: () => number;

  constructor(options: MemoryStoreOptions = {}) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    for (const name of options.maildrops ?? []) this.addMaildrop(name);
  }

  /** Makes an empty mailbox; one that exists stays as it is. */
  addMaildrop(name: string): void {
    if (this.#mailboxes.has(name)) return;
    this.#mailboxes.set(name, { change: 0, count: 0, octets: 0, placements: [], snapshots: new Set() });
  }

  openMaildrop(name: string): Maildrop {
    const mailbox = this.#mailboxes.get(name);
    if (!mailbox) throw noMaildrop(name);
    return new MemoryMaildrop(mailbox, this.#options.slice ?? 65_536, this.#now);
  }

  beginDelivery(envelope: Envelope): Delivery {
    const { largestLetter = Number.POSITIVE_INFINITY } = this.#options;
    return new MemoryDelivery(envelope, this.#mailboxes, { largestLetter, room: () => this.room });
  }

  hasRoom(octets: number): MaybePromise<boolean> {
    return this.#hasRoom(octets);
  }

  reserve(octets: number): Reservation {
    let held = 0;
    let released = false;
    return {
      hold: (maildrop) => {
        if (released) throw new Error('a reservation that was released holds nothing');
        if (!this.#mailboxes.has(maildrop)) return noMaildrop(maildrop);
        // All recipients share the letter.
        if (held > 0) return undefined;
        if (!this.#hasRoom(octets)) return noRoom();
        held = octets;
        this.#reserved += held;
        return undefined;
      },
      release: () => {
        released = true;
        this.#reserved -= held;
        held = 0;
      },
    };
  }

  #hasRoom(octets: number): boolean {
    return this.#reserved + octets <= this.room;
  }

  async undelete(name: string, choice: UndeleteChoice): Promise<number> {
    const mailbox = this.#mailboxes.get(name);
    if (!mailbox) throw noMaildrop(name);
    const chosen = mailbox.placements.filter(
      ({ left, uniqueId }) =>
        left !== undefined &&
        !left.undeleted &&
        left.at >= (choice.since ?? Number.NEGATIVE_INFINITY) &&
        (choice.uniqueIds?.includes(uniqueId) ?? true) &&
        left.session === (choice.session ?? left.session),
    );
    for (const { left, letter, trace, uniqueId } of chosen) {
      if (left) left.undeleted = true;
      place(mailbox, letter, trace, choice.newUniqueIds === true ? newUniqueId() : uniqueId);
    }
    return chosen.length;
  }

  async purge(before: number): Promise<number> {
    let purged = 0;
    for (const mailbox of this.#mailboxes.values()) {
      const held = ({ arrived, left }: Placement) =>
        [...mailbox.snapshots].some(({ change }) => isInSnapshot(arrived, left?.change, change));
      mailbox.placements = mailbox.placements.filter((placement) => {
        if (!placement.left || placement.left.at >= before || held(placement)) return true;
        if (!placement.left.undeleted) purged += 1;
        return false;
      });
    }
    return purged;
  }
}

class MemoryMaildrop implements Maildrop {
  readonly count: number;
  readonly octets: number;
  readonly #mailbox: Mailbox;
  readonly #snapshot: { readonly change: number };
  readonly #slice: number;
  readonly #now: () => number;
  #bound: readonly Placement[] | undefined;

  constructor(mailbox: Mailbox, slice: number, now: () => number) {
    this.#mailbox = mailbox;
    this.#snapshot = { change: mailbox.change };
    this.#slice = slice;
    this.#now = now;
    this.count = mailbox.count;
    this.octets = mailbox.octets;
    mailbox.snapshots.add(this.#snapshot);
  }

  entries(from: number, to: number): readonly Entry[] {
    const entries: Entry[] = [];
    for (let number = from; number <= to; number += 1) {
      const { letter, trace, uniqueId, octets } = this.#placement(number);
      entries.push({
        number,
        uniqueId,
        octets,
        body: trace.length + letter.body,
        dotted: letter.dotted || isDotted(trace),
      });
    }
    return entries;
  }

  read(number: number, from: number): Uint8Array {
    const { letter, trace } = this.#placement(number);
    if (from < trace.length) return trace.subarray(from, from + this.#slice);
    const offset = from - trace.length;
    return letter.content.subarray(offset, offset + this.#slice);
  }

  async expunge(numbers: readonly number[], { session }: Actor): Promise<{ readonly notRemoved: readonly number[] }> {
    const at = this.#now();
    for (const placement of numbers.map((number) => this.#placement(number))) {
      if (placement.left) continue;
      this.#mailbox.change += 1;
      this.#mailbox.count -= 1;
      this.#mailbox.octets -= placement.octets;
      placement.left = { change: this.#mailbox.change, at, session, undeleted: false };
    }
    return { notRemoved: [] };
  }

  close(): void {
    this.#mailbox.snapshots.delete(this.#snapshot);
  }

  #placement(number: number): Placement {
    const { change } = this.#snapshot;
    this.#bound ??= this.#mailbox.placements.filter(({ arrived, left }) => isInSnapshot(arrived, left?.change, change));
    const placement = this.#bound[number - 1];
    if (!placement) throw new RangeError(`message-number ${number} is not within 1 to ${this.count}`);
    return placement;
  }
}

class MemoryDelivery implements Delivery {
  readonly #envelope: Envelope;
  readonly #mailboxes: ReadonlyMap<string, Mailbox>;
  readonly #limits: { readonly largestLetter: number; readonly room: () => number };
  #chunks: Buffer[] = [];
  #octets = 0;
  #failure: StoreError | undefined;
  #done = false;

  constructor(
    envelope: Envelope,
    mailboxes: ReadonlyMap<string, Mailbox>,
    limits: { readonly largestLetter: number; readonly room: () => number },
  ) {
    this.#envelope = envelope;
    this.#mailboxes = mailboxes;
    this.#limits = limits;
  }

  write(octets: Uint8Array): void {
    if (this.#done) throw new Error('a delivery takes nothing after commit or abort');
    if (this.#failure) return;
    this.#octets += octets.length;
    const { largestLetter } = this.#limits;
    if (this.#octets > largestLetter) {
      this.#failure = new StoreError('too-large', `a letter of more than ${largestLetter} octets is not taken`);
      this.#chunks = [];
      throw this.#failure;
    }
    this.#chunks.push(Buffer.from(octets));
  }

  commit(): readonly Promise<Placed | StoreError>[] {
    if (this.#done) throw new Error('a delivery is committed or aborted once');
    this.#done = true;
    const letter = letterOf(Buffer.concat(this.#chunks));
    this.#chunks = [];
    if (this.#octets > this.#limits.room()) this.#failure ??= noRoom();
    const { recipients } = this.#envelope;
    const groups = groupsOf(recipients);
    const refused = new Map<number, StoreError>();
    for (const [index, { maildrop }] of recipients.entries()) {
      const group = groups[index] ?? 0;
      const failure = this.#failure ?? (this.#mailboxes.has(maildrop) ? undefined : noMaildrop(maildrop));
      if (failure && !refused.has(group)) refused.set(group, failure);
    }
    const placed = new Map<string, Placed>();
    return recipients.map(async (recipient, index) => {
      const { maildrop } = recipient;
      const answer = refused.get(groups[index] ?? 0) ?? placed.get(maildrop) ?? this.#place(recipient, letter);
      if (!(answer instanceof StoreError)) placed.set(maildrop, answer);
      return answer;
    });
  }

  async abort(): Promise<void> {
    this.#done = true;
    this.#chunks = [];
  }

  #place({ maildrop, trace }: Recipient, letter: Letter): Placed {
    const mailbox = this.#mailboxes.get(maildrop);
    if (!mailbox) throw noMaildrop(maildrop);
    return place(mailbox, letter, Buffer.from(trace), newUniqueId());
  }
}

function newUniqueId(): string {
  return randomBytes(16).toString('base64url');
}

function place(mailbox: Mailbox, letter: Letter, trace: Buffer, uniqueId: string): Placed {
  const octets = trace.length + letter.content.length;
  mailbox.change += 1;
  mailbox.count += 1;
  mailbox.octets += octets;
  mailbox.placements.push({ letter, trace, uniqueId, octets, arrived: mailbox.change });
  return { uniqueId, octets };
}

function isInSnapshot(arrived: number, left: number | undefined, snapshot: number): boolean {
  return arrived <= snapshot && (left === undefined || left > snapshot);
}

function letterOf(content: Buffer): Letter {
  const blank = content.indexOf('\r\n\r\n');
  const body = content.subarray(0, 2).equals(CRLF) ? 2 : blank < 0 ? content.length : blank + 4;
  return { content, body, dotted: isDotted(content) };
}

function isDotted(octets: Buffer): boolean {
  return octets[0] === 0x2e || octets.includes('\r\n.');
}

function noMaildrop(name: string): StoreError {
  return new StoreError('no-maildrop', `there is no maildrop ${JSON.stringify(name)}`);
}

function noRoom(): StoreError {
  return new StoreError('no-room', 'there is no room for the letter');
}

const CRLF = Buffer.from('\r\n');
