import { createHash } from 'node:crypto';
import type {
  Blame,
  Destination,
  FoundLetter,
  Held,
  IncomingLetter,
  Placing,
  Settled,
  Stage,
  StagedLetter,
  UnsettledLetter,
} from '../destinations/destination.ts';

/** What is on the disk of a {@link MemoryDestination}: outlives it, as a disk outlives a process. */
export class MemoryDisk {
  /** Whole letters that survive a power cut and that nobody sees. */
  readonly staging = new Map<string, string>();
  /** Letters where they belong. */
  readonly letters = new Map<string, string[]>();

  get all(): string[] {
    return [...this.letters.values()].flat();
  }
}

export interface MemoryDestinationOptions {
  /** Called before each thing that it does; what it throws, that rejects with. */
  readonly before?: (doing: Doing) => unknown;
  /** Called when it is done. */
  readonly after?: (doing: Doing) => unknown;
  /** Whether nobody knows where this letter belongs. */
  readonly hold?: (letter: string) => boolean;
  /** Whether it is refused, and by whose fault. */
  readonly refuse?: (letter: string) => Blame | undefined;
}

export type Doing = 'stage' | 'write' | 'end' | 'prepare' | 'place' | 'place one' | 'settle' | 'close';

/** A destination in memory, on a disk that a test keeps. */
export class MemoryDestination implements Destination {
  readonly name = 'memory:';
  readonly promise = 'exactly-once';
  readonly #disk: MemoryDisk;
  readonly #options: MemoryDestinationOptions;
  /** Octets of letters that are whole and would not survive. */
  readonly #whole = new Map<string, string>();

  constructor(disk: MemoryDisk, options: MemoryDestinationOptions = {}) {
    this.#disk = disk;
    this.#options = options;
  }

  stage(letter: IncomingLetter): Stage {
    this.#options.before?.('stage');
    const parts: Buffer[] = [];
    const place = `${letter.key}/${letter.listed}`;
    return {
      write: async (octets) => {
        await this.#options.before?.('write');
        parts.push(Buffer.from(octets));
      },
      end: async (): Promise<StagedLetter | Held> => {
        await this.#options.before?.('end');
        const octets = Buffer.concat(parts);
        const text = octets.toString('latin1');
        if (this.#options.hold?.(text)) return { type: 'held', why: 'nobody knows where it belongs' };
        this.#whole.set(place, text);
        return { type: 'staged', letter, place, octets: octets.length };
      },
      abandon: () => {
        this.#whole.delete(place);
      },
    };
  }

  async prepare(letters: readonly StagedLetter[]): Promise<void> {
    await this.#options.before?.('prepare');
    for (const { place } of letters) this.#disk.staging.set(place, this.#take(place));
    await this.#options.after?.('prepare');
  }

  async place(letters: readonly StagedLetter[]): Promise<readonly Placing[]> {
    await this.#options.before?.('place');
    const placings: Placing[] = [];
    for (const { place } of letters) placings.push(await this.#placeOne(place));
    await this.#options.after?.('place');
    return placings;
  }

  async settle(letters: readonly UnsettledLetter[]): Promise<readonly Settled[]> {
    await this.#options.before?.('settle');
    const answers = letters.map(({ place }): Settled => {
      if (this.#disk.staging.has(place)) this.#publish(place);
      return this.#disk.letters.has(place) ? { type: 'there', place } : { type: 'not-there' };
    });
    await this.#options.after?.('settle');
    return answers;
  }

  async find(letters: readonly IncomingLetter[]): Promise<ReadonlyMap<string, FoundLetter>> {
    const found = new Map<string, FoundLetter>();
    for (const { key } of letters) {
      for (const [place, [text]] of this.#disk.letters) {
        if (!place.startsWith(`${key}/`) || text === undefined) continue;
        const sha256 = createHash('sha256').update(text, 'latin1').digest('hex');
        found.set(key, { place, octets: text.length, sha256 });
      }
    }
    return found;
  }

  async close(): Promise<void> {
    await this.#options.before?.('close');
    this.#whole.clear();
  }

  async #placeOne(place: string): Promise<Placing> {
    await this.#options.before?.('place one');
    const blame = this.#options.refuse?.(this.#disk.staging.get(place) ?? '');
    if (blame !== undefined) {
      this.#disk.staging.delete(place);
      return { type: 'refused', why: 'it is refused', blame };
    }
    this.#publish(place);
    await this.#options.after?.('place one');
    return { type: 'placed', place };
  }

  #publish(place: string): void {
    const text = this.#disk.staging.get(place);
    if (text === undefined) throw new Error(`${place} is not in staging`);
    this.#disk.staging.delete(place);
    this.#disk.letters.set(place, [...(this.#disk.letters.get(place) ?? []), text]);
  }

  #take(place: string): string {
    const text = this.#whole.get(place);
    if (text === undefined) throw new Error(`${place} is not whole`);
    this.#whole.delete(place);
    return text;
  }
}
