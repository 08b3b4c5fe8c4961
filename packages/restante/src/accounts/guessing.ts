import { hash, randomBytes } from 'node:crypto';
import type { Secret } from '@restante/pop/sasl';
import { networkOf, placeOf } from '@restante/pop/server';
import { KnownPlaces } from './known-places.ts';
import { NOWHERE, Tallies } from './tallies.ts';

/** What guessing costs. A limit is the number of recent failures from which answers are delayed; 0 turns it off. */
export interface GuessingLimits {
  /** Of one address; of IPv6, one /64. */
  readonly address: number;
  /** Of one network: a /24, or an IPv6 /48. */
  readonly network: number;
  /** Under one name, from wherever, save where its owner logged in well lately. */
  readonly account: number;
  /** The longest delay, in milliseconds. */
  readonly delay: number;
  /** After so many milliseconds a failure counts half. */
  readonly halfLife: number;
  /** Logins that may be delayed at once, each of which holds a connection. */
  readonly waiting: number;
}

/** The defaults, each with its reason. */
export const defaultGuessingLimits: GuessingLimits = {
  // Nobody mistypes more often before looking at what is on the keyboard.
  address: 8,
  // An office or a provider's customers behind some dozens of addresses, of whom a few mistype.
  network: 64,
  // More than an owner's own mistakes; guessers get some 33 guesses an hour out of it, however many addresses they have.
  account: 12,
  // Clients wait 30 s or more for an answer.
  delay: 15_000,
  // Who was locked out in the morning is let in again by noon, and a night is enough for anybody.
  halfLife: 3_600_000,
  // Half of the connections that may be open before login.
  waiting: 500,
};

export interface GuessingOptions {
  readonly limits?: Partial<GuessingLimits>;
  /** Milliseconds of a clock that never steps; default this process's own. */
  readonly now?: () => number;
  /** Places, names and networks that can be counted at once, for tests. */
  readonly capacity?: number;
}

/** A login before its password is looked at. */
export interface Attempt {
  /** The name, written in the one way that all spellings of it have in common, whether it is anybody's or not. */
  readonly name: string;
  /** The peer's address. */
  readonly address: string;
  readonly password: Secret;
  /** All else that the answer depends on: the same password under the same circumstances is as wrong as before. */
  readonly circumstances: string;
}

/**
 * - `go`: after so many milliseconds the password is looked at; the ticket is given back with what came of it. `known` is
 *   where the name's owner logged in well lately
 * - `known-wrong`: this very password was wrong before from there, and nothing has changed: it counts for nothing, and is
 *   not looked at
 * - `held-off`: there were too many failures to look at it now
 */
export type Admission =
  | { readonly type: 'go'; readonly delay: number; readonly known: boolean; readonly ticket: Ticket }
  | { readonly type: 'known-wrong' }
  | { readonly type: 'held-off' };

/** An attempt that is under way. */
export interface Ticket {
  readonly place: Counted;
  readonly network: Counted;
  readonly name: Counted;
  /** Of the name at that place, and the name in that network. */
  readonly pair: Counted;
  readonly wider: number;
  readonly mark: number;
  readonly delay: number;
}

interface Counted {
  readonly key: number;
  readonly slot: number;
}

/** `wrong` costs; `neither` is when the password could not be looked at. */
export type Concluded = 'good' | 'wrong' | 'neither';

/** What is held back now. */
export interface GuessingFigures {
  readonly addresses: number;
  readonly networks: number;
  readonly accounts: number;
  /** Logins that wait for their delay to be over. */
  readonly waiting: number;
}

/** The asking side: one for the whole process, whatever its threads. */
export interface GuessGate {
  enter(attempt: Attempt): Admission;
  leave(ticket: Ticket, concluded: Concluded): void;
}

/** From the first failure that costs something the delay is one second, and doubles with each quarter of the limit. */
const FIRST_DELAY = 1_000;
/** At so many times the limit a password is not looked at any more, until some of the failures are forgotten. */
const HELD_OFF = 4;
/** So many at once are believed of a place or name that has no failures; beyond, what is under way counts as if it had failed. */
const BELIEVED = 50;
/** Addresses and names that are counted at once. */
const CAPACITY = 16_384;
/** A phone, a tablet, and what else in a household has an old password. */
const MARKS = 8;
/** Whoever was away for a fortnight is still known at home. */
const LATELY = 21 * 86_400_000;

/**
 * What guessing passwords costs. Failures are counted by address, by network and by name, and fade; the more there are, the
 * longer the answer to the next attempt takes, until none is looked at. Whether a name is anybody's makes no difference to
 * any of it (AUTH-26). From where an account's owner logged in well lately only failures under that name at that place count,
 * so that nobody is locked out by what others do elsewhere.
 *
 * All of it takes the same memory whatever comes ({@link octets}: under 5 MiB), and is forgotten when the process ends.
 */
