import { spawn } from 'node:child_process';
import type { AccountReport } from '../../collect/event.ts';
import { reasonOf } from '../../failure.ts';

/** A run that brought mail. */
export interface Brought {
  readonly account: string;
  readonly report: AccountReport;
}

/** Commands that are run after new mail has come, one at a time, in the order in which it came. */
export class Hooks {
  readonly #say: (line: string) => void;
  readonly #environment: NodeJS.ProcessEnv;
  #last: Promise<void> = Promise.resolve();

  /** @param environment - what the commands have beside our own variables: no password of ours */
  constructor(say: (line: string) => void, environment: NodeJS.ProcessEnv) {
    this.#say = say;
    this.#environment = environment;
  }

  /** Runs a command for these runs. What it is told stands in its environment; that it fails changes nothing else. */
  run(line: string, brought: readonly Brought[]): void {
    this.#last = this.#last.then(() => this.#run(line, brought));
  }

  /** Resolves when all of them have ended. */
  done(): Promise<void> {
    return this.#last;
  }

  #run(line: string, brought: readonly Brought[]): Promise<void> {
    return new Promise((resolve) => {
      const env = { ...this.#environment, ...environmentFor(brought) };
      const child = spawn('/bin/sh', ['-c', line], { stdio: ['ignore', 'ignore', 'inherit'], env });
      child.once('error', (error) => {
        this.#say(`the command after new mail cannot be run: ${reasonOf(error)}`);
        resolve();
      });
      child.once('close', (status, signal) => {
        if (status !== 0) {
          this.#say(`the command after new mail ended ${signal === null ? `with status ${status}` : `by ${signal}`}`);
        }
        resolve();
      });
    });
  }
}

/** How many letters came, and what else happened; docs/collecting.md has the variables. */
export function environmentFor(brought: readonly Brought[]): Readonly<Record<string, string>> {
  const sum = (count: (report: AccountReport) => number): string =>
    String(brought.reduce((total, { report }) => total + count(report), 0));
  return {
    RESTANTE_ACCOUNTS: brought.map(({ account }) => account).join(' '),
    RESTANTE_KEPT: sum(({ kept }) => kept),
    RESTANTE_OCTETS: sum(({ octets }) => octets),
    RESTANTE_DELETED: sum(({ deleted }) => deleted),
    RESTANTE_FAILED: sum(({ failed }) => failed),
    RESTANTE_HELD: sum(({ held }) => held),
  };
}
