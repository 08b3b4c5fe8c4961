import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Address, Mode } from './connection.ts';
import type { Office } from './office.ts';
import type { Pop3Place } from './pop3-client.ts';
import { MAIN } from './program.ts';

/** How long the office may take to open or to end: far longer than any machine is slow. */
const PATIENCE = 60_000;

export interface OfficeOptions {
  /** The data folder; default a new one, which `close` removes. */
  readonly data?: string;
  /** What `restante.toml` says. */
  readonly config?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** How many descriptors it may have open at once; default as many as this process. */
  readonly descriptors?: number;
  /** More words for `serve`: other listeners, say. */
  readonly more?: readonly string[];
}

export interface VerbResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `restante serve` as a child process on ports that were free, and the command line beside it. */
export class RunningOffice implements Office {
  readonly data: string;
  readonly pop3: Address;
  readonly pop3s: Address;
  readonly smtp: Address;
  readonly lmtp: Address;
  readonly #child: ChildProcess;
  readonly #said: () => string;
  readonly #ownsData: boolean;

  private constructor(data: string, child: ChildProcess, said: () => string, ownsData: boolean) {
    this.data = data;
    this.#child = child;
    this.#said = said;
    this.#ownsData = ownsData;
    this.pop3 = listener(said(), 'POP3');
    this.pop3s = listener(said(), 'POP3S');
    this.smtp = listener(said(), 'SMTP');
    this.lmtp = listener(said(), 'LMTP');
  }

  /** Resolves when all listeners are open. */
  static async start(options: OfficeOptions = {}): Promise<RunningOffice> {
    const data = options.data ?? temporaryFolder();
    if (options.config !== undefined) writeFileSync(join(data, 'restante.toml'), options.config);
    const listeners = ['--pop3', '--pop3s', '--smtp', '--lmtp'].flatMap((door) => [door, '127.0.0.1:0']);
    const words = ['serve', '--data', data, ...listeners, ...(options.more ?? [])];
    const program = [process.execPath, MAIN, ...words];
    const { descriptors } = options;
    const limited = descriptors === undefined ? [] : ['sh', '-c', `ulimit -n ${descriptors} && exec "$@"`, 'sh'];
    const [file = '', ...rest] = [...limited, ...program];
    const child = spawn(file, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.environment },
    });
    endWithThisProcess(child);
    let said = '';
    const hear = (chunk: string) => {
      said += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    const open = () => ['POP3', 'POP3S', 'SMTP', 'LMTP'].every((name) => listenerLine(name).test(said));
    await until(open, child, () => said);
    return new RunningOffice(data, child, () => said, options.data === undefined);
  }

  get certificate(): string {
    return join(this.data, 'tls', 'cert.pem');
  }

  /** Where it says how it is; only with `--metrics` among its words. */
  get health(): string {
    const { host, port } = listener(this.log, 'Metrics');
    return `http://${host}:${port}`;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** All that it wrote to stdout and stderr so far. */
  get log(): string {
    return this.#said();
  }

  place(mode: Mode): Pop3Place {
    const address = mode === 'TLS' ? this.pop3s : this.pop3;
    return { address, mode, ca: readFileSync(this.certificate, 'utf8') };
  }

  async addAccount(name: string, password: string): Promise<void> {
    const result = await this.verb(['account', 'add', name, '--password-stdin'], `${password}\n`);
    if (result.status !== 0) throw new Error(`account add ${name}: ${result.stderr}`);
  }

  /** Another verb of the command line, on the same data. */
  async verb(words: readonly string[], input = ''): Promise<VerbResult> {
    return await runVerb([...words, '--data', this.data], input);
  }

  /** Resident memory in octets: now, and its peak since the last {@link forgetPeak}. */
  memory(): { readonly now: number; readonly peak: number } {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    const octets = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
    return { now: octets('VmRSS'), peak: octets('VmHWM') };
  }

  /** Lets the peak begin anew from what is in use now (proc(5), clear_refs). */
  forgetPeak(): void {
    writeFileSync(`/proc/${this.pid}/clear_refs`, '5');
  }

  /** SIGTERM; resolves when the process has ended, which it must with status 0. The data stay. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      this.#child.kill('SIGTERM');
      await once(this.#child, 'exit', { signal: AbortSignal.timeout(PATIENCE) });
    }
    if (this.#child.exitCode !== 0) throw new Error(`serve ended with ${this.#child.exitCode}:\n${this.log}`);
  }

  async close(): Promise<void> {
    await this.stop();
    if (this.#ownsData) rmSync(this.data, { recursive: true, force: true });
  }
}

/** A verb of the command line in a process of its own. */
export async function runVerb(words: readonly string[], input = ''): Promise<VerbResult> {
  const child = spawn(process.execPath, [MAIN, ...words], { stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  child.stdin.end(input);
  await once(child, 'close');
  return { status: child.exitCode, stdout, stderr };
}

/** What is undone when this process ends, however it does: the last first. */
const atExit = new Set<() => void>();
process.once('exit', () => {
  for (const undo of [...atExit].reverse()) undo();
});

/** A new empty folder, removed when this process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'restante-'));
  atExit.add(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Ends the child with this process, so that a failed test leaves none behind. */
export function endWithThisProcess(child: ChildProcess): void {
  const end = () => child.kill('SIGKILL');
  atExit.add(end);
  child.once('exit', () => atExit.delete(end));
}

function listenerLine(name: string): RegExp {
  return new RegExp(`\\b${name} on ([0-9.]+):(\\d+)`);
}

function listener(said: string, name: string): Address {
  const [, host, port] = listenerLine(name).exec(said) ?? [];
  return { host: host ?? '', port: Number(port) };
}

async function until(reached: () => boolean, child: ChildProcess, said: () => string): Promise<void> {
  const silence = AbortSignal.timeout(PATIENCE);
  while (!reached()) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`serve ended before it opened:\n${said()}`);
    if (silence.aborted) throw new Error(`serve did not open within ${PATIENCE} ms:\n${said()}`);
    await Promise.race([
      once(child, 'close'),
      ...[child.stdout, child.stderr].flatMap((stream) => (stream ? [once(stream, 'data', { signal: silence })] : [])),
    ]).catch(() => undefined);
  }
}