export class Guessing implements GuessGate {
  readonly #limits: GuessingLimits;
  readonly #secret = randomBytes(24).toString('base64');
  readonly #places: Tallies;
  readonly #networks: Tallies;
  readonly #names: Tallies;
  readonly #pairs: Tallies;
  readonly #known: KnownPlaces;
  #waiting = 0;

  constructor({ limits, now = () => performance.now(), capacity = CAPACITY }: GuessingOptions = {}) {
    this.#limits = { ...defaultGuessingLimits, ...limits };
    const common = { halfLife: this.#limits.halfLife, now, capacity };
    this.#places = new Tallies({ ...common, marks: MARKS });
    this.#networks = new Tallies(common);
    this.#names = new Tallies(common);
    this.#pairs = new Tallies(common);
    this.#known = new KnownPlaces(capacity * 4, LATELY, now);
  }

  /** Memory that it takes. */
  get octets(): number {
    return [this.#places, this.#networks, this.#names, this.#pairs, this.#known].reduce(
      (sum, { octets }) => sum + octets,
      0,
    );
  }

  enter({ name, address, password, circumstances }: Attempt): Admission {
    const place = placeOf(address);
    const nameKey = this.#key('name', name);
    const pairKey = this.#key('pair', name, place);
    const network = networkOf(address);
    const wider = this.#key('wider', name, network);
    const mark = this.#key('mark', name, circumstances, Buffer.from(password.reveal()).toString('latin1'));
    const places = this.#taken(this.#places, this.#key('place', place));
    if (this.#places.hasMark(places.slot, mark)) return { type: 'known-wrong' };
    const networks = this.#taken(this.#networks, this.#key('network', network));
    const names = this.#taken(this.#names, nameKey);
    const pairs = this.#taken(this.#pairs, pairKey);

    const { address: ofPlace, network: ofNetwork, account } = this.#limits;
    const known = this.#known.has(nameKey, pairKey);
    const delay = known
      ? this.#delay(this.#pairs, pairs.slot, ofPlace)
      : Math.max(
          this.#delay(this.#places, places.slot, ofPlace),
          this.#delay(this.#networks, networks.slot, ofNetwork),
          this.#known.has(nameKey, wider) ? 0 : this.#delay(this.#names, names.slot, account),
        );
    if (delay === Infinity || (delay > 0 && this.#waiting >= this.#limits.waiting)) return { type: 'held-off' };
    if (delay > 0) this.#waiting += 1;
    const ticket: Ticket = { place: places, network: networks, name: names, pair: pairs, wider, mark, delay };
    for (const [tallies, { slot }] of this.#counted(ticket)) tallies.begin(slot);
    return { type: 'go', delay, known, ticket };
  }

  leave(ticket: Ticket, concluded: Concluded): void {
    if (ticket.delay > 0) this.#waiting -= 1;
    const { place, name, pair, wider, mark } = ticket;
    for (const [tallies, { key, slot }] of this.#counted(ticket)) {
      tallies.end(slot);
      if (concluded === 'wrong') tallies.add(key);
    }
    if (concluded === 'wrong') this.#places.mark(this.#places.find(place.key), mark);
    if (concluded !== 'good') return;
    this.#pairs.clear(this.#pairs.find(pair.key));
    this.#known.learn(name.key, pair.key);
    this.#known.learn(name.key, wider);
  }

  figures(): GuessingFigures {
    const { address, network, account } = this.#limits;
    const above = (tallies: Tallies, limit: number) => (limit === 0 ? 0 : tallies.above(limit));
    return {
      addresses: above(this.#places, address),
      networks: above(this.#networks, network),
      accounts: above(this.#names, account),
      waiting: this.#waiting,
    };
  }

  #counted({ place, network, name, pair }: Ticket): readonly (readonly [Tallies, Counted])[] {
    return [
      [this.#places, place],
      [this.#networks, network],
      [this.#names, name],
      [this.#pairs, pair],
    ];
  }

  /** What is under way gets a slot only where that takes nothing from a failure that is remembered. */
  #taken(tallies: Tallies, key: number): Counted {
    return { key, slot: tallies.place(key) };
  }

  /** Infinity where it is held off. */
  #delay(tallies: Tallies, slot: number, limit: number): number {
    if (limit === 0 || slot === NOWHERE) return 0;
    const failed = tallies.count(slot);
    const pending = tallies.pending(slot);
    const count = failed > 0 ? failed + pending : Math.max(0, pending - BELIEVED);
    if (count < limit) return 0;
    if (count >= HELD_OFF * limit) return Infinity;
    return Math.min(this.#limits.delay, FIRST_DELAY * 2 ** ((4 * (count - limit)) / limit));
  }

  /** 48 bits of a keyed hash: what is kept tells nobody anything, and nobody knows what stands beside what. */
  #key(...parts: readonly string[]): number {
    const text = parts.map((part) => `${part.length}:${part}`).join('');
    return hash('sha256', `${this.#secret}${text}`, 'buffer').readUIntBE(0, 6) + 1;
  }
}
