import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** Debian's programs, and nothing that a developer's machine puts before them. */
const FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin'];
/** How long a program may take: far longer than any machine is slow. */
const PATIENCE = 120_000;
const NOBODY = 65534;
const IS_ROOT = process.getuid?.() === 0;

export interface ProgramResult {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/**
 * Whether a program that the test needs is here. Where it is not, the test is skipped with the reason; or fails, where
 * RESTANTE_REQUIRE_PEERS is set (`.ci/run` installs them all first).
 */
export function isHere(t: TestContext, program: string): boolean {
  const found = FOLDERS.some((folder) => isExecutable(join(folder, program)));
  if (found) return true;
  const reason = `${program} is not installed: sh scripts/install-peers brings it`;
  if (process.env['RESTANTE_REQUIRE_PEERS']) throw new Error(reason);
  t.skip(reason);
  return false;
}

/**
 * The same for a whole suite, whose need is more than a program: what its `skip` says. Fails where all peers are required.
 */
export function withoutPeers(here: boolean, names: string): string | false {
  if (here) return false;
  const reason = `${names}: sh scripts/install-peers brings it, and it takes root`;
  if (process.env['RESTANTE_REQUIRE_PEERS']) throw new Error(reason);
  return reason;
}

/** Who runs the programs: not root, which mail programs refuse to serve or are warned of. */
export const USER: { readonly uid?: number; readonly gid?: number } = IS_ROOT ? { uid: NOBODY, gid: NOBODY } : {};

/** What is said to a program when it has asked. */
export interface Answer {
  readonly question: string;
  readonly answer: string;
}

/** Runs a program to its end, its home being `home`. It is told `input`, or asked first where that is an {@link Answer}. */
export async function runProgram(
  command: readonly [string, ...string[]],
  home: string,
  input: string | Buffer | Answer = '',
  patience = PATIENCE,
): Promise<ProgramResult> {
  const [program, ...words] = command;
  const child = spawn(program, words, {
    ...USER,
    cwd: home,
    env: { HOME: home, PATH: FOLDERS.join(':'), LANG: 'C.UTF-8', LOGNAME: 'alice', USER: 'alice' },
    stdio: 'pipe',
    timeout: patience,
    killSignal: 'SIGKILL',
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on('error', () => undefined); // it may end without reading what it is told
  if (typeof input === 'string' || Buffer.isBuffer(input)) child.stdin.end(input);
  else {
    child.stdout.on('data', () => {
      if (Buffer.concat(stdout).includes(input.question)) child.stdin.end(input.answer);
    });
  }
  await once(child, 'close');
  return { status: child.exitCode, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
