import { Capabilities } from '../pop3/exchange-capabilities.ts';
import type { DropListing } from '../pop3/exchange-listing.ts';
import { parseDropListing } from '../pop3/exchange-listing.ts';
import type { Status } from '../pop3/exchange-status.ts';
import { knownCode } from '../pop3/exchange-status.ts';
import { ask, command, mustBeOk, refusal } from './calls.ts';
import { Pop3Error } from './error.ts';
import { type Language, languages, speak } from './language.ts';
import { Letter } from './letter.ts';
import type { Call, Link } from './link.ts';
import { Listings, type RawUniqueIds, type ScanListing, type UniqueIdListing } from './listings.ts';
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

/** Lines of a CAPA response at most. */
const MOST_CAPABILITIES = 1_000;

/**
 * A session with a POP3 server, from {@link connect}. Calls may be made at any time; they are answered in order, and
 * pipelined where the server can. Every one settles, with a {@link Pop3Error} if need be.
 *
 * Nothing is removed from the server but what `delete` was given a receipt for, and only by `commit()`. However a session
 * ends otherwise, by `close()`, `leave()`, `await using`, an error or an abort, QUIT is not sent where something was
 * deleted, and all letters stay.
 */
export class Pop3Client implements AsyncDisposable {
  /** The greeting's text: the server's words, for people. */
  readonly greeting: string;
  /** How the session is kept from others. */
  readonly security: Security;
  /** How the login was done: a SASL mechanism, `USER` or `APOP`; absent without one. */
  readonly method: string | undefined;
  /** Whether the session is in UTF8 mode (RFC 6856 §2.1). */
  readonly utf8: boolean;
  #capabilities: Capabilities;
  readonly #link: Link;
  readonly #settings: Settings;
  readonly #session = {};
  readonly #listings: Listings;
  readonly #deleted = new Set<MessageNumber>();
  #committing: Promise<Outcome> | undefined;
  /** What STAT says, where it was asked ahead and nobody has wanted it yet. */
  #counted: Promise<Status> | undefined;
  /** What `letters()` has given: another session's letter has its number here by chance. */
  readonly #letters = new WeakSet<Letter>();

  /** For {@link connect}. */
  constructor(
    link: Link,
    settings: Settings,
    found: Pick<Pop3Client, 'greeting' | 'security' | 'capabilities' | 'method' | 'utf8'>,
  ) {
    this.#link = link;
    this.#settings = settings;
    this.#listings = new Listings(link, settings.limits.listing);
    this.greeting = found.greeting;
    this.security = found.security;
    this.method = found.method;
    this.utf8 = found.utf8;
    this.#capabilities = found.capabilities;
    link.pipelining = settings.pipelining && found.capabilities.pipelining;
  }

