import { parseScanListing, parseUniqueIdListing } from '../pop3/exchange-listing.ts';
import type { Status } from '../pop3/exchange-status.ts';
import { ask, command, mustBeOk, refusal } from './calls.ts';
import type { Link } from './link.ts';
import { type MessageNumber, messageNumber, type UniqueId } from './words.ts';

/** What LIST says of a letter. */
export interface ScanListing {
  readonly number: MessageNumber;
  readonly octets: number;
}

/** What UIDL says of a letter; without `uniqueId` where it says nothing that could be one. */
export interface UniqueIdListing {
  readonly number: MessageNumber;
  readonly uniqueId?: UniqueId;
}

/** The two listings that a server has of its letters. */
export type ListingKeyword = 'LIST' | 'UIDL';
type Listed = { readonly LIST: ScanListing; readonly UIDL: UniqueIdListing };

/** What UIDL says of all letters, before it is taken apart: long listings are mostly those of the session before. */
export interface RawUniqueIds {
  /** Its lines as they came, un-stuffed. Two listings of the same octets say the same. */
  readonly octets: Buffer;
  /** Takes it apart. Throws a Pop3Error `PROTOCOL` where it is none. */
  read(): readonly UniqueIdListing[];
}

/** A listing as it came; nobody has looked yet at whether it is one. */
interface Answer {
  readonly status: Status;
  readonly octets: Buffer;
}

/** What LIST and UIDL say in a session, asked for when it is wanted or ahead of that. */
export class Listings {
  /** The sizes that were heard of: hints, for servers err. */
  readonly declared = new Map<MessageNumber, number>();
  /** Unique-ids that more than one letter has (P3-57). */
  readonly doubtful = new Set<string>();
  /** What UIDL said last of all letters. */
  #uniqueIds: readonly UniqueIdListing[] = [];
  readonly #link: Link;
  readonly #limit: number;
  readonly #ahead = new Map<ListingKeyword, Promise<Answer>>();

  /** `limit`: lines of a listing at most. */
  constructor(link: Link, limit: number) {
    this.#link = link;
    this.#limit = limit;
  }

  /** Asks for a listing now, for whoever wants it first. */
  askAhead(keyword: ListingKeyword): void {
    const answer = this.#ask(keyword);
    // Who wants it hears of it; it may be nobody.
    answer.catch(() => {});
    this.#ahead.set(keyword, answer);
  }

  /** What was asked for ahead is not true any more. */
  forget(): void {
    this.#ahead.clear();
  }

  async one<K extends ListingKeyword>(keyword: K, number: MessageNumber, signal?: AbortSignal): Promise<Listed[K]> {
    const asked = command(keyword, `${messageNumber(number)}`);
    const { text } = await mustBeOk(this.#link, asked, { signal });
    const found = this.#read(keyword, text);
    return found?.number === number ? found : this.#nonsense(asked.shown, text);
  }

  /** The unique-id of a letter in the last listing of all of them. */
  uniqueIdOf(number: MessageNumber): UniqueId | undefined {
    // Most servers list without gaps.
    const likely = this.#uniqueIds[number - 1];
    return (likely?.number === number ? likely : this.#uniqueIds.find((each) => each.number === number))?.uniqueId;
  }

  /** All lines of a listing; `otherwise` is what an -ERR without a code means. */
  async all<K extends ListingKeyword>(
    keyword: K,
    otherwise: 'REFUSED' | 'UNSUPPORTED',
    signal?: AbortSignal,
  ): Promise<readonly Listed[K][]> {
    return this.#takeApart(keyword, await this.#octets(keyword, otherwise, signal));
  }

  /** …of UIDL, to be taken apart by whoever has to. */
  async raw(otherwise: 'REFUSED' | 'UNSUPPORTED', signal?: AbortSignal): Promise<RawUniqueIds> {
    const octets = await this.#octets('UIDL', otherwise, signal);
    return { octets, read: () => this.#takeApart('UIDL', octets) };
  }

  async #octets(
    keyword: ListingKeyword,
    otherwise: 'REFUSED' | 'UNSUPPORTED',
    signal: AbortSignal | undefined,
  ): Promise<Buffer> {
    const { status, octets } = await this.#answer(keyword, signal);
    if (!status.ok) throw refusal(this.#link, keyword, status, { code: otherwise });
    return octets;
  }

  #answer(keyword: ListingKeyword, signal: AbortSignal | undefined): Promise<Answer> {
    const ahead = this.#ahead.get(keyword);
    if (ahead === undefined) return this.#ask(keyword, signal);
    this.#ahead.delete(keyword);
    if (signal === undefined) return ahead;
    return new Promise((resolve, reject) => {
      const abort = () => reject(this.#link.aborted(signal, keyword));
      if (signal.aborted) return abort();
      signal.addEventListener('abort', abort);
      ahead.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    });
  }

  async #ask(keyword: ListingKeyword, signal?: AbortSignal): Promise<Answer> {
    const parts: Buffer[] = [];
    const asked = { ...command(keyword, undefined, this.#limit), inBlocks: true };
    const status = await ask(this.#link, asked, { signal, take: (lines) => parts.push(lines) });
    return { status, octets: Buffer.concat(parts) };
  }

  /** A line that cannot be, or that tells of a letter for the second time, makes a listing none. */
  #takeApart<K extends ListingKeyword>(keyword: K, octets: Buffer): readonly Listed[K][] {
    const listed = new Map<MessageNumber, Listed[K]>();
    const lines = octets.toString('latin1').split('\r\n');
    // Behind the last line end there is nothing.
    lines.pop();
    for (const line of lines) {
      const found = this.#read(keyword, line);
      if (found === undefined || listed.has(found.number)) this.#nonsense(keyword, line);
      listed.set(found.number, found);
    }
    const all = [...listed.values()];
    if (keyword === 'UIDL') this.#findDoubtful(all as readonly UniqueIdListing[]);
    return all;
  }

  #read<K extends ListingKeyword>(keyword: K, text: string): Listed[K] | undefined {
    if (keyword === 'UIDL') return parseUniqueIdListing(text) as Listed[K] | undefined;
    const found = parseScanListing(text) as ScanListing | undefined;
    if (found !== undefined) this.declared.set(found.number, found.octets);
    return found as Listed[K] | undefined;
  }

  #findDoubtful(all: readonly UniqueIdListing[]): void {
    const seen = new Set<string>();
    for (const { uniqueId } of all) {
      if (uniqueId === undefined) continue;
      if (seen.has(uniqueId)) this.doubtful.add(uniqueId);
      seen.add(uniqueId);
    }
    this.#uniqueIds = all;
  }

  /** Of an answer that cannot be nothing is believed. */
  #nonsense(shown: string, text: string): never {
    throw this.#link.error('PROTOCOL', `${shown} was answered by what cannot be: ${text}`, { command: shown });
  }
}
