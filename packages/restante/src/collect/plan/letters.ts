import type { Change, LetterRecord } from '../journal/journal.ts';
import type { LetterHeader } from './fingerprint.ts';
import { firstRun, isFirstRun, WAITS } from './first-run.ts';
import { fingerprintKey, type Keys, passingKey, provesItself, uniqueIdKey, wholeKey } from './identity.ts';
import { Order } from './order.ts';
import type { LetterStep, ListedLetter, Situation } from './plan.ts';
import { afterwards, isDeletedAtOnce, isUnproved, largerThan, partOf, wasTooLarge } from './policy.ts';
import type { Identity } from './recognised.ts';
import { minute } from './words.ts';

/** For how long a letter that failed is left alone at most, in milliseconds. */
export const LONGEST_PAUSE = 24 * 60 * 60 * 1_000;

/** Decides about one letter after another: what becomes known of it, and what is done. */
export class Letters {
  readonly changes: Change[] = [];
  readonly order = new Order();
  /** Letters that are compared before they are deleted. */
  readonly compared: LetterRecord[] = [];
  /** Letters that were known again, though not by their unique-id. */
  recognised = 0;
  readonly #situation: Situation;
  readonly #keys: Keys;
  readonly #failedSizes: ReadonlySet<number>;
  readonly #whole: boolean;

  constructor(situation: Situation, keys: Keys, failedSizes: ReadonlySet<number>, whole: boolean) {
    this.#situation = situation;
    this.#keys = keys;
    this.#failedSizes = failedSizes;
    this.#whole = whole;
  }

  decide(letter: ListedLetter, identity: Identity, newest: number): void {
    this.order.add(this.#decided(letter, identity, newest));
  }

  #decided(letter: ListedLetter, identity: Identity, newest: number): LetterStep {
    switch (identity.type) {
      case 'known':
        return this.#known(letter, identity, newest);
      case 'new':
        return this.#new(letter, identity, newest);
      case 'unread':
        return this.#unread(letter, newest);
    }
  }

