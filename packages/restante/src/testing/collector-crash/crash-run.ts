import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { AccountReport } from '../../collect/event.ts';
import type { Dovecot } from '../dovecot.ts';
import type { Random } from '../oracle/random.ts';
import { FullMailbox } from './full-mailbox.ts';
import type { Fault } from './points.ts';
import { CollectorProcess } from './process.ts';

/** Where letters go, and who looks at them meanwhile. */
export interface Target {
  /** As users write it. */
  readonly destination: string;
  readonly data?: string;
  /** Does with the letters what a second program does, until it is told to stop. */
  read(signal: AbortSignal): Promise<void>;
  /** What has come, each as often as it came: name and SHA-256 of the octets that the server sent. */
  came(): Promise<readonly { readonly name: string; readonly sha256: string }[]>;
}

/** Letters that the server lost, that came twice or otherwise than they were, or never. */
export type Violation = `${string}: ${'lost' | 'twice' | 'changed' | 'never came'}` | `odd: ${string}`;

/** A collector that is killed again and again while letters come and are taken away, and what has to hold all the time. */
export class CrashRun {
  readonly #mailbox: FullMailbox;
  readonly #dovecot: Dovecot;
  readonly #target: Target;
  readonly #random: Random;
  readonly #state: string;

  constructor(dovecot: Dovecot, user: string, target: Target, { folder, random }: { folder: string; random: Random }) {
    this.#dovecot = dovecot;
    this.#mailbox = new FullMailbox(dovecot, user, random);
    this.#target = target;
    this.#random = random;
    this.#state = join(folder, 'state');
    mkdirSync(this.#state, { recursive: true });
  }

  /** Collects once, with a fault planted or killed after so many milliseconds; letters come before, and meanwhile. */
  async live(end: {
    readonly fault?: Fault;
    readonly after?: number;
    readonly ahead?: number;
  }): Promise<AccountReport | undefined> {
    this.#mailbox.deliver(4 + this.#random.below(10));
    const done = new AbortController();
    const { destination, data } = this.#target;
    const collector = new CollectorProcess({
      port: this.#dovecot.pop3.port,
      user: this.#mailbox.user,
      destination,
      state: this.#state,
      ...(data !== undefined && { data }),
      ...(end.fault && { fault: end.fault }),
      ...(end.ahead !== undefined && { ahead: end.ahead }),
    });
    const reading = this.#target.read(done.signal);
    const killing = end.after === undefined ? undefined : this.#kill(collector, end.after, done.signal);
    try {
      return await collector.ended;
    } finally {
      done.abort();
      await reading;
      await killing;
    }
  }

  /** More letters come to the server. */
  deliver(count: number): void {
    this.#mailbox.deliver(count);
  }

  /** What is broken now. In the end, when everything was collected, nothing may be missing either. */
  async verify(inTheEnd = false): Promise<readonly Violation[]> {
    // In this order: what goes from the server meanwhile was there before.
    const there = this.#mailbox.there();
    const came = Map.groupBy(await this.#target.came(), ({ name }) => name);
    const violations: Violation[] = [];
    for (const [name, sha256] of this.#mailbox.delivered) {
      const copies = came.get(name) ?? [];
      if (copies.length === 0 && !there.has(name)) violations.push(`${name}: lost`);
      else if (copies.length === 0 && inTheEnd) violations.push(`${name}: never came`);
      if (copies.length > 1) violations.push(`${name}: twice`);
      if (copies.some((each) => each.sha256 !== sha256)) violations.push(`${name}: changed`);
    }
    for (const name of came.keys()) if (!this.#mailbox.delivered.has(name)) violations.push(`odd: ${name}`);
    return violations;
  }

  /**
   * Left alone, it comes to its end a month later: everything has come once. At the server there is nothing left but letters that were
   * put where they belong and taken from there before the journal knew: of those nobody can tell, so they are held.
   */
  async ends(): Promise<void> {
    // By then letters that were on their way at several kills may be tried again.
    const report = await this.live({ ahead: 30 * 86_400_000 });
    assert.ok(report !== undefined);
    assert.equal(report.result, report.held === 0 ? 'done' : 'partly', JSON.stringify(report));
    assert.equal(report.failed, 0, JSON.stringify(report));
    assert.deepEqual(await this.verify(true), []);
    assert.equal(this.left, report.held, 'nothing else is left at the server');
  }

  /** Letters that are still at the server. */
  get left(): number {
    return this.#mailbox.there().size;
  }

  /** Letters that came to the server so far. */
  get letters(): number {
    return this.#mailbox.delivered.size;
  }

  async #kill(collector: CollectorProcess, after: number, ended: AbortSignal): Promise<void> {
    await pause(after / 2, undefined, { signal: ended }).catch(() => {});
    if (!ended.aborted) this.#mailbox.deliver(3);
    await pause(after / 2, undefined, { signal: ended }).catch(() => {});
    collector.kill();
  }
}
