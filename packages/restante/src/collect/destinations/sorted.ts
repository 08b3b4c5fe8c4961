import type { MaybePromise } from '@restante/pop/maildrop';
import { LetterHead } from '../../delivery/loops.ts';
import { Failure } from '../../failure.ts';
import { CommandDestination } from './command.ts';
import type {
  Destination,
  Held,
  IncomingLetter,
  Placing,
  Settled,
  Stage,
  StagedLetter,
  UnsettledLetter,
} from './destination.ts';
import { addressesIn } from './envelope-addresses.ts';
import type { HavingIt } from './having-it.ts';
import { topmostField } from './letter-header.ts';
import { LmtpDestination } from './lmtp.ts';
import { parsePlaces, type SortedPlace, writePlaces } from './sorted-places.ts';

/** Where an address leads, or why it leads nowhere. */
export type Leads =
  | { readonly type: 'destinations'; readonly destinations: readonly OpenableDestination[] }
  | { readonly type: 'nowhere'; readonly why: string };

export interface OpenableDestination {
  readonly name: string;
  /** Rejects with a Failure. */
  open(): Promise<Destination>;
}

export interface SortedOptions {
  readonly name: string;
  /** That of the least sure of its destinations. */
  readonly promise: Destination['promise'];
  /** That of the slowest. */
  readonly patience: number;
  readonly header: string;
  readonly prefix: string;
  /** Rejects with a Failure when it cannot be told now. */
  leads(address: string): Promise<Leads>;
  /**
   * A destination by its name, for letters that were staged in an earlier run; undefined when that is none any more. Rejects
   * with a Failure.
   */
  byName(name: string): Promise<Destination | undefined>;
  /** Lets go of all destinations. */
  close(): Promise<void>;
  readonly havingIt: HavingIt;
}

/** A staged letter of ours. */
interface Waiting extends StagedLetter {
  readonly parts: readonly Part[];
  /** Why it will not be taken: where it belongs, none is. */
  readonly refusal: string | undefined;
}

/** A letter's share of one destination. */
interface Part {
  readonly destination: Destination;
  readonly staged: StagedLetter;
}

/**
 * A maildrop that is several people's: each letter goes where the address leads to that the server wrote on its top, as the
 * envelope had it. Nothing else is looked at: whoever stands in To or Cc has perhaps not got it, and who was sent it blind
 * does not stand there. What says nothing, or names somebody whom nobody knows, is held.
 */
export class SortedDestination implements Destination {
  readonly name: string;
  readonly promise: Destination['promise'];
  readonly patience: number;
  readonly #options: SortedOptions;

  constructor(options: SortedOptions) {
    this.name = options.name;
    this.promise = options.promise;
    this.patience = options.patience;
    this.#options = options;
  }

  stage(letter: IncomingLetter): Stage {
    return new SortingStage(letter, this.#options);
  }

  async prepare(letters: readonly StagedLetter[]): Promise<void> {
    const parts = (letters as readonly Waiting[]).flatMap((letter) => letter.parts);
    for (const [destination, some] of byDestination(parts)) {
      await destination.prepare(some.map(({ staged }) => staged));
    }
  }

  /**
   * Where nobody can tell afterwards comes last, and only for letters that every other destination has taken: what comes
   * again comes to no more people than it must.
   */
  async place(letters: readonly StagedLetter[]): Promise<readonly Placing[]> {
    const waiting = letters as readonly Waiting[];
    const placings = new Map<Part, Placing>();
    const sure = waiting.flatMap(({ parts }) =>
      parts.filter(({ destination }) => destination.promise === 'exactly-once'),
    );
    await placeAll(sure, placings);
    const unsure: Part[] = [];
    for (const { parts } of waiting) {
      const others = parts.filter((part) => !placings.has(part));
      if (parts.every((part) => placings.get(part)?.type !== 'refused')) unsure.push(...others);
      else for (const part of others) placings.set(part, NOT_TRIED);
    }
    await placeAll(unsure, placings);
    const answers: Placing[] = [];
    for (const letter of waiting) answers.push(await this.#answer(letter, placings));
    return answers;
  }

  async settle(letters: readonly UnsettledLetter[]): Promise<readonly Settled[]> {
    const asked = letters.flatMap((letter) => {
      const places = parsePlaces(letter.place);
      // Where it has been since an earlier attempt, nothing was staged.
      return places.filter(({ place }) => place !== '').map((at) => ({ letter, at }));
    });
    const byLetter = Map.groupBy(asked, ({ letter }) => letter);
    const answers = new Map<SortedPlace, Settled>();
    const failures: Failure[] = [];
    const byName = Map.groupBy(asked, ({ at }) => at.name);
    for (const [name, some] of byName) {
      const unsettled = some.map(({ letter, at: { place } }) => ({ ...letter, place }));
      const settled = await this.#settleAt(name, unsettled);
      if (settled instanceof Failure) failures.push(settled);
      for (const [index, { at }] of some.entries()) {
        answers.set(at, settled instanceof Failure ? unasked(name, settled) : (settled[index] ?? NOWHERE));
      }
    }
    // One place that cannot be asked keeps nobody else from his mail; all of them are this destination.
    const [failure] = failures;
    if (failure !== undefined && failures.length === byName.size) throw failure;
    const all: Settled[] = [];
    for (const letter of letters) {
      const places = (byLetter.get(letter) ?? []).map(({ at }) => at);
      all.push(await this.#together(letter, places, answers));
    }
    return all;
  }

  async close(): Promise<void> {
    await this.#options.close();
  }

  async #settleAt(name: string, letters: readonly UnsettledLetter[]): Promise<readonly Settled[] | Failure> {
    try {
      const destination = await this.#options.byName(name);
      if (destination !== undefined) return await destination.settle(letters);
      const why = `it was on its way to ${name}, which is no destination: see whether it is there`;
      return letters.map(() => ({ type: 'not-known', why }));
    } catch (thrown) {
      if (thrown instanceof Failure) return thrown;
      throw thrown;
    }
  }

  /** What is said of one letter: it is there when it is everywhere. */
  async #together(
    { letter, place }: UnsettledLetter,
    asked: readonly SortedPlace[],
    answers: ReadonlyMap<SortedPlace, Settled>,
  ): Promise<Settled> {
    const settled = asked.map((at) => answers.get(at) ?? NOWHERE);
    const doubt = settled.find(({ type }) => type === 'not-known');
    if (doubt !== undefined) return doubt;
    const all = parsePlaces(place);
    const missing = asked.filter((_, index) => settled[index]?.type === 'not-there').map(({ name }) => name);
    await this.#options.havingIt.remember(
      this.name,
      letter,
      all.map(({ name }) => name),
      new Set(all.map(({ name }) => name).filter((name) => !missing.includes(name))),
    );
    if (all.length === 0 || missing.length > 0) return NOWHERE;
    const there = new Map(asked.map(({ name }, index) => [name, settled[index]]));
    const now = all.map((at) => {
      const answer = there.get(at.name);
      return answer?.type === 'there' ? { ...at, place: answer.place } : at;
    });
    return { type: 'there', place: writePlaces(now) };
  }

