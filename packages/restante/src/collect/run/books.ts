import type { Clock } from '@restante/pop/server';
import { reasonOf } from '../../failure.ts';
import type { CollectAccount } from '../account.ts';
import type { CollectEvent } from '../event.ts';
import type { Change, Journal, LetterRecord, MailboxFacts } from '../journal/journal.ts';
import { ImpossibleChange } from '../journal/transitions.ts';
import { letterBackOff } from './back-off.ts';
import { Ending } from './ending.ts';

const DAY = 24 * 60 * 60 * 1_000;

/** An event, whose account is known. */
export type Happening<E = CollectEvent> = E extends CollectEvent ? Omit<E, 'account'> : never;

/** A letter whose unique-id is known, or known to be none. */
interface Named {
  readonly uniqueId?: string | undefined;
}

/** The run's account of itself: the journal, what is told of it, and what it comes to in the end. */
export class Books {
  readonly account: CollectAccount;
  readonly clock: Clock;
  /** Letters that were kept in this run, and their octets. */
  kept = 0;
  octets = 0;
  deleted = 0;
  /** Letters at the server, as far as is known. */
  left: number | undefined;
  /** Milliseconds that the server wants between two logins (RFC 2449 §6.5). */
  loginDelay = 0;
  lastLogin = 0;
  /** Sessions of this run that are over. */
  sessions = 0;
  /** Grows with everything that does not have to be done again. */
  progress = 0;
  /** Keys of letters that broke off a session of this run. */
  readonly breakers = new Set<string>();
  /**
   * Whether the last session broke while deletions waited for QUIT, and brought nothing: then the next one fetches what is new
   * and deletes nothing, since it might never come to that otherwise.
   */
  deletesLater = false;
  /** Letters whose header broke off a session of this run, by number and unique-id. */
  readonly headerBreakers = new Set<string>();
  readonly #journal: Journal;
  readonly #report: (event: CollectEvent) => void;
  readonly #failed = new Map<string, 'failed' | 'given-up'>();
  readonly #held = new Set<string>();
  /** Each session of a run finds the same again. */
  readonly #warned = new Set<string>();
  #sound = true;

  constructor(
    account: CollectAccount,
    { journal, clock, report }: { journal: Journal; clock: Clock; report: ((event: CollectEvent) => void) | undefined },
  ) {
    this.account = account;
    this.clock = clock;
    this.#journal = journal;
    this.#report = report ?? (() => {});
  }

  /** Letters that could not be fetched, placed or deleted, and still cannot. */
  get failed(): number {
    return this.#failed.size;
  }

  /** Letters of which is known that they break sessions. */
  get breakersKnown(): number {
    return this.breakers.size + this.headerBreakers.size;
  }

  get held(): number {
    return this.#held.size;
  }

  /** Not to be called before; unknown where the last login is still to come, because the clock was set. */
  get notBefore(): number | undefined {
    const { lastLogin = 0, notBefore } = this.facts;
    return lastLogin > this.clock.now() ? undefined : notBefore;
  }

  get facts(): MailboxFacts {
    return this.#journal.facts;
  }

  /** False once the journal could not be written: then nothing may be done that it would have to know of. */
  get sound(): boolean {
    return this.#sound;
  }

  letters(): Iterable<LetterRecord> {
    return this.#journal.letters();
  }

  letter(key: string): LetterRecord | undefined {
    return this.#journal.letter(key);
  }

  /** Durable when it returns. Throws an {@link Ending} when the journal cannot be written. */
  write(changes: readonly Change[], facts?: Partial<MailboxFacts>): void {
    if (changes.length === 0 && facts === undefined) return;
    try {
      this.#journal.write(changes, facts);
    } catch (error) {
      if (error instanceof ImpossibleChange) throw error;
      this.#sound = false;
      throw new Ending(
        'failed',
        `what was collected cannot be written down, so nothing goes on: ${reasonOf(error)}`,
        error,
      );
    }
  }

  tell(happening: Happening): void {
    this.#report({ account: this.account.name, ...happening } as CollectEvent);
  }

  warn(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.tell({ event: 'warning', message });
  }

  /**
   * What becomes of a letter whose attempt came to nothing. `blamed`: through its own fault. `patient`: as far as anybody can
   * tell, since the server or the network may be at fault, for hours perhaps: then it is not given up before it has been
   * known for a day. `pause`: how long it is left alone in milliseconds, where that is nobody's fault.
   */
  failure(
    key: string,
    why: string,
    {
      blamed,
      patient = false,
      pause: asked = 0,
    }: { readonly blamed: boolean; readonly patient?: boolean; readonly pause?: number },
  ): Change {
    const { attempts } = this.account.policy;
    const { attempts: spent = 1, listed = 0 } = this.letter(key) ?? {};
    const givenUp = blamed && spent >= attempts && (!patient || this.clock.now() - listed >= DAY);
    const pause = blamed && !givenUp ? letterBackOff(spent) : asked;
    const notBefore = pause === 0 ? {} : { notBefore: this.clock.now() + pause };
    return { type: 'failed', key, why, givenUp, counts: blamed, ...notBefore };
  }

  /** Tells of letters that failed, once the journal has it. */
  tellFailures(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.type === 'failed')
        this.markFailed(change.key, change.why, { event: change.givenUp ? 'given-up' : 'failed' });
      else if (change.type === 'held') this.markHeld(change.key, change.why);
    }
  }

  /** `letter`: its unique-id, where that need not be looked up; undefined in it where it has none. */
  markFailed(
    key: string,
    why: string,
    { event = 'failed', ...letter }: { readonly event?: 'failed' | 'given-up' } & Named = {},
  ): void {
    const told = this.#failed.get(key);
    this.#failed.set(key, event);
    if (told === event) return;
    this.tell({ event, uniqueId: this.#uniqueIdOf(key, letter), why });
  }

  markHeld(key: string, why: string, letter: Named = {}): void {
    if (this.#held.has(key)) return;
    this.#held.add(key);
    this.tell({ event: 'held', uniqueId: this.#uniqueIdOf(key, letter), why });
  }

  #uniqueIdOf(key: string, letter: Named): string | undefined {
    return 'uniqueId' in letter ? letter.uniqueId : this.letter(key)?.uniqueId;
  }

  /** It was kept, and is no longer at the server. */
  markDeleted(key: string): void {
    this.#failed.delete(key);
    this.deleted += 1;
    this.progress += 1;
    if (this.left !== undefined) this.left -= 1;
  }

  /** It is safe where it belongs. */
  markKept(key: string, octets: number): void {
    this.#failed.delete(key);
    this.kept += 1;
    this.octets += octets;
    this.progress += 1;
  }
}
