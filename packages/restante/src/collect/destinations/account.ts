import { createHash } from 'node:crypto';
import { type Placed, StoreError } from '@restante/pop/maildrop';
import { Canonicalizer } from '@restante/pop/wire';
import { Failure } from '../../failure.ts';
import { type Intake, MOST_KEYS } from '../../import/intake.ts';
import type {
  Destination,
  FoundLetter,
  IncomingLetter,
  Placing,
  Settled,
  Stage,
  StagedLetter,
  UnsettledLetter,
} from './destination.ts';
import type { Spool, SpooledLetter } from './spool.ts';

export interface AccountServices {
  readonly spool: Spool;
  /** The account's maildrop, open for letters. Rejects with a Failure when there is none, or it takes none. */
  openIntake(account: string): Promise<Intake>;
}

/** Letters, and octets of them, that may be on their way to the store: as many as it commits together. */
const WINDOW = { letters: 512, octets: 8 * 1024 * 1024 };

/**
 * How long the way in is held in milliseconds, when it is not used, and between batches that follow each other: it may be
 * the store itself, and then nobody can open the office meanwhile (`serve` waits 15 seconds for it).
 */
const LEASE = { idle: 1_000, busy: 5_000 };

/** A staged letter of ours. */
interface Waiting extends StagedLetter {
  readonly spooled: SpooledLetter;
}

/**
 * An account of the local office. Letters are placed by the store's import, which remembers the key of each in the same
 * transaction: it is there once however often it is brought, and whether it is there can be asked at any time.
 */
export class AccountDestination implements Destination {
  readonly name: string;
  readonly promise = 'exactly-once';
  readonly #account: string;
  readonly #services: AccountServices;
  /** What came of letters, so that one is not brought again without its octets. */
  readonly #placed = new WeakMap<StagedLetter, Placing>();
  #intake: Intake | undefined;
  /** Since when it is open. */
  #since = 0;
  #idle: NodeJS.Timeout | undefined;
  /** The last use of the intake, which takes one letter at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(account: string, services: AccountServices) {
    this.name = `account:${account}`;
    this.#account = account;
    this.#services = services;
  }

  /** Rejects with a Failure when letters cannot be placed there at all. */
  async check(): Promise<void> {
    await this.#use(async () => undefined);
  }

  stage(letter: IncomingLetter): Stage {
    const spooled = this.#services.spool.take();
    // As every way into the store does it: a bare LF would go out as CRLF, and be more octets than LIST says (P3-16).
    const form = new Canonicalizer();
    let came = 0;
    return {
      write: (octets) => {
        came += octets.length;
        return spooled.write(bufferOf(form.push(octets)));
      },
      end: async (): Promise<Waiting> => {
        await spooled.write(bufferOf(form.end()));
        return { type: 'staged', letter, place: this.name, octets: came, spooled };
      },
      abandon: () => spooled.close(),
    };
  }

  /** What is lost in a power cut is not in the store, and will be fetched again. */
  async prepare(_letters: readonly StagedLetter[]): Promise<void> {}

