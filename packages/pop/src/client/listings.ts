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

/** A listing as it came; nobody has looked yet at whether it is one. */
interface Answer<T> {
  readonly status: Status;
  readonly listed: ReadonlyMap<MessageNumber, T>;
  /** A line that cannot be, or that tells of a letter for the second time. */
  readonly wrong: string | undefined;
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
  readonly #ahead = new Map<ListingKeyword, Promise<Answer<Listed[ListingKeyword]>>>();

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
    const { status, listed, wrong } = await this.#answer(keyword, signal);
    if (!status.ok) throw refusal(this.#link, keyword, status, { code: otherwise });
    if (wrong !== undefined) this.#nonsense(keyword, wrong);
    const all = [...listed.values()];
    if (keyword === 'UIDL') this.#findDoubtful(all as readonly UniqueIdListing[]);
    return all;
  }

  #answer<K extends ListingKeyword>(keyword: K, signal: AbortSignal | undefined): Promise<Answer<Listed[K]>> {
    const ahead = this.#ahead.get(keyword) as Promise<Answer<Listed[K]>> | undefined;
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

  async #ask<K extends ListingKeyword>(keyword: K, signal?: AbortSignal): Promise<Answer<Listed[K]>> {
    const listed = new Map<MessageNumber, Listed[K]>();
    let wrong: string | undefined;
    const take = (line: Buffer): void => {
      const text = line.toString('latin1');
      const found = this.#read(keyword, text);
      if (found === undefined || listed.has(found.number)) wrong ??= text;
      else listed.set(found.number, found);
    };
    const status = await ask(this.#link, command(keyword, undefined, this.#limit), { signal, take });
    return { status, listed, wrong };
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
