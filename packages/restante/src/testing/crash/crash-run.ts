import { join } from 'node:path';
import type { FaultPlan } from '../../store/faults.ts';
import { defaultStoreLimits } from '../../store/limits.ts';
import { type DurableStore, openStore } from '../../store/store.ts';
import { ALL, runAliases } from '../oracle/aliases.ts';
import { runClients } from '../oracle/clients.ts';
import { KEPT, runImporter } from '../oracle/imports.ts';
import { verifyOffice } from '../oracle/inspect.ts';
import { writeLetter } from '../oracle/letter.ts';
import { type Office, OfficeLost, storeOffice } from '../oracle/office.ts';
import { type PromiseEvent, Promises, type Violation } from '../oracle/promises.ts';
import { quotaViolations } from '../oracle/quotas.ts';
import { Random } from '../oracle/random.ts';
import { OfficeProcess } from './office-process.ts';
import { wireCounter, wireOffice } from './wire-office.ts';

/** One life of an office. */
export interface Life {
  readonly faults: FaultPlan;
  /** It is killed when its clients have noted so many events, or one of this type, if no planted fault ends it before. */
  readonly events: number;
  readonly until?: PromiseEvent['type'];
  /** Whether letters are imported and aliases changed too; default yes. */
  readonly counter?: boolean;
  /** Whether the store is used, and not only looked at, when it was opened again. */
  readonly use?: boolean;
}

export interface LifeReport {
  readonly violations: readonly Violation[];
  /** Whether it ended before its events were used up: at the planted fault. */
  readonly early: boolean;
  readonly events: number;
}

/** Octets above which a letter gets a file of its own, and at which a segment is full: small, to see both often. */
const limits = { inline: 64 * 1024, segment: 256 * 1024 };
const maildrops = ['one', 'two', 'three'];

/** An office that is killed again and again on the same data, and the record of all that its clients were promised. */
export class CrashRun {
  readonly #data: string;
  readonly #random: Random;
  readonly #promises = new Promises();
  readonly #brief = new BriefAccounts();
  #lives = 0;

  constructor(data: string, seed: number) {
    this.#data = data;
    this.#random = new Random(seed);
  }

  async prepare(): Promise<void> {
    await using store = await this.#open();
    for (const name of [...maildrops, KEPT]) await store.add({ name, addresses: [], passwordHash: '$none$' });
    await store.putAlias({ address: ALL, accounts: maildrops });
  }

  /** Delivers so many small letters to a mailbox at once. */
  async fill(maildrop: string, count: number): Promise<void> {
    await using store = await this.#open();
    const office = storeOffice(store);
    const letters = Array.from({ length: count }, (_, index) => writeLetter(`fill-${index}`, 40));
    for (const letter of letters) {
      this.#promises.record({ type: 'sending', maildrop, letter: letter.name, sha256: letter.sha256 });
    }
    const answers = await Promise.all(letters.flatMap((letter) => office.deliver(letter, [maildrop])));
    for (const [index, answer] of answers.entries()) {
      this.#promises.record({ ...answer, maildrop, letter: letters[index]?.name ?? '' });
    }
  }

  /** Opens the office, lets clients at it until it is killed, and verifies what is left. */
  async live({ faults, events, until, counter = true, use = false }: Life): Promise<LifeReport> {
    this.#lives += 1;
    let noted = 0;
    let office: OfficeProcess | undefined;
    const record = (event: PromiseEvent) => {
      this.#promises.record(event);
      noted += 1;
      if (noted === events || event.type === until) office?.kill();
    };
    try {
      office = await OfficeProcess.start({ data: this.#data, limits, faults });
      await this.#visit(wireOffice(office), office, counter, record);
    } catch (error) {
      // A process that goes on would keep the test from ending.
      office?.kill();
      if (!(error instanceof OfficeLost)) throw error;
    }
    await office?.gone();
    await using store = await this.#open();
    const violations = [
      ...this.#brief.verify(store),
      ...(await verifyOffice(store, [...maildrops, ...this.#brief.there(store)], this.#promises, { use })),
      ...quotaViolations(join(this.#data, 'index.sqlite'), defaultStoreLimits.quota),
    ];
    return { violations, early: noted < events, events: noted };
  }

  async #visit(
    office: Office,
    process: OfficeProcess,
    counter: boolean,
    record: (event: PromiseEvent) => void,
  ): Promise<void> {
    const name = `life-${this.#lives}`;
    const random = this.#random;
    await Promise.all([
      runClients({
        office,
        random,
        maildrops,
        promises: this.#promises,
        record,
        name,
        senders: 4,
        large: limits.inline,
      }),
      this.#brief.run(office, process, record, name),
      counter && runImporter(wireCounter(process), { imports: this.#promises.imports, record }),
      counter && runAliases(wireCounter(process), { maildrops, record }),
    ]);
  }

  #open(): Promise<DurableStore> {
    return openStore({ data: this.#data, limits });
  }
}

/** Accounts that are made, get a few letters, and are removed with them. */
class BriefAccounts {
  readonly #names = new Map<string, 'adding' | 'added' | 'removing' | 'removed'>();

  async run(
    office: Office,
    process: OfficeProcess,
    record: (event: PromiseEvent) => void,
    prefix: string,
  ): Promise<void> {
    try {
      for (const [left, state] of this.#names) if (state === 'added') await this.#remove(process, left);
      for (let time = 1; ; time += 1) await this.#live(office, process, record, `brief-${prefix}-${time}`);
    } catch (error) {
      if (!(error instanceof OfficeLost)) throw error;
    }
  }

  /** Those that are there and have to be sound. */
  there(store: DurableStore): readonly string[] {
    return [...this.#names.keys()].filter((name) => store.byName(name));
  }

  verify(store: DurableStore): readonly Violation[] {
    const violations: Violation[] = [];
    for (const [name, state] of this.#names) {
      const isThere = store.byName(name) !== undefined;
      if (state === 'added' && !isThere) violations.push({ kind: 'lost', maildrop: name, what: 'the account' });
      if (state === 'removed' && isThere) violations.push({ kind: 'came-back', maildrop: name, what: 'the account' });
      // What was not answered is settled by what is there.
      this.#names.set(name, isThere ? 'added' : 'removed');
    }
    return violations;
  }

  async #live(
    office: Office,
    process: OfficeProcess,
    record: (event: PromiseEvent) => void,
    name: string,
  ): Promise<void> {
    this.#names.set(name, 'adding');
    await process.ask({ type: 'add-account', name });
    this.#names.set(name, 'added');
    for (let time = 1; time <= 3; time += 1) {
      const letter = writeLetter(`${name}-${time}`, 500);
      record({ type: 'sending', maildrop: name, letter: letter.name, sha256: letter.sha256 });
      for (const answer of office.deliver(letter, [name])) {
        const { type } = await answer;
        record({ type, maildrop: name, letter: letter.name });
      }
    }
    // It goes from there with the account; the alias stays.
    await process.ask({ type: 'set-alias', alias: { address: 'brief@alias.example', accounts: [name, 'one'] } });
    await this.#remove(process, name);
  }

  async #remove(process: OfficeProcess, name: string): Promise<void> {
    this.#names.set(name, 'removing');
    await process.ask({ type: 'remove-account', name });
    this.#names.set(name, 'removed');
  }
}