  async #answer({ letter, parts, place, refusal }: Waiting, placings: ReadonlyMap<Part, Placing>): Promise<Placing> {
    if (refusal !== undefined) return { type: 'refused', blame: 'place', why: refusal };
    const answers = new Map(parts.map((part) => [part.destination.name, placings.get(part) ?? NOT_TRIED]));
    const places = parsePlaces(place).map((at) => {
      const answer = answers.get(at.name);
      return answer?.type === 'placed' ? { ...at, place: answer.place } : at;
    });
    const names = places.map(({ name }) => name);
    const having = new Set(names.filter((name) => answers.get(name)?.type !== 'refused'));
    // What cannot be written down may come twice: that is no reason to say less of what has been kept.
    await this.#options.havingIt.remember(this.name, letter, names, having).catch(() => undefined);
    const refusals = [...answers.values()].filter((answer) => answer.type === 'refused' && answer !== NOT_TRIED);
    if (having.size === names.length) return { type: 'placed', place: writePlaces(places) };
    const why = refusals.map((answer) => (answer.type === 'refused' ? answer.why : '')).join('; ');
    const letters = refusals.every((answer) => answer.type === 'refused' && answer.blame === 'letter');
    return { type: 'refused', blame: letters ? 'letter' : 'place', why };
  }
}

const NOWHERE: Settled = { type: 'not-there' };

function unasked(name: string, { message }: Failure): Settled {
  return {
    type: 'not-known',
    why: `it was on its way to ${name}, which cannot be asked: ${message}; see whether it is there`,
  };
}

const NOT_TRIED: Placing & { type: 'refused' } = {
  type: 'refused',
  why: 'another destination of the letter did not take it',
  blame: 'place',
};

/** A letter of which it is not known yet where it belongs, or which goes to several destinations at once. */
class SortingStage implements Stage {
  readonly #letter: IncomingLetter;
  readonly #options: SortedOptions;
  readonly #head = new LetterHead();
  #chosen: Chosen | Held | undefined;
  #octets = 0;

  constructor(letter: IncomingLetter, options: SortedOptions) {
    this.#letter = letter;
    this.#options = options;
  }

  write(octets: Buffer): MaybePromise<void> {
    this.#octets += octets.length;
    const chosen = this.#chosen;
    if (chosen !== undefined) return 'type' in chosen ? undefined : this.#pass(octets, chosen);
    const whole = this.#head.take(octets);
    if (whole === undefined) return undefined;
    return this.#choose(whole.octets, whole.octets.subarray(0, whole.head)).then(() => undefined);
  }

