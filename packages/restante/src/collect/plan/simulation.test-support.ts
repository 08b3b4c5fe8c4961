import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Policy } from '../account.ts';
import type { Journal } from '../journal/journal.ts';
import { memoryJournal } from '../journal/open.ts';
import { fingerprintOf, letterHeader } from './fingerprint.ts';
import { isPassingKey } from './identity.ts';
import { KnownByOctets } from './known-by-octets.ts';
import type { ListedLetter, Plan, Situation, Step, Wanted } from './plan.ts';
import { planSession } from './plan-session.ts';
import { planRows } from './rows.ts';

export const KEEP: Policy = {
  afterwards: { type: 'keep' },
  firstRun: { type: 'all' },
  commitEvery: 3,
  large: 1_000_000,
  attempts: 3,
};
export const DELETE: Policy = { ...KEEP, afterwards: { type: 'delete' } };

export const DAY = 24 * 60 * 60 * 1000;

/** A letter that only its author makes: each is another. */
export interface SimulatedLetter {
  readonly octets: Buffer;
  uniqueId: string;
}

let letters = 0;

/** A letter with a header that no other has, and about as many octets as wanted. */
export function letterOf(uniqueId: string, octets = 0): SimulatedLetter {
  letters += 1;
  const header = `Received: from a by b id ${letters}; Tue, 24 Nov 2026 12:00:00 +0000\r\nMessage-ID: <${letters}@a>\r\n\r\n`;
  return { octets: Buffer.from(header + 'x'.repeat(Math.max(0, octets - header.length))), uniqueId };
}

/** A maildrop at a server that does what servers do. */
export class SimulatedServer {
  letters: SimulatedLetter[] = [];
  hasTop = true;
  /** How it names letters. */
  uniqueIds: 'own' | 'none' | 'numbers' | 'one for all' = 'own';
  /** Letters that it does not list in the next session: all, so many at the end, or none. */
  hidden: number | 'all' = 0;
  /** Whether STAT knows of letters that are hidden. */
  counts = false;
  /** Whether it says what STAT says. */
  hasStat = true;

  listed(): SimulatedLetter[] {
    return this.hidden === 'all' ? [] : this.letters.slice(0, this.letters.length - this.hidden);
  }

  nameOf(letter: SimulatedLetter, number: number): string | undefined {
    const names = { own: letter.uniqueId, none: undefined, numbers: `${number}`, 'one for all': 'same' };
    return names[this.uniqueIds];
  }
}

/** Where a run dies: before this step of the plan; `quit` has QUIT worked on, and its answer lost; `lost` has it lost. */
export type Death = number | 'quit' | 'lost' | undefined;

/** A collector that keeps everything in memory, and does what a plan says. */
export class SimulatedCollector {
  readonly journal: Journal = memoryJournal();
  /** SHA-256 of what is stored, in order. */
  readonly stored: string[] = [];
  readonly warnings: string[] = [];
  /** Octets fetched. */
  fetched = 0;
  questions: Wanted[] = [];
  now = Date.UTC(2026, 10, 24);

  /** What is planned, with all that the plan wants to know. */
  plan(server: SimulatedServer, policy: Policy): { plan: Plan; listed: SimulatedLetter[] } {
    const listed = server.listed();
    let situation = this.#look(server, policy, listed);
    this.questions = [];
    for (let questions = 0; questions < 5; questions++) {
      const answer = planSession(situation);
      if (answer.type === 'plan') return { plan: answer, listed };
      this.questions.push(answer);
      const { sizes } = answer;
      const headers = new Map(situation.headers);
      for (const number of answer.headers) {
        const letter = listed[number - 1] as SimulatedLetter;
        headers.set(number, server.hasTop ? letterHeader(letter.octets) : undefined);
      }
      situation = {
        ...situation,
        headers,
        sized: situation.sized || sizes.length > 0,
        listing: situation.listing.map((one) =>
          sizes === 'all' || sizes.includes(one.number)
            ? { ...one, octets: (listed[one.number - 1] as SimulatedLetter).octets.length }
            : one,
        ),
      };
    }
    return assert.fail('the plan has no end of questions');
  }

  /** One session, or as many as commits ask for. */
  run(server: SimulatedServer, policy: Policy, death?: Death): void {
    for (let sessions = 0; sessions < 100; sessions++) {
      this.now += 60_000;
      if (!this.#session(server, policy, death)) return;
    }
    assert.fail('there is no end of sessions');
  }

  #look(server: SimulatedServer, policy: Policy, listed: readonly SimulatedLetter[]): Situation {
    const counted = server.counts ? server.letters : listed;
    const sized = server.uniqueIds === 'none';
    return {
      listing: listed.map(
        (letter, index): ListedLetter => ({
          number: index + 1,
          uniqueId: server.nameOf(letter, index + 1),
          octets: sized ? letter.octets.length : undefined,
        }),
      ),
      counted: server.hasStat ? counted.length : undefined,
      countedOctets: server.hasStat ? counted.reduce((sum, { octets }) => sum + octets.length, 0) : undefined,
      sized,
      facts: this.journal.facts,
      records: [...this.journal.letters()],
      policy,
      now: this.now,
      headers: new Map(),
      expire: undefined,
      destination: 'memory',
    };
  }

