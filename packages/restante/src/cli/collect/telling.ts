import type { AccountReport, CollectEvent } from '../../collect/event.ts';
import type { Plan } from '../../collect/plan/plan.ts';
import { formatDuration } from '../../config/quantity.ts';
import { print, printJsonLine, say } from '../output.ts';
import { harmless } from './harmless.ts';
import { type Brought, Hooks } from './hook.ts';
import type { Screen } from './live-lines.ts';
import { printedEvent, printedPlan } from './printed.ts';
import { CollectProgress } from './progress.ts';
import { closingTable, planTable, reportLine, troubles } from './report.ts';

export interface TellingOptions {
  readonly json: boolean;
  readonly dryRun: boolean;
  /**
   * Milliseconds between two calls, where they go on until they are ended: then each is told when it is over, and no table
   * closes them.
   */
  readonly every: number | undefined;
  /** Every account, with the command that is run after new mail for it. */
  readonly accounts: ReadonlyMap<string, string | undefined>;
  /** The command that is run after new mail, once for all. */
  readonly exec: string | undefined;
  /** What those commands have of our environment. */
  readonly environment: NodeJS.ProcessEnv;
}

/** Everybody who wants to know what happens while mail is collected: people, programs, and commands after new mail. */
export class Telling {
  readonly #options: TellingOptions;
  readonly #progress: CollectProgress;
  readonly #hooks: Hooks;
  readonly #busy = new Set<string>();
  readonly #brought: Brought[] = [];

  constructor(options: TellingOptions) {
    this.#options = options;
    const screen = options.json ? undefined : terminal();
    const idle = options.every === undefined ? undefined : `waiting, a call every ${formatDuration(options.every)}`;
    this.#progress = new CollectProgress({ screen, say: sayLine, several: options.accounts.size > 1, idle });
    this.#hooks = new Hooks((line) => this.note(line), options.environment);
  }

  take(event: CollectEvent): void {
    if (event.event !== 'finished') this.#busy.add(event.account);
    if (!this.#options.json) {
      this.#progress.take(event);
      return;
    }
    const printed = printedEvent(event);
    if (printed !== undefined) printJsonLine(printed);
  }

  /** What a session would do, where nothing is done. */
  plan(account: string, plan: Plan): void {
    const { dryRun, json, accounts } = this.#options;
    if (!dryRun) return;
    if (json) {
      for (const event of printedPlan(account, plan)) printJsonLine(event);
      return;
    }
    this.#progress.clear();
    print(`${accounts.size > 1 ? `${account}:\n` : ''}${planTable(plan)}`);
  }

  /** One account's run is over. */
  finished(account: string, report: AccountReport): void {
    const { every, json, accounts, exec } = this.#options;
    this.#busy.delete(account);
    if (report.kept > 0) {
      const own = accounts.get(account);
      if (own !== undefined) this.#hooks.run(own, [{ account, report }]);
      this.#brought.push({ account, report });
    }
    if (every === undefined) return;
    const line = json ? undefined : reportLine({ account, report });
    if (line !== undefined) this.note(line);
    if (this.#busy.size === 0 && exec !== undefined) this.#after(exec);
  }

  /** A line for people that is no event. */
  note(line: string): void {
    this.#progress.note(line);
  }

  /** All is over: what came of it, and what is to be mended. */
  async end(reports: readonly AccountReport[]): Promise<void> {
    const { every, dryRun, json, accounts, exec } = this.#options;
    if (exec !== undefined) this.#after(exec);
    await this.#hooks.done();
    this.#progress.clear();
    if (every !== undefined) return;
    const reported = [...accounts.keys()].flatMap((account, index) => {
      const report = reports[index];
      return report === undefined ? [] : [{ account, report }];
    });
    if (!json && !dryRun) print(closingTable(reported));
    for (const line of troubles(reported)) sayLine(line);
  }

  #after(exec: string): void {
    if (this.#brought.length > 0) this.#hooks.run(exec, this.#brought.splice(0));
  }
}

function sayLine(line: string): void {
  // Much of it is what a server said.
  say(`restante: ${harmless(line)}`);
}

/** Where lines can be drawn anew; nowhere else. */
function terminal(): Screen | undefined {
  const { stderr, env } = process;
  if (stderr.isTTY !== true || env['TERM'] === 'dumb') return undefined;
  return {
    write: (text) => void stderr.write(text),
    get columns() {
      // A terminal that nobody has told its size says 0.
      return stderr.columns || 80;
    },
    get rows() {
      return stderr.rows || 24;
    },
  };
}
