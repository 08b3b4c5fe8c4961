import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { endWithThisProcess, temporaryFolder } from './running-office.ts';

const PROGRAM = '/usr/sbin/haproxy';
/** How long it may take to open: far longer than any machine is slow. */
const PATIENCE = 60_000;

/** Debian's HAProxy in the foreground, with a configuration of its own. */
export class HaProxy {
  readonly #child: ChildProcess;
  readonly #socket: string;

  private constructor(child: ChildProcess, socket: string) {
    this.#child = child;
    this.#socket = socket;
  }

  static isInstalled(): boolean {
    return existsSync(PROGRAM);
  }

  /** Resolves when it has found every server to be well. */
  static async start(configuration: string): Promise<HaProxy> {
    const folder = temporaryFolder();
    const socket = join(folder, 'stats');
    const file = join(folder, 'haproxy.cfg');
    writeFileSync(file, `global\n    maxconn 200\n    stats socket ${socket}\n\n${configuration}`);
    const child = spawn(PROGRAM, ['-f', file, '-db'], { stdio: ['ignore', 'pipe', 'pipe'] });
    endWithThisProcess(child);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
    }
    const proxy = new HaProxy(child, socket);
    const until = Date.now() + PATIENCE;
    for (;;) {
      if (child.exitCode !== null) throw new Error(`haproxy ended:\n${said}`);
      const health = await proxy.health().catch(() => new Map<string, string>());
      if (health.size > 0 && [...health.values()].every((status) => status === 'L7OK')) return proxy;
      if (Date.now() > until) {
        await proxy.stop();
        throw new Error(`haproxy finds the office ill: ${JSON.stringify([...health])}\n${said}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** What its last look at each server came to, by the name of the section: `L7OK` where the server said what it should. */
  async health(): Promise<ReadonlyMap<string, string>> {
    const control = connect(this.#socket);
    control.end('show stat\n');
    const [head = '', ...rows] = (await text(control)).trim().split('\n');
    const columns = head.replace(/^# /, '').split(',');
    const value = (row: string, column: string) => row.split(',')[columns.indexOf(column)] ?? '';
    const servers = rows.filter((row) => !['FRONTEND', 'BACKEND'].includes(value(row, 'svname')));
    return new Map(servers.map((row) => [value(row, 'pxname'), value(row, 'check_status').replace(/^\* /, '')]));
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}
