import { execFile } from 'node:child_process';

/** Runs a program with these words and variables; rejects when it cannot be run, or fails. */
export type RunNotify = (words: readonly string[], environment: Readonly<Record<string, string>>) => Promise<void>;

export interface ServiceManagerOptions {
  /** Where NOTIFY_SOCKET and WATCHDOG_USEC stand, if at all. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Told, once in a row, that the manager could not be. */
  readonly onError: (thrown: unknown) => void;
  readonly run?: RunNotify;
}

/**
 * Tells the service manager, systemd, how the office is, by the protocol of sd_notify(3). Node has no datagram sockets of
 * the unix kind, so systemd's own program carries each word: it is there wherever a manager of that kind is, and a native
 * package would be one more part of every office for a word in a minute. What it says comes from a process of its own:
 * the unit needs `NotifyAccess=all`.
 */
export class ServiceManager {
  readonly #socket: string;
  readonly #watchdog: number;
  readonly #run: RunNotify;
  readonly #onError: (thrown: unknown) => void;
  /** One word after the other, so that none overtakes the one before. */
  #said: Promise<void> = Promise.resolve();
  #failing = false;
  #beat: NodeJS.Timeout | undefined;

  private constructor(socket: string, watchdog: number, { run = runNotify, onError }: ServiceManagerOptions) {
    this.#socket = socket;
    this.#watchdog = watchdog;
    this.#run = run;
    this.#onError = onError;
  }

  /** Undefined where no manager wants to be told. */
  static of(options: ServiceManagerOptions): ServiceManager | undefined {
    const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: watchdog, WATCHDOG_PID: watched } = options.environment;
    if (!socket) return undefined;
    // A watchdog of another process is none of ours (sd_watchdog_enabled(3)).
    const ours = watched === undefined || watched === String(process.pid);
    const period = ours && /^\d{1,15}$/.test(watchdog ?? '') ? Number(watchdog) / 1_000 : 0;
    return new ServiceManager(socket, period, options);
  }

  /** The office is open. Whoever started it may not be its main process (npm, a shell), so it says which one is. */
  ready(status: string): Promise<void> {
    return this.#say('READY=1', `MAINPID=${process.pid}`, `STATUS=${status}`);
  }

  /** It reads its certificates again; `ready` is to follow. The time lets the manager tell this from a reload before. */
  reloading(): Promise<void> {
    return this.#say('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1_000n}`);
  }

  stopping(): Promise<void> {
    return this.#say('STOPPING=1', 'STATUS=closing');
  }

  /**
   * Tells twice in each period of the watchdog that the office works, if the manager watches it. That the event loop turns
   * is shown by being called; `works` must show the rest. While it does not resolve, or rejects, nothing is said, and the
   * manager ends the office in the end.
   */
  watch(works: () => Promise<unknown>, status: () => string): void {
    if (this.#watchdog <= 0) return;
    let asking = false;
    const beat = async (): Promise<void> => {
      if (asking) return;
      asking = true;
      try {
        await works();
        await this.#say('WATCHDOG=1', `STATUS=${status()}`);
      } catch {
        // That it does not work is for the manager to conclude from our silence.
      } finally {
        asking = false;
      }
    };
    this.#beat = setInterval(() => void beat(), this.#watchdog / 2).unref();
  }

  /** Says no more. */
  close(): void {
    clearInterval(this.#beat);
  }

  #say(...assignments: readonly string[]): Promise<void> {
    this.#said = this.#said.then(async () => {
      try {
        await this.#run(assignments, { NOTIFY_SOCKET: this.#socket });
        this.#failing = false;
      } catch (thrown) {
        if (!this.#failing) this.#onError(thrown);
        this.#failing = true;
      }
    });
    return this.#said;
  }
}

/** How long systemd-notify may take, in milliseconds: it waits until its word was taken. */
const PATIENCE = 10_000;

function runNotify(words: readonly string[], environment: Readonly<Record<string, string>>): Promise<void> {
  return new Promise((resolve, reject) => {
    const { PATH = '/usr/bin:/bin' } = process.env;
    execFile('systemd-notify', [...words], { env: { PATH, ...environment }, timeout: PATIENCE }, (error, _, said) => {
      if (error === null) resolve();
      else reject(new Error(`systemd-notify: ${said.trim() || error.message}`, { cause: error }));
    });
  });
}
