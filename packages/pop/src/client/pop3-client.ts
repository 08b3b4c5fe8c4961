import { Capabilities } from '../pop3/exchange-capabilities.ts';
import type { DropListing } from '../pop3/exchange-listing.ts';
import { parseDropListing, parseScanListing, parseUniqueIdListing } from '../pop3/exchange-listing.ts';
import { knownCode } from '../pop3/exchange-status.ts';
import { ask, command, mustBeOk, refusal } from './calls.ts';
import { Pop3Error } from './error.ts';
import { Letter } from './letter.ts';
import type { Call, Link } from './link.ts';
import type { Settings } from './options.ts';
import { giveReceipt, mustBeGiven, type Receipt } from './receipt.ts';
import { Retrieval } from './retrieval.ts';
import type { Security } from './security.ts';
import { type MessageNumber, messageNumber, type UniqueId } from './words.ts';

/** What became of the letters that were deleted in a session (RFC 1939 §6, P3-64):
 *
 * - `committed`: the server said that they are gone
 * - `rolled-back`: QUIT was never sent, so all of them are still there
 * - `unknown`: QUIT may have been worked on, or only in part: the next session's unique-ids tell
 */
export type Outcome = 'committed' | 'unknown' | 'rolled-back';

/** A call that its caller may end. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

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

/** Lines of a CAPA response at most. */
const MOST_CAPABILITIES = 1_000;

/**
 * A session with a POP3 server, from {@link connect}. Calls may be made at any time; they are answered in order, and
 * pipelined where the server can. Every one settles, with a {@link Pop3Error} if need be.
 *
 * Nothing is removed from the server but what `delete` was given a receipt for, and only by `commit()`. However a session
 * ends otherwise, by `close()`, `await using`, an error or an abort, QUIT is not sent and all letters stay.
 */
export class Pop3Client implements AsyncDisposable {
  /** The greeting's text: the server's words, for people. */
  readonly greeting: string;
  /** How the session is kept from others. */
  readonly security: Security;
  /** How the login was done: a SASL mechanism, `USER` or `APOP`; absent without one. */
  readonly method: string | undefined;
  #capabilities: Capabilities;
  readonly #link: Link;
  readonly #settings: Settings;
  readonly #session = {};
  readonly #declared = new Map<MessageNumber, number>();
  readonly #deleted = new Set<MessageNumber>();
  #committing: Promise<Outcome> | undefined;
  /** What `letters()` has given: another session's letter has its number here by chance. */
  readonly #letters = new WeakSet<Letter>();
  /** Unique-ids that more than one letter has (P3-57). */
  readonly #doubtful = new Set<string>();

  /** For {@link connect}. */
  constructor(
    link: Link,
    settings: Settings,
    found: Pick<Pop3Client, 'greeting' | 'security' | 'capabilities' | 'method'>,
  ) {
    this.#link = link;
    this.#settings = settings;
    this.greeting = found.greeting;
    this.security = found.security;
    this.method = found.method;
    this.#capabilities = found.capabilities;
    link.pipelining = settings.pipelining && found.capabilities.pipelining;
  }

  /** What the server can do, as it said last: asked anew behind STLS and behind the login (STLS-08, EXT-06). */
  get capabilities(): Capabilities {
    return this.#capabilities;
  }