  async place(letters: readonly StagedLetter[]): Promise<readonly Placing[]> {
    const waiting = (letters as readonly Waiting[]).filter((letter) => !this.#placed.has(letter));
    await this.#placeAll(waiting);
    return letters.map((letter) => this.#placed.get(letter) ?? NOT_ANSWERED);
  }

  async settle(letters: readonly UnsettledLetter[]): Promise<readonly Settled[]> {
    const known = await this.#known(letters.map(({ letter }) => letter));
    return letters.map(({ letter, place }) =>
      known.has(importKey(letter)) ? { type: 'there', place } : { type: 'not-there' },
    );
  }

  async find(letters: readonly IncomingLetter[]): Promise<ReadonlyMap<string, FoundLetter>> {
    const known = await this.#known(letters);
    const found = letters.filter((letter) => known.has(importKey(letter)));
    return new Map(found.map(({ key }) => [key, { place: this.name, octets: undefined, sha256: undefined }]));
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#services.spool.close();
    await this.#giveBack();
  }

  async #known(letters: readonly IncomingLetter[]): Promise<ReadonlySet<string>> {
    const keys = letters.map(importKey);
    const known = new Set<string>();
    for (let from = 0; from < keys.length; from += MOST_KEYS) {
      const some = keys.slice(from, from + MOST_KEYS);
      for (const key of await this.#ask(some)) known.add(key);
    }
    return known;
  }

  async #ask(keys: readonly string[]): Promise<ReadonlySet<string>> {
    try {
      return await this.#use(async (intake) => intake.imported(keys));
    } catch (thrown) {
      throw thrown instanceof StoreError ? new Failure(`${this.name} cannot be asked now: ${thrown.message}`) : thrown;
    }
  }

  async #placeAll(letters: readonly Waiting[]): Promise<void> {
    const answers = [...(await this.#bringAll(letters))];
    // The office has perhaps been opened or closed in the middle: the keys make it safe to bring them once more.
    const again = [...answers.keys()].filter((index) => isTemporary(answers[index]));
    const second = await this.#bringAll(again.map((index) => letters[index] as Waiting));
    for (const [place, index] of again.entries()) answers[index] = second[place] as Answer;
    for (const [index, letter] of letters.entries()) {
      this.#placed.set(letter, this.#placing(answers[index] as Answer));
      await letter.spooled.close();
    }
  }

  /** Brings them all, and answers when each is known to be there or not. */
  async #bringAll(letters: readonly Waiting[]): Promise<readonly Answer[]> {
    if (letters.length === 0) return [];
    try {
      return await this.#use(async (intake) => {
        const answers = await this.#bringEach(intake, letters);
        if (answers.some(isTemporary)) await this.#giveBack();
        return answers;
      });
    } catch (thrown) {
      const error = thrown instanceof Failure ? new StoreError('no-maildrop', thrown.message) : StoreError.from(thrown);
      return letters.map(() => error);
    }
  }

  async #bringEach(intake: Intake, letters: readonly Waiting[]): Promise<readonly Answer[]> {
    const answers: Promise<Answer>[] = [];
    const open = new Set<Promise<void>>();
    let octets = 0;
    for (const letter of letters) {
      while (open.size >= WINDOW.letters || (open.size > 0 && octets + letter.spooled.octets > WINDOW.octets)) {
        await Promise.race(open);
      }
      const { answer } = await bring(intake, letter);
      octets += letter.spooled.octets;
      const done: Promise<void> = answer.then(() => {
        open.delete(done);
        octets -= letter.spooled.octets;
      });
      open.add(done);
      answers.push(answer);
    }
    return Promise.all(answers);
  }

  #placing(answer: Answer): Placing {
    if (!(answer instanceof StoreError)) return { type: 'placed', place: `${this.name} ${answer.uniqueId}` };
    const { kind, message } = answer;
    if (kind === 'too-large') {
      return { type: 'refused', blame: 'letter', why: `${message}: raise limits.letter_size of the office to take it` };
    }
    if (kind === 'exceeds-maildrop') {
      return {
        type: 'refused',
        blame: 'letter',
        why: `${message}: restante account quota ${this.#account} gives it more`,
      };
    }
    if (kind === 'over-quota') {
      const why = `${this.name} is full: ${message}. Make room there, or give it more: restante account quota ${this.#account}`;
      return { type: 'refused', blame: 'destination', why };
    }
    return { type: 'refused', blame: 'destination', why: `${this.name} takes no letters now: ${message}` };
  }

  /** Does something with the account's maildrop; what is under way has its turn first. Tried again when the way in is lost. */
  #use<T>(work: (intake: Intake) => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      clearTimeout(this.#idle);
      try {
        return await work(await this.#open());
      } catch (thrown) {
        await this.#giveBack();
        if (!isTemporary(thrown)) throw thrown;
        return await work(await this.#open());
      } finally {
        await this.#afterUse();
      }
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #open(): Promise<Intake> {
    if (this.#intake === undefined) {
      this.#intake = await this.#services.openIntake(this.#account);
      this.#since = performance.now();
    }
    return this.#intake;
  }

  async #afterUse(): Promise<void> {
    if (performance.now() - this.#since >= LEASE.busy) return this.#giveBack();
    const giveBack = () => {
      this.#last = this.#last.then(() => this.#giveBack());
    };
    // It keeps the process: somebody else may wait for the way in, and for nothing else.
    this.#idle = setTimeout(giveBack, LEASE.idle);
  }

  async #giveBack(): Promise<void> {
    clearTimeout(this.#idle);
    const intake = this.#intake;
    this.#intake = undefined;
    await intake?.close().catch(() => undefined);
  }
}

function bufferOf(octets: Uint8Array): Buffer {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
}

type Answer = Placed | StoreError;

const NOT_ANSWERED: Placing = { type: 'refused', blame: 'destination', why: 'nothing was said of it' };

function isTemporary(answer: unknown): boolean {
  return answer instanceof StoreError && answer.kind === 'temporary';
}

/** Brings one letter; `answer` tells when it is durable. */
async function bring(intake: Intake, { letter, spooled }: Waiting): Promise<{ readonly answer: Promise<Answer> }> {
  const delivery = intake.begin({ key: importKey(letter), arrived: letter.listed });
  try {
    for await (const piece of spooled.read()) {
      const written = delivery.write(piece);
      if (written instanceof Promise) await written;
    }
  } catch (thrown) {
    await delivery.abort().catch(() => undefined);
    return { answer: Promise.resolve(StoreError.from(thrown)) };
  }
  const [answer] = delivery.commit();
  if (answer === undefined) throw new Error('commit answers one promise');
  return { answer };
}

/** By what the store knows it again: whose it is and which. Neither of them is shown to anybody. */
function importKey({ mailbox, key }: IncomingLetter): string {
  return `collect/${createHash('sha256').update(mailbox).update('\0').update(key).digest('hex')}`;
}
