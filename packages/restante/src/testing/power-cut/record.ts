import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { parseTrace, type Traced, tracedCalls } from './trace.ts';

/** Why nothing can be recorded here; undefined when strace(1) is there and may trace. */
export function whyNotRecord(): string | undefined {
  const { error, status, stderr } = spawnSync('strace', ['-f', '-o', '/dev/null', 'true'], { encoding: 'utf8' });
  if (error) return 'strace is not installed (Debian: apt-get install strace)';
  return status === 0 ? undefined : `strace cannot trace here: ${stderr.trim()}`;
}

/** Runs a Node program to its end and answers what it did to files. Rejects when it fails. */
export async function recordProgram(
  program: string,
  args: readonly string[],
  traceFile: string,
): Promise<readonly Traced[]> {
  const strace = ['-f', '-y', '-xx', '-s', '100000000', '--seccomp-bpf', '-o', traceFile, '-e', `trace=${tracedCalls}`];
  const child = spawn('strace', [...strace, process.execPath, program, ...args], {
    stdio: ['ignore', 'inherit', 'pipe'],
    // Files are read and written by calls that can be seen, not through io_uring.
    env: { ...process.env, UV_USE_IO_URING: '0', NODE_OPTIONS: '' },
  });
  const said: Buffer[] = [];
  child.stderr.on('data', (octets: Buffer) => said.push(octets));
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${Buffer.concat(said)}`);
  return parseTrace(readFileSync(traceFile, 'latin1'));
}