  /**
   * Whether calls are pipelined: `off` where the server does not offer it or the caller does not want it, `distrusted` once
   * the server has shown that it cannot. Worth remembering: `pipelining: false` saves the next session the trouble.
   */
  get pipelining(): 'on' | 'off' | 'distrusted' {
    if (this.#link.distrusted) return 'distrusted';
    return this.#link.pipelining ? 'on' : 'off';
  }

  /** Why the session is over; absent as long as it is not. */
  get failure(): Pop3Error | undefined {
    return this.#link.failure;
  }

  /** How many letters there are, and how many octets in all; those that were deleted do not count. */
  async stat(options?: CallOptions): Promise<DropListing> {
    const asked = command('STAT');
    const { text } = await mustBeOk(this.#link, asked, options);
    return parseDropListing(text) ?? this.#nonsense(asked.shown, text);
  }

  /** The letters with their sizes: a hint, for servers err. Or of one letter. */
  list(): Promise<readonly ScanListing[]>;
  list(options: CallOptions): Promise<readonly ScanListing[]>;
  list(number: MessageNumber, options?: CallOptions): Promise<ScanListing>;
  async list(first?: MessageNumber | CallOptions, second?: CallOptions): Promise<readonly ScanListing[] | ScanListing> {
    const read = (text: string): ScanListing | undefined => {
      const found = parseScanListing(text);
      if (found === undefined) return undefined;
      const listed = { number: messageNumber(found.number), octets: found.octets };
      this.#declared.set(listed.number, listed.octets);
      return listed;
    };
    return typeof first === 'number' ? this.#one('LIST', first, read, second) : this.#all('LIST', read, first);
  }

  /**
   * The unique-ids of the letters, or of one. Rejects with `UNSUPPORTED` where the server has none. There may be fewer
   * than letters, and two may be the same (P3-57).
   */
  uniqueIds(): Promise<readonly UniqueIdListing[]>;
  uniqueIds(options: CallOptions): Promise<readonly UniqueIdListing[]>;
  uniqueIds(number: MessageNumber, options?: CallOptions): Promise<UniqueIdListing>;
  async uniqueIds(
    first?: MessageNumber | CallOptions,
    second?: CallOptions,
  ): Promise<readonly UniqueIdListing[] | UniqueIdListing> {
    const read = (text: string): UniqueIdListing | undefined =>
      parseUniqueIdListing(text) as UniqueIdListing | undefined;
    if (typeof first === 'number') return this.#one('UIDL', first, read, second);
    const all = await this.#all('UIDL', read, first);
    const seen = new Set<string>();
    for (const { uniqueId } of all) {
      if (uniqueId === undefined) continue;
      if (seen.has(uniqueId)) this.#doubtful.add(uniqueId);
      seen.add(uniqueId);
    }
    return all;
  }

  /** Every letter, with its size and unique-id, from the server's listings; works without UIDL too (EXT-31). */
  async *letters(options?: CallOptions): AsyncGenerator<Letter, void, undefined> {
    const [scan, unique] = await Promise.all([
      this.list(options ?? {}),
      this.uniqueIds(options ?? {}).catch((error: unknown) => {
        if (error instanceof Pop3Error && error.code === 'UNSUPPORTED') return [];
        throw error;
      }),
    ]);
    const names = new Map(unique.map(({ number, uniqueId }) => [number, uniqueId]));
    for (const { number, octets } of scan) {
      const letter = new Letter(this, number, octets, names.get(number));
      this.#letters.add(letter);
      yield letter;
    }
  }

  /** A letter, on its way at once: see {@link Retrieval}. */
  retrieve(letter: MessageNumber | Letter, { signal }: CallOptions = {}): Retrieval {
    const { number, uniqueId } = typeof letter === 'number' ? { number: letter } : this.#own(letter);
    const { limits } = this.#settings;
    const request = command('RETR', `${messageNumber(number)}`, limits.letter);
    const declaredOctets = this.#declared.get(number);
    return new Retrieval(
      this.#link,
      this.#session,
      { number, uniqueId, declaredOctets },
      { request, drain: limits.drain, signal },
    );
  }

  /** The header of a letter and so many lines of its body. Rejects with `UNSUPPORTED` where the server has no TOP. */
  async top(number: MessageNumber, lines: number, { signal }: CallOptions = {}): Promise<Buffer> {
    if (!Number.isSafeInteger(lines) || lines < 0) {
      throw new Pop3Error('ARGUMENT', `${lines} is no number of lines: they are whole numbers from 0 on`);
    }
    const { limits } = this.#settings;
    const request = command('TOP', `${messageNumber(number)} ${lines}`, limits.top);
    const wanted = { number, uniqueId: undefined, declaredOctets: undefined };
    const otherwise = this.#capabilities.top ? 'REFUSED' : 'UNSUPPORTED';
    const how = { request, drain: limits.drain, signal, otherwise } as const;
    const retrieval = new Retrieval(this.#link, this.#session, wanted, how);
    const parts: Buffer[] = [];
    for await (const part of retrieval) parts.push(part);
    return Buffer.concat(parts);
  }

  /**
   * A receipt for a letter that an earlier session stored, as the caller's records say. The letter must have the
   * unique-id under which it was stored, and must be the only one that has it; otherwise nobody knows whether it is the
   * same, and this throws a {@link Pop3Error} `ARGUMENT`.
   */
  storedBefore(
    letter: Letter,
    { uniqueId, octets, sha256 }: { readonly uniqueId: string; readonly octets: number; readonly sha256: string },
  ): Receipt {
    this.#own(letter);
    if (letter.uniqueId === undefined || letter.uniqueId !== uniqueId || this.#doubtful.has(uniqueId)) {
      throw new Pop3Error('ARGUMENT', `letter ${letter.number} cannot be told to be the one that was stored`);
    }
    return giveReceipt(this.#session, { number: letter.number, uniqueId: letter.uniqueId, octets, sha256 });
  }

  /** Marks a letter as deleted, for a receipt that it is safe elsewhere. It goes when `commit()` says so, and not before. */
  async delete(receipt: Receipt, options?: CallOptions): Promise<void> {
    mustBeGiven(this.#session, receipt);
    const { number } = receipt;
    if (this.#deleted.has(number)) throw new Pop3Error('ARGUMENT', `letter ${number} has been deleted already`);
    this.#deleted.add(number);
    try {
      await mustBeOk(this.#link, command('DELE', `${number}`), options);
    } catch (error) {
      this.#deleted.delete(number);
      throw error;
    }
  }

  /** Takes back every deletion of this session. */
  async reset(options?: CallOptions): Promise<void> {
    await mustBeOk(this.#link, command('RSET'), options);
    this.#deleted.clear();
  }

  /** Says that the session is still wanted. */
  async noop(options?: CallOptions): Promise<void> {
    await mustBeOk(this.#link, command('NOOP'), options);
  }

  /**
   * Ends the session by QUIT, behind all calls made before: the only way by which letters are removed. Never rejects;
   * `failure` tells why the answer is not `committed`. A server that goes on behind its +OK has answered something else.
   */
  commit(): Promise<Outcome> {
    this.#committing ??= this.#commit();
    return this.#committing;
  }

  #commit(): Promise<Outcome> {
    return new Promise((resolve) => {
      const asked = command('QUIT');
      const call: Call = {
        ...asked,
        status: (status) => {
          const ending = this.#link.end(status.ok ? this.#ended() : refusal(this.#link, asked.shown, status));
          resolve(ending.then((quiet) => (status.ok && quiet ? 'committed' : 'unknown')));
        },
        failed: (_, sent) => resolve(sent ? 'unknown' : 'rolled-back'),
      };
      this.#link.send(call);
    });
  }

  /** Ends the session without QUIT: every letter stays. What is still under way is rejected with `ABORTED`. */
  close(): void {
    this.#link.fail(this.#link.error('ABORTED', 'the session was closed'));
  }

  /** As `close()`, but a `commit()` that is under way is waited for, so that `return pop.commit()` means what it says. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#committing;
    this.close();
  }

  #own(letter: Letter): { readonly number: MessageNumber; readonly uniqueId?: UniqueId | undefined } {
    if (this.#letters.has(letter)) return letter;
    throw new Pop3Error('ARGUMENT', 'the letter is of another session, where its number may be another letter’s');
  }

  #ended(): Pop3Error {
    return this.#link.error('CLOSED', 'the session was committed', { retryable: false });
  }

  async #one<T>(
    keyword: 'LIST' | 'UIDL',
    number: MessageNumber,
    read: (text: string) => (T & { readonly number: MessageNumber }) | undefined,
    options: CallOptions = {},
  ): Promise<T> {
    const asked = command(keyword, `${messageNumber(number)}`);
    const { text } = await mustBeOk(this.#link, asked, options);
    const found = read(text);
    return found?.number === number ? found : this.#nonsense(asked.shown, text);
  }

  async #all<T>(
    keyword: 'LIST' | 'UIDL',
    read: (text: string) => (T & { readonly number: MessageNumber }) | undefined,
    { signal }: CallOptions = {},
  ): Promise<readonly T[]> {
    const asked = command(keyword, undefined, this.#settings.limits.listing);
    const listed = new Map<MessageNumber, T>();
    let wrong: string | undefined;
    const take = (line: Buffer): void => {
      const text = line.toString('latin1');
      const found = read(text);
      if (found === undefined || listed.has(found.number)) wrong ??= text;
      else listed.set(found.number, found);
    };
    const status = await ask(this.#link, asked, { signal, take });
    if (!status.ok) {
      const unknown = keyword === 'UIDL' && !this.#capabilities.uidl;
      throw refusal(this.#link, asked.shown, status, { code: unknown ? 'UNSUPPORTED' : 'REFUSED' });
    }
    return wrong === undefined ? [...listed.values()] : this.#nonsense(asked.shown, wrong);
  }

  /** Of an answer that cannot be nothing is believed. */
  #nonsense(shown: string, text: string): never {
    throw this.#link.error('PROTOCOL', `${shown} was answered by what cannot be: ${text}`, { command: shown });
  }
}

/** Asks for the capabilities; a server that knows no CAPA has none (EXT-05), and one that cannot just now may have some. */
export async function readCapabilities(link: Link): Promise<Capabilities> {
  const asked = command('CAPA', undefined, MOST_CAPABILITIES);
  const lines: string[] = [];
  const status = await ask(link, asked, { take: (line) => lines.push(line.toString('latin1')) });
  if (!status.ok && knownCode(status.code) !== undefined) throw refusal(link, asked.shown, status);
  return new Capabilities(status.ok ? lines : undefined);
}
