import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { StoreError } from '@restante/pop/maildrop';
import type { DueWarning } from '../index/sqlite/quota-levels.ts';
import { errorOf } from './failure.ts';
import type {
  Answer,
  EventLoopDelay,
  Order,
  OrderOf,
  OrderType,
  Report,
  Results,
  SweptReport,
  WriterData,
} from './orders.ts';

/** An order as its sender writes it; the link gives it its number. */
export type Unnumbered<Type extends OrderType> = Omit<OrderOf<Type>, 'id'>;

type Ready = Extract<Report, { readonly type: 'ready' }>;

interface Waiting {
  resolve(result: Results[OrderType]): void;
  reject(error: Error): void;
}

/** What the writer says of its own accord. */
export interface WriterHears {
  /** These segments are gone. */
  dropped(segments: readonly number[]): void;
  /** Letters wait for room; `relieved` is to be ordered when all was done to make some. */
  pressed(): void;
  /** These have reached levels of their quotas. */
  filled(due: readonly DueWarning[]): void;
  /** The thread has ended before it was told to. */
  stopped(error: StoreError): void;
}

/** A network thread's end of the line to the writer. */
export class WriterLink {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #hears: WriterHears;
  #orders: Order[] = [];
  #transfer: ArrayBuffer[] = [];
  #lastId = 0;
  #stopped: StoreError | undefined;
  #closing: Promise<void> | undefined;

  private constructor(worker: Worker, hears: WriterHears) {
    this.#worker = worker;
    this.#hears = hears;
  }

  /** Starts the writer; resolves when the index is open and swept, or rejects with the reason why it is not. */
  static async start(
    data: WriterData,
    hears: WriterHears,
  ): Promise<{ readonly link: WriterLink; readonly swept: SweptReport; readonly delay?: EventLoopDelay }> {
    const program = new URL(`./thread${extname(import.meta.url)}`, import.meta.url);
    // The process's own switches (--eval, --input-type) are not the thread's.
    const worker = new Worker(program, { workerData: data, execArgv: [] });
    const link = new WriterLink(worker, hears);
    const { swept, delay } = await new Promise<Ready>((resolve, reject) => {
      const stop = (reason: string, cause?: unknown): void => {
        const error = new StoreError('temporary', `the writer has stopped: ${reason}`, { cause });
        reject(error);
        if (link.#stop(error)) hears.stopped(error);
      };
      worker.on('message', (report: Report) => {
        if (report.type === 'ready') resolve(report);
        else if (report.type === 'refused') link.#refused(errorOf(report.failure), reject);
        else link.#hear(report);
      });
      worker.on('error', (error) => stop(error instanceof Error ? error.message : String(error), error));
      worker.on('exit', (code) => stop(`exit ${code}`));
    });
    return { link, swept, ...(delay && { delay }) };
  }

  /** Sends an order and resolves to its result, or rejects with the error that the store's caller is to see. */
  order<Type extends OrderType>(
    order: Unnumbered<Type>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Results[Type]> {
    if (this.#stopped) return Promise.reject(this.#stopped);
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<Results[Type]>();
    this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
    this.#orders.push({ ...order, id } as unknown as Order);
    this.#transfer.push(...transfer);
    // All that is asked in this turn goes over in one message: waking the writer costs more than most orders.
    if (this.#orders.length === 1) process.nextTick(() => this.#post());
    return promise;
  }

  #post(): void {
    this.#worker.postMessage(this.#orders, this.#transfer);
    this.#orders = [];
    this.#transfer = [];
  }

  /** Has the writer finish what it was asked, and ends its thread. May be called more than once. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#stopped) return;
    const gone = new Promise((resolve) => this.#worker.once('exit', resolve));
    const closed = this.order<'close'>({ type: 'close' });
    // From now on, not from its answer on: behind this order nobody reads any more.
    this.#stopped = new StoreError('temporary', 'the store is closed');
    await closed;
    await gone;
  }

  /** The writer does not begin: that its thread ends is no news then. */
  #refused(error: Error, reject: (error: Error) => void): void {
    this.#stopped = StoreError.from(error);
    reject(error);
  }

  #hear(report: Exclude<Report, { readonly type: 'ready' | 'refused' }>): void {
    if (report.type === 'dropped') this.#hears.dropped(report.segments);
    else if (report.type === 'pressed') this.#hears.pressed();
    else if (report.type === 'filled') this.#hears.filled(report.due);
    else for (const answer of report.answers) this.#settle(answer);
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.type === 'done') waiting?.resolve(answer.result);
    else waiting?.reject(errorOf(answer.failure));
  }

  /** Answers all that wait with the error; whether it was news. */
  #stop(error: StoreError): boolean {
    const news = this.#stopped === undefined;
    this.#stopped ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#stopped);
    this.#waiting.clear();
    return news;
  }
}