  /** Answers whether another session goes on. */
  #session(server: SimulatedServer, policy: Policy, death: Death): boolean {
    this.#settle();
    const { plan, listed } = this.plan(server, policy);
    this.#mustBeSound(plan, listed);
    this.journal.write(plan.changes, plan.facts);
    this.#mustBeStable(plan, server, policy);
    this.warnings.push(...plan.warnings);
    const known = new KnownByOctets(
      plan,
      Array.from(this.journal.letters(), ({ key }) => key),
    );
    const deleted: { letter: SimulatedLetter; key: string }[] = [];
    let goesOn = false;
    for (const [index, step] of plan.steps.entries()) {
      if (death === index) return false;
      if (step.type === 'commit') {
        goesOn = true;
        break;
      }
      if (step.type === 'leave') continue;
      const letter = listed[step.letter.number - 1] as SimulatedLetter;
      let key = step.type === 'delete' ? step.record.key : step.key;
      if (step.type === 'fetch') key = this.#fetch(step, letter, known);
      if (step.type === 'fetch' && !step.thenDelete) continue;
      assert.ok(this.stored.includes(sha256(letter.octets)), 'a letter that is not stored would be deleted');
      this.journal.write([{ type: 'delete-sent', key }]);
      deleted.push({ letter, key });
    }
    if (deleted.length > 0) this.#quit(server, deleted, death);
    return goesOn && death === undefined;
  }

  /** Each letter has one step, and what is deleted unread was kept, with proof. */
  #mustBeSound({ steps }: Plan, listed: readonly SimulatedLetter[]): void {
    const numbers = steps.flatMap((step) => (step.type === 'commit' ? [] : [step.letter.number]));
    assert.deepEqual(
      numbers.sort((one, other) => one - other),
      listed.map((_, index) => index + 1),
    );
    for (const step of steps) {
      if (step.type !== 'delete') continue;
      const { key, state, sha256, kept, headersOnly } = step.record;
      assert.ok(state === 'kept' && sha256 !== undefined && kept !== undefined && !headersOnly, `${key} has no proof`);
    }
  }

  /** Once what the listing tells is written down, it tells nothing more, and the same is to be done. */
  #mustBeStable(plan: Plan, server: SimulatedServer, policy: Policy): void {
    const { plan: again } = this.plan(server, policy);
    const what = (rows: ReturnType<typeof planRows>) => rows.map(({ action, number }) => [action, number]);
    assert.deepEqual(what(planRows(again)), what(planRows(plan)));
    const lasting = again.changes.filter(({ key }) => !isPassingKey(key));
    assert.deepEqual(lasting, []);
  }

  #fetch(step: Extract<Step, { type: 'fetch' }>, { octets }: SimulatedLetter, known: KnownByOctets): string {
    const { key } = step;
    this.journal.write([{ type: 'fetching', key }]);
    this.fetched += octets.length;
    const hash = sha256(octets);
    const recognised = step.known === 'by-octets' ? known.recognise(step, hash, this.now) : undefined;
    if (recognised?.record !== undefined) {
      this.journal.write(recognised.changes);
      const moved = recognised.changes.find((change) => change.type === 'rebound');
      return moved?.type === 'rebound' ? moved.to : recognised.record.key;
    }
    const fingerprint = fingerprintOf(octets);
    const proof = { octets: octets.length, sha256: hash, fingerprint, headersOnly: step.part === 'headers' };
    this.journal.write([{ type: 'staged', key, ...proof, place: key, destination: 'memory' }]);
    this.stored.push(hash);
    this.journal.write([{ type: 'kept', key, at: this.now }, ...(recognised?.changes ?? [])]);
    const moved = recognised?.changes.find((change) => change.type === 'rebound');
    return moved?.type === 'rebound' ? moved.to : key;
  }

  #quit(server: SimulatedServer, deleted: readonly { letter: SimulatedLetter; key: string }[], death: Death): void {
    if (death !== 'lost') {
      const gone = new Set(deleted.map(({ letter }) => letter));
      server.letters = server.letters.filter((letter) => !gone.has(letter));
    }
    const type = death === undefined ? 'gone' : 'unknown';
    this.journal.write(deleted.map(({ key }) => ({ type, key, at: this.now })));
  }

  /** What a run does at its beginning. */
  #settle(): void {
    for (const { key, state } of [...this.journal.letters()]) {
      if (state === 'delete-sent') this.journal.write([{ type: 'unknown', key }]);
      if (state === 'fetching')
        this.journal.write([{ type: 'failed', key, why: 'died', givenUp: false, counts: true }]);
    }
  }
}

export function sha256(octets: Buffer): string {
  return createHash('sha256').update(octets).digest('hex');
}