  async end(): Promise<Waiting | Held> {
    const rest = this.#head.rest();
    const chosen = this.#chosen ?? (await this.#choose(rest, rest));
    if ('type' in chosen) return chosen;
    const parts: Part[] = [];
    await this.#unlessRefused(chosen, async () => {
      for (const { destination, stage } of chosen.stages) {
        const staged = await stage.end();
        if (staged.type === 'staged') parts.push({ destination, staged });
        else throw new Failure(staged.why);
      }
    });
    const { refusal } = chosen;
    const places = parts.map(({ destination: { name }, staged: { place } }) => ({ name, place }));
    const all = refusal === undefined ? [...chosen.has, ...places] : [];
    const own = { letter: this.#letter, octets: this.#octets, place: writePlaces(all) };
    return { type: 'staged', ...own, parts: refusal === undefined ? parts : [], refusal };
  }

  async abandon(): Promise<void> {
    if (this.#chosen === undefined || 'type' in this.#chosen) return;
    for (const { stage } of this.#chosen.stages.splice(0)) await stage.abandon();
  }

  async #choose(octets: Buffer, head: Buffer): Promise<Chosen | Held> {
    const belongs = await this.#belongs(head);
    if ('type' in belongs) {
      this.#chosen = belongs;
      return belongs;
    }
    const has = await this.#options.havingIt.of(this.#options.name, this.#letter, [...belongs.keys()]);
    const chosen: Chosen = { stages: [], has: [...has].map((name) => ({ name, place: '' })), refusal: undefined };
    this.#chosen = chosen;
    await this.#unlessRefused(chosen, async () => {
      for (const [name, { open, addresses }] of belongs) {
        if (has.has(name)) continue;
        const destination = await open();
        chosen.stages.push({ destination, stage: this.#stage(destination, addresses) });
      }
      for (const { stage } of chosen.stages) await stage.write(octets);
    });
    return chosen;
  }

  #stage(destination: Destination, addresses: readonly string[]): Stage {
    if (destination instanceof LmtpDestination) return destination.stageFor(this.#letter, addresses);
    if (destination instanceof CommandDestination) return destination.stageFor(this.#letter, addresses.join(', '));
    return destination.stage(this.#letter);
  }

  /** Destinations by their names, each once, with the addresses that lead to it. */
  async #belongs(head: Buffer): Promise<ReadonlyMap<string, Belongs> | Held> {
    const { header, prefix } = this.#options;
    const value = topmostField(head, header);
    if (value === undefined) return held(`it has no field ${header} in its header, so nobody knows whom it is for`);
    const addresses = addressesIn(value, prefix);
    if (addresses === undefined) return held(`its field ${header} is no address: ${shown(value)}`);
    const found = new Map<string, Belongs>();
    for (const address of addresses) {
      const leads = await this.#options.leads(address);
      if (leads.type === 'nowhere') return { type: 'held', why: leads.why };
      for (const { name, open } of leads.destinations) {
        found.set(name, { open, addresses: [...(found.get(name)?.addresses ?? []), address] });
      }
    }
    return found;
  }

  #pass(octets: Buffer, chosen: Chosen): MaybePromise<void> {
    const [first, ...others] = chosen.stages;
    if (first === undefined) return undefined;
    try {
      const written = first.stage.write(octets);
      if (others.length === 0 && !(written instanceof Promise)) return undefined;
      return this.#unlessRefused(chosen, async () => {
        await written;
        for (const { stage } of others) await stage.write(octets);
      });
    } catch (thrown) {
      return this.#unlessRefused(chosen, () => Promise.reject(thrown));
    }
  }

  /** What one destination cannot take goes into none: the letter is refused when it is to be placed. */
  async #unlessRefused(chosen: Chosen, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      await this.abandon();
      if (!(thrown instanceof Failure)) throw thrown;
      chosen.refusal = thrown.message;
    }
  }
}

interface Staging {
  readonly destination: Destination;
  readonly stage: Stage;
}

/** A destination where a letter belongs, and by which addresses. */
interface Belongs {
  readonly open: () => Promise<Destination>;
  readonly addresses: readonly string[];
}

/** Where a letter goes. */
interface Chosen {
  stages: Staging[];
  /** Where it is already. */
  readonly has: readonly SortedPlace[];
  /** Why one of them does not take it: nothing of it is left in the others then. */
  refusal: string | undefined;
}

function held(why: string): Held {
  const remedy = 'read it at the server, or name another field, then --retry';
  return { type: 'held', why: `${why}: ${remedy}` };
}

/** Many letters of one destination at once, and all destinations side by side. */
async function placeAll(parts: readonly Part[], placings: Map<Part, Placing>): Promise<void> {
  const work = [...byDestination(parts)].map(async ([destination, some]) => {
    const answers = await placeIn(destination, some);
    for (const [index, part] of some.entries()) placings.set(part, answers[index] ?? NOT_TRIED);
  });
  await Promise.all(work);
}

async function placeIn(destination: Destination, parts: readonly Part[]): Promise<readonly Placing[]> {
  try {
    return await destination.place(parts.map(({ staged }) => staged));
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    return parts.map(() => ({ type: 'refused', blame: 'destination', why: thrown.message }));
  }
}

function byDestination(parts: readonly Part[]): ReadonlyMap<Destination, readonly Part[]> {
  return Map.groupBy(parts, ({ destination }) => destination);
}

/** What stands in a letter, on one line, with nothing in it that a terminal would obey. */
function shown(value: string): string {
  const text = Buffer.from(value, 'latin1').toString('utf8');
  return JSON.stringify(text.slice(0, 200)).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}
