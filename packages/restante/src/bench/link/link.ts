import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { endWithThisProcess } from '../../testing/running-office.ts';

const PROGRAM = fileURLToPath(new URL('program.js', import.meta.url));

/**
 * A link that is as long as one likes, to servers on this machine. Kernels have better ones (netem), which take root and are
 * not everywhere; this one runs in a process of its own, so that it takes nothing from who is measured but a part of a core.
 */
export class Link implements Disposable {
  readonly #child: ChildProcess;
  readonly #ports: ReadonlyMap<number, number>;

  private constructor(child: ChildProcess, ports: ReadonlyMap<number, number>) {
    this.#child = child;
    this.#ports = ports;
  }

  static async open(targets: readonly number[]): Promise<Link> {
    const child = fork(PROGRAM, targets.map(String));
    endWithThisProcess(child);
    const [ports] = (await once(child, 'message')) as [number[]];
    return new Link(child, new Map(targets.map((target, index) => [target, ports[index] ?? 0])));
  }

  /** The port by which one comes to this port over the link. */
  to(target: number): number {
    const port = this.#ports.get(target);
    if (port === undefined) throw new Error(`the link does not lead to port ${target}`);
    return port;
  }

  /** How long octets take there and back, from now on. */
  async setRoundTrip(milliseconds: number): Promise<void> {
    this.#child.send(milliseconds / 2);
    await once(this.#child, 'message');
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}
