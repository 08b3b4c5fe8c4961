import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { OfficeLost } from '../oracle/office.ts';
import { endWithThisProcess } from '../running-office.ts';
import type { Notice, OfficeSettings, Order, Request, Result } from './orders.ts';

const PROGRAM = fileURLToPath(new URL('office-program.js', import.meta.url));
/** How long a process that was killed may take to be gone: far longer than any machine is slow. */
const PATIENCE = 30_000;

/** A post office in a process of its own that is going to be killed. */
export class OfficeProcess {
  readonly smtp: number;
  readonly lmtp: number;
  readonly pop3: number;
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;
  readonly #asked = new Map<number, PromiseWithResolvers<Result>>();
  #orders = 0;

  private constructor(
    child: ChildProcess,
    gone: Promise<unknown>,
    ports: { readonly smtp: number; readonly lmtp: number; readonly pop3: number },
  ) {
    this.#child = child;
    this.#gone = gone;
    this.smtp = ports.smtp;
    this.lmtp = ports.lmtp;
    this.pop3 = ports.pop3;
    child.on('message', (notice: Notice) => this.#hear(notice));
  }

  /** Resolves when the office is open; rejects with OfficeLost when it dies before. */
  static async start(settings: OfficeSettings): Promise<OfficeProcess> {
    const child = fork(PROGRAM, [JSON.stringify(settings)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    endWithThisProcess(child);
    const gone = once(child, 'exit');
    const opened = once(child, 'message') as Promise<[Notice]>;
    const [notice] = await Promise.race([opened, gone.then(() => [undefined])]);
    if (notice?.type !== 'open') throw new OfficeLost('the office did not open');
    return new OfficeProcess(child, gone, notice);
  }

  /** SIGKILL. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Resolves when the process is gone. Rejects when it ended by itself, and not by SIGKILL. */
  async gone(): Promise<void> {
    await this.#gone;
    const { signalCode, exitCode } = this.#child;
    if (signalCode !== 'SIGKILL') throw new Error(`the office ended by itself: ${signalCode ?? `status ${exitCode}`}`);
  }

  ask(request: Request): Promise<Result> {
    this.#orders += 1;
    const order: Order = { id: this.#orders, request };
    const asked = Promise.withResolvers<Result>();
    this.#asked.set(order.id, asked);
    void this.#gone.then(() => asked.reject(new OfficeLost('the office is gone')));
    // That nobody hears it is no error here: it is not answered then.
    this.#child.send(order, () => {});
    return asked.promise;
  }

  /** What fails because the process is gone rejects with OfficeLost; all else as it did. */
  async whileThere<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof OfficeLost) throw error;
      const patience = AbortSignal.timeout(PATIENCE);
      const late = once(patience, 'abort').then(() => true);
      if (await Promise.race([this.#gone.then(() => false), late])) throw error;
      throw new OfficeLost('the office is gone', { cause: error });
    }
  }

  #hear(notice: Notice): void {
    if (notice.type === 'open') return;
    const asked = this.#asked.get(notice.id);
    this.#asked.delete(notice.id);
    if (notice.type === 'done') asked?.resolve(notice.result);
    else asked?.reject(new Error(notice.message));
  }
}