  #known(
    listed: ListedLetter,
    { record, by, header }: Extract<Identity, { type: 'known' }>,
    newest: number,
  ): LetterStep {
    const now = this.#noted(listed, record, by, header);
    const { key, state, why } = now;
    const { number, uniqueId, octets = now.declaredOctets } = listed;
    const letter = octets === listed.octets ? listed : { number, octets, uniqueId };
    switch (state) {
      case 'listed':
      case 'fetching':
        return this.#wanted(letter, now);
      case 'kept':
        return this.#kept(letter, now, { by, newest });
      case 'skipped':
        if (!wasTooLarge(now) || partOf(this.#situation.policy, letter.octets) === 'skip') break;
        this.changes.push({ type: 'wanted', key });
        return this.#sized(letter, key, `left before: ${why}`);
      case 'staged':
        return this.#leave(letter, key, 'nobody knows whether it is kept');
      default:
        break;
    }
    return this.#leave(letter, key, `${state}: ${why ?? 'no reason is known'}`);
  }

  /** What the listing says of a letter that is known. */
  #noted(
    letter: ListedLetter,
    record: LetterRecord,
    by: 'unique-id' | 'header' | 'size',
    header: LetterHeader | undefined,
  ): LetterRecord {
    const { uniqueId, octets: declaredOctets } = letter;
    const { now } = this.#situation;
    let known = record;
    if (known.state === 'gone' || known.state === 'delete-sent' || known.state === 'unknown') {
      this.changes.push({ type: 'still-there', key: known.key });
      known = { ...known, state: known.state === 'gone' ? (known.was ?? 'listed') : 'kept' };
    }
    // A letter that is staged goes by its key; one without a unique-id may have it again in the next listing.
    if (uniqueId !== undefined && uniqueId !== known.uniqueId && known.state !== 'staged') {
      const own = uniqueIdKey(uniqueId);
      const isOwn = by === 'size' && this.#keys.isFree(own);
      const to = this.#keys.take(isOwn ? own : fingerprintKey(uniqueId, known.fingerprint ?? 'size'));
      this.recognised++;
      this.changes.push({ type: 'rebound', key: known.key, to, uniqueId });
      known = { ...known, key: to, uniqueId };
    }
    const fingerprint = known.fingerprint ?? header?.fingerprint;
    const size = declaredOctets ?? known.declaredOctets;
    if (size !== known.declaredOctets || fingerprint !== known.fingerprint) {
      const { key } = known;
      this.changes.push({
        type: 'listed',
        key,
        uniqueId: known.uniqueId,
        declaredOctets: size,
        ...(fingerprint !== undefined && { fingerprint }),
        at: now,
      });
      known = { ...known, declaredOctets: size, fingerprint };
    }
    return known;
  }

  #kept(
    letter: ListedLetter,
    record: LetterRecord,
    { by, newest }: { readonly by: 'unique-id' | 'header' | 'size'; readonly newest: number },
  ): LetterStep {
    const { policy, now } = this.#situation;
    const { key, uniqueId, headersOnly } = record;
    if (headersOnly && partOf(policy, letter.octets) === 'whole' && letter.octets !== undefined) {
      // Under a key of its own, so that nobody takes it for what is at the destination already.
      const whole = this.#keys.take(wholeKey(key));
      this.changes.push({ type: 'gone', key, at: now }, { type: 'forgotten', key });
      this.changes.push(listing(letter, whole, uniqueId, this.#listed(newest)));
      return this.#fetch(letter, whole, 'whole', 'only its header was kept, and now it is wanted');
    }
    const { due, why } = afterwards(policy, record, now);
    if (!due) return this.#leave(letter, key, why);
    const unproved = isUnproved(record);
    if (unproved && by !== 'unique-id') {
      return this.#leave(letter, key, `${why}; nothing proves that it is the same letter, so it is not deleted`);
    }
    if (unproved || (by === 'unique-id' && provesItself(record))) {
      return { type: 'delete', letter, record, why };
    }
    this.compared.push(record);
    const wanted = `${why}; compared with what was kept before it is deleted`;
    return this.#readOnce(letter, newest, { why: wanted, thenDelete: true });
  }

  #new(letter: ListedLetter, { header, named }: Extract<Identity, { type: 'new' }>, newest: number): LetterStep {
    const { uniqueId } = letter;
    const isOwn = uniqueId !== undefined && named && this.#keys.isFree(uniqueIdKey(uniqueId));
    const wanted = isOwn ? uniqueIdKey(uniqueId) : fingerprintKey(uniqueId, header?.fingerprint ?? 'new');
    const verdict = firstRun(this.#situation, { header, newest, whole: this.#whole });
    if (verdict.type === 'wait') return this.#leave(letter, wanted, verdict.why);
    const key = this.#keys.take(wanted);
    this.changes.push(listing(letter, key, uniqueId, this.#listed(newest), header?.fingerprint));
    if (verdict.type === 'skip') return this.#skip(letter, key, verdict.why);
    return this.#sized(letter, key, named || uniqueId === undefined ? 'new' : 'new, though its unique-id is not');
  }

  #unread(letter: ListedLetter, newest: number): LetterStep {
    const { policy, now } = this.#situation;
    const { number, octets } = letter;
    if (!this.#whole && isFirstRun(this.#situation)) {
      return this.#leave(letter, passingKey(now, number), WAITS);
    }
    if (partOf(policy, octets) !== 'whole') {
      return this.#leave(letter, passingKey(now, number), largerThan(policy));
    }
    return this.#readOnce(letter, newest, {
      why: 'only its octets tell whether it is kept already',
      thenDelete: isDeletedAtOnce(policy),
    });
  }

  /** Fetched, and not kept if it is known then. */
  #readOnce(
    letter: ListedLetter,
    newest: number,
    { why, thenDelete }: { readonly why: string; readonly thenDelete: boolean },
  ): LetterStep {
    const { now } = this.#situation;
    const { number, uniqueId, octets } = letter;
    const key = passingKey(now, number);
    this.changes.push(listing(letter, key, uniqueId, this.#listed(newest)));
    const failedBefore = octets !== undefined && this.#failedSizes.has(octets);
    return this.#asFetched(
      { type: 'fetch', letter, key, part: 'whole', known: 'by-octets', why, thenDelete },
      failedBefore,
    );
  }

  /** Of a letter that was not fetched yet, though it was to be. */
  #wanted(letter: ListedLetter, { key, state, attempts, notBefore, why }: LetterRecord): LetterStep {
    const { now, policy } = this.#situation;
    if (state === 'fetching' && attempts >= policy.attempts) {
      const reason = 'each attempt to fetch it ended with the program';
      this.changes.push({ type: 'failed', key, why: reason, givenUp: true, counts: true });
      return this.#leave(letter, key, `given-up: ${reason}`);
    }
    // Nobody puts off a letter for longer: it was a clock that was wrong.
    if (notBefore !== undefined && notBefore > now && notBefore <= now + LONGEST_PAUSE) {
      return this.#leave(letter, key, `tried again from ${minute(notBefore)} on${why === undefined ? '' : `: ${why}`}`);
    }
    const before = attempts === 0 ? 'not fetched yet' : `tried ${attempts} times${why === undefined ? '' : `: ${why}`}`;
    return this.#sized(letter, key, before, attempts > 0);
  }

  /** As much of it as its size allows. */
  #sized(letter: ListedLetter, key: string, why: string, failedBefore = false): LetterStep {
    const { policy } = this.#situation;
    const part = partOf(policy, letter.octets);
    if (part === 'skip') return this.#skip(letter, key, largerThan(policy));
    return this.#fetch(letter, key, part, part === 'whole' ? why : largerThan(policy), failedBefore);
  }

  #fetch(letter: ListedLetter, key: string, part: 'whole' | 'headers', why: string, failedBefore = false): LetterStep {
    const thenDelete = part === 'whole' && isDeletedAtOnce(this.#situation.policy);
    return this.#asFetched({ type: 'fetch', letter, key, part, known: 'by-listing', why, thenDelete }, failedBefore);
  }

  /** A letter that failed before may do so again: it goes last. */
  #asFetched(step: LetterStep, failedBefore: boolean): LetterStep {
    if (failedBefore) this.order.last(step);
    return step;
  }

  /**
   * Each a millisecond after the one before, the last one now: letters sort by it where they are kept, as the server listed
   * them, also behind those of a long listing a moment ago.
   */
  #listed(newest: number): number {
    return this.#situation.now - (newest - 1);
  }

  #skip(letter: ListedLetter, key: string, why: string): LetterStep {
    this.changes.push({ type: 'skipped', key, why });
    return this.#leave(letter, key, `skipped: ${why}`);
  }

  #leave(letter: ListedLetter, key: string, why: string): LetterStep {
    return { type: 'leave', letter, key, why };
  }
}

function listing(
  { octets: declaredOctets }: ListedLetter,
  key: string,
  uniqueId: string | undefined,
  at: number,
  fingerprint?: string,
): Change {
  return { type: 'listed', key, uniqueId, declaredOctets, ...(fingerprint !== undefined && { fingerprint }), at };
}
