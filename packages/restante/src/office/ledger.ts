import type { AccountIndex } from '../accounts/account.ts';
import { Failure } from '../failure.ts';
import type { LedgerEntry, LedgerLetters, LedgerPolls } from '../store/ledger/entry.ts';
import type { LetterHistory, Page } from '../store/ledger/reader.ts';
import type { DurableStore } from '../store/store.ts';
import { namedAccount, printable } from './addresses.ts';

export interface LedgerEntriesRequest {
  readonly name: string;
  /** Only what ended at or after this time, in milliseconds since 1970. */
  readonly since?: number;
  /** Behind this entry; 0 for the first page. */
  readonly after: number;
}

/** Letters of the entries behind `after`, up to the entry `last`. */
export interface LedgerLettersRequest {
  readonly name: string;
  readonly after: LettersPlace;
  readonly last: number;
}

export interface LettersPlace {
  readonly entry: number;
  readonly part: number;
}

export interface LedgerPollsRequest {
  readonly name: string;
  readonly after: PollsPlace;
}

export interface PollsPlace {
  readonly hour: number;
  readonly address: string;
}

export interface OfficeLedgerOptions {
  readonly store: AccountIndex & Pick<DurableStore, 'ledger'>;
}

/** What became of an account's letters, and by whom, a page at a time. */
export class OfficeLedger {
  readonly #store: OfficeLedgerOptions['store'];

  constructor({ store }: OfficeLedgerOptions) {
    this.#store = store;
  }

  async entries({ name: text, since, after }: LedgerEntriesRequest): Promise<Page<LedgerEntry, number>> {
    const { name } = await namedAccount(this.#store, text);
    return this.#store.ledger.entries(name, since ?? Number.MIN_SAFE_INTEGER, after);
  }

  async letters({ name: text, after, last }: LedgerLettersRequest): Promise<Page<LedgerLetters, LettersPlace>> {
    const { name } = await namedAccount(this.#store, text);
    return this.#store.ledger.letters(name, after, last);
  }

  async polls({ name: text, after }: LedgerPollsRequest): Promise<Page<LedgerPolls, PollsPlace>> {
    const { name } = await namedAccount(this.#store, text);
    return this.#store.ledger.polls(name, after);
  }

  async history({ name: text, uniqueId }: { name: string; uniqueId: string }): Promise<LetterHistory> {
    const { name } = await namedAccount(this.#store, text);
    const history = await this.#store.ledger.history(name, uniqueId);
    if (history.arrivals.length + history.events.length > 0) return history;
    throw new Failure(
      `nothing is known of a letter ${printable(uniqueId)} of ${name}: restante sessions ${name} --json lists those that were fetched or deleted`,
    );
  }
}