  /**
   * For {@link connect}: asks for the capabilities that hold behind the login and, where the server pipelines, for more
   * ahead.
   */
  async begin(ahead: Settings['ahead']): Promise<void> {
    const reading = readCapabilities(this.#link);
    if (this.#link.pipelining) {
      for (const keyword of ahead) {
        if (keyword === 'STAT') this.#countAhead();
        else this.#listings.askAhead(keyword);
      }
    }
    const now = await reading;
    // Some know CAPA before the login only; what they said there, over the same connection, still holds (EXT-02).
    if (!now.listed) return;
    this.#capabilities = now;
    this.#link.pipelining = this.#settings.pipelining && now.pipelining;
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
    const ahead = options?.signal === undefined ? this.#counted : undefined;
    this.#counted = undefined;
    const status = await (ahead ?? ask(this.#link, asked, options));
    if (!status.ok) throw refusal(this.#link, asked.shown, status);
    return parseDropListing(status.text) ?? this.#nonsense(asked.shown, status.text);
  }

  #countAhead(): void {
    this.#counted = ask(this.#link, command('STAT'));
    // Who wants it hears of it; it may be nobody.
    this.#counted.catch(() => {});
  }

  /** The letters with their sizes: a hint, for servers err. Or of one letter. */
  list(): Promise<readonly ScanListing[]>;
  list(options: CallOptions): Promise<readonly ScanListing[]>;
  list(number: MessageNumber, options?: CallOptions): Promise<ScanListing>;
  async list(first?: MessageNumber | CallOptions, second?: CallOptions): Promise<readonly ScanListing[] | ScanListing> {
    if (typeof first === 'number') return this.#listings.one('LIST', first, second?.signal);
    return this.#listings.all('LIST', 'REFUSED', first?.signal);
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
    if (typeof first === 'number') return this.#listings.one('UIDL', first, second?.signal);
    return this.#listings.all('UIDL', this.#capabilities.uidl ? 'REFUSED' : 'UNSUPPORTED', first?.signal);
  }

  /**
   * The unique-ids of the letters as octets, for whoever may have seen the same before: they are taken apart when they are
   * read. Rejects with `UNSUPPORTED` where the server has none.
   */
  async rawUniqueIds(options?: CallOptions): Promise<RawUniqueIds> {
    return this.#listings.raw(this.#capabilities.uidl ? 'REFUSED' : 'UNSUPPORTED', options?.signal);
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
    const declaredOctets = this.#listings.declared.get(number);
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
   * A receipt for a letter that an earlier session stored, as the caller's records say: one of `letters()`, or the number
   * that `uniqueIds()` gave with it. The letter must have the unique-id under which it was stored, and must be the only
   * one that has it; otherwise nobody knows whether it is the same, and this throws a {@link Pop3Error} `ARGUMENT`.
   */
  storedBefore(
    letter: Letter | MessageNumber,
    { uniqueId, octets, sha256 }: { readonly uniqueId: string; readonly octets: number; readonly sha256: string },
  ): Receipt {
    const number = typeof letter === 'number' ? letter : letter.number;
    const listed = typeof letter === 'number' ? this.#listings.uniqueIdOf(number) : this.#own(letter).uniqueId;
    if (listed === undefined || listed !== uniqueId || this.#listings.doubtful.has(uniqueId)) {
      throw new Pop3Error('ARGUMENT', `letter ${number} cannot be told to be the one that was stored`);
    }
    return giveReceipt(this.#session, { number, uniqueId: listed, octets, sha256 });
  }

  /** Marks a letter as deleted, for a receipt that it is safe elsewhere. It goes when `commit()` says so, and not before. */
  async delete(receipt: Receipt, options?: CallOptions): Promise<void> {
    mustBeGiven(this.#session, receipt);
    const { number } = receipt;
    if (this.#deleted.has(number)) throw new Pop3Error('ARGUMENT', `letter ${number} has been deleted already`);
    this.#deleted.add(number);
    this.#listings.forget();
    this.#counted = undefined;
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

  /** The languages that the server's words can be had in. Rejects with `REFUSED` where it has no LANG. */
  languages({ signal }: CallOptions = {}): Promise<readonly Language[]> {
    return languages(this.#link, signal);
  }

  /**
   * The server's words are in this language from now on (a tag of RFC 5646, or `*` for its own choice): resolves to the
   * tag that the server chose. Rejects with `REFUSED`, and changes nothing, where it has no such language.
   */
  async speak(language: string, { signal }: CallOptions = {}): Promise<string> {
    return speak(this.#link, language, signal);
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

  /**
   * Says QUIT behind all calls made before, and goes without waiting for the answer: for sessions in which nothing was
   * deleted, since nothing hangs on it then. Where something was
   * and `commit()` was not called, this is `close()`.
   */
  leave(): void {
    if (this.#committing !== undefined) return;
    if (this.#deleted.size > 0) this.close();
    else if (this.#link.idle) this.#leave();
    // QUIT goes out when what is under way has its answer.
    else void this.commit();
  }

  #leave(): void {
    const gone = () => {};
    this.#link.send({ ...command('QUIT'), status: gone, failed: gone });
    this.#link.leave(this.#link.error('CLOSED', 'the session was left', { retryable: false }));
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
