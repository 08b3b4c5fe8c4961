import { type ChildProcess, spawn } from 'node:child_process';
import { reasonOf } from '../../failure.ts';
import { LastWords } from './last-words.ts';

/** How a command ended. */
export type CommandEnd =
  | { readonly type: 'not-begun'; readonly why: string }
  | { readonly type: 'exit'; readonly status: number }
  | { readonly type: 'killed'; readonly signal: NodeJS.Signals }
  /** It took too long, and was ended. */
  | { readonly type: 'late' }
  /** It was to end, and did. */
  | { readonly type: 'stopped' };

export interface CommandSurroundings {
  /** A file, read from its beginning. */
  readonly input: number;
  readonly environment: NodeJS.ProcessEnv;
  /** How long it may take, in milliseconds. */
  readonly patience: number;
}

/** How long a command that is told to end may take, and how long the last of what it said may, in milliseconds. */
const GRACE = 5_000;
const LAST_WORDS = 1_000;

/** A line that a shell runs, in a group of its own: whatever it starts is ended with it, and Ctrl-C does not end it halfway. */
export class RunningCommand {
  /** Never rejects. */
  readonly ended: Promise<CommandEnd>;
  readonly #child: ChildProcess;
  readonly #said = new LastWords();
  readonly #late: NodeJS.Timeout;
  #kill: NodeJS.Timeout | undefined;
  /** Why it is ended. */
  #reason: CommandEnd | undefined;

  constructor(line: string, { input, environment, patience }: CommandSurroundings) {
    this.#child = spawn('/bin/sh', ['-c', line], { detached: true, stdio: [input, 'pipe', 'pipe'], env: environment });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (octets: Buffer) => this.#said.push(octets)).on('error', () => undefined);
    }
    this.#late = setTimeout(() => this.#end({ type: 'late' }), patience);
    this.ended = this.#whenEnded();
  }

  /** The last of what it said; empty when it said nothing. */
  get lastWords(): string {
    return this.#said.text;
  }

  /** Ends it, and all that it has started. */
  end(): void {
    this.#end({ type: 'stopped' });
  }

  #end(reason: CommandEnd): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#signal('SIGTERM');
    this.#kill = setTimeout(() => this.#signal('SIGKILL'), GRACE);
  }

  async #whenEnded(): Promise<CommandEnd> {
    const end = await this.#exit();
    clearTimeout(this.#late);
    clearTimeout(this.#kill);
    if (this.#reason !== undefined) this.#signal('SIGKILL');
    if (end.type === 'killed' || (end.type === 'exit' && end.status !== 0)) await this.#closed();
    // Whatever it left running may go on talking; nobody waits for that.
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null && 'unref' in stream) (stream as { unref(): void }).unref();
    }
    return this.#reason ?? end;
  }

  #exit(): Promise<CommandEnd> {
    return new Promise((resolve) => {
      this.#child.once('error', (error) => resolve({ type: 'not-begun', why: reasonOf(error) }));
      this.#child.once('exit', (status, signal) => {
        resolve(signal === null ? { type: 'exit', status: status ?? 1 } : { type: 'killed', signal });
      });
    });
  }

  /** Waits for the last that it says, as long as that is worth waiting for. */
  #closed(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LAST_WORDS);
      this.#child.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // All of them have ended.
    }
  }
}
