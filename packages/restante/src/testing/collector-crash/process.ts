import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { AccountReport } from '../../collect/event.ts';
import { endWithThisProcess } from '../running-office.ts';
import type { CollectOrder } from './order.ts';

const PROGRAM = fileURLToPath(new URL('program.js', import.meta.url));

/** A collector in a process of its own. */
export class CollectorProcess {
  /** How it ended; undefined when it was killed before. Rejects when it ended in any other way. */
  readonly ended: Promise<AccountReport | undefined>;
  readonly #child: ChildProcess;

  constructor(order: CollectOrder) {
    this.#child = fork(PROGRAM, [JSON.stringify(order)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    endWithThisProcess(this.#child);
    this.ended = this.#end();
  }

  /** SIGKILL. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async #end(): Promise<AccountReport | undefined> {
    let report: AccountReport | undefined;
    this.#child.on('message', (message: AccountReport) => {
      report = message;
    });
    const [status, signal] = (await once(this.#child, 'close')) as [number | null, string | null];
    if (signal === 'SIGKILL') return undefined;
    if (report === undefined) throw new Error(`the collector ended by itself: ${signal ?? `status ${status}`}`);
    return report;
  }
}
