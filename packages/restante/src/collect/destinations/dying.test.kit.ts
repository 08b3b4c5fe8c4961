import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Destination, IncomingLetter, Placing, StagedLetter, UnsettledLetter } from './destination.ts';
import type { AtStep, DestinationStep } from './steps.ts';

/** A module that opens a destination in another process, which is going to be killed there. */
export interface DyingDestination {
  /** `import.meta.url` of a module that exports `openDying`. */
  readonly module: string;
  /** What that is given. */
  readonly argument: string;
}

export type OpenDying = (argument: string, at: AtStep) => Promise<Destination>;

/** A letter, and what the server sends of it. */
export interface SentLetter {
  readonly letter: IncomingLetter;
  readonly octets: Buffer;
}

interface Order extends DyingDestination {
  readonly letters: readonly { readonly letter: IncomingLetter; readonly octets: string }[];
  readonly step: DestinationStep | 'none';
  readonly visit: number;
}

/** What the journal would have, had it died there. */
export interface LastWords {
  readonly staged: readonly UnsettledLetter[];
  readonly kept: readonly IncomingLetter[];
  /** Whether it came to the step, and was killed. */
  readonly killed: boolean;
}

/** What the process says: one line of JSON each. */
type Notice = { readonly staged: readonly UnsettledLetter[] } | { readonly placed: readonly Placing[] };

/** Stages, prepares and places letters in a process that is killed when it comes to a step for that many times. */
export async function dieAt(
  destination: DyingDestination,
  letters: readonly SentLetter[],
  step: DestinationStep | 'none',
  visit: number,
): Promise<LastWords> {
  const order: Order = {
    ...destination,
    letters: letters.map(({ letter, octets }) => ({ letter, octets: octets.toString('base64') })),
    step,
    visit,
  };
  const { stdout, killed } = await run(JSON.stringify(order));
  const notices = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Notice);
  const staged = notices.flatMap((notice) => ('staged' in notice ? notice.staged : []));
  const placed = notices.flatMap((notice) => ('placed' in notice ? notice.placed : []));
  const isPlaced = (index: number): boolean => placed[index]?.type === 'placed';
  return {
    staged: staged.filter((_, index) => !isPlaced(index)),
    kept: staged.filter((_, index) => isPlaced(index)).map(({ letter }) => letter),
    killed,
  };
}

function run(order: string): Promise<{ readonly stdout: string; readonly killed: boolean }> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      [fileURLToPath(import.meta.url)],
      { maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const killed = error?.signal === 'SIGKILL';
        if (error === null || killed) resolve({ stdout, killed });
        else reject(new Error(`it ended by itself: ${stderr}`));
      },
    );
    child.stdin?.end(order);
  });
}

async function main(): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(piece);
  const order = JSON.parse(Buffer.concat(pieces).toString()) as Order;
  const { openDying } = (await import(order.module)) as { openDying: OpenDying };
  let visits = 0;
  const destination = await openDying(order.argument, (step) => {
    if (step !== order.step) return;
    visits += 1;
    if (visits !== order.visit) return;
    process.kill(process.pid, 'SIGKILL');
    // The signal takes this thread only when the kernel next schedules it: let nothing more happen here.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
  const staged: StagedLetter[] = [];
  const records: UnsettledLetter[] = [];
  for (const { letter, octets: text } of order.letters) {
    const octets = Buffer.from(text, 'base64');
    const stage = destination.stage(letter);
    await stage.write(octets);
    const end = await stage.end();
    if (end.type !== 'staged') throw new Error(end.why);
    staged.push(end);
    records.push(recordOf(end, octets));
  }
  await destination.prepare(staged);
  say({ staged: records });
  say({ placed: await destination.place(staged) });
  await destination.close();
}

/** What the journal has of a staged letter. */
export function recordOf({ letter, place }: StagedLetter, octets: Buffer): UnsettledLetter {
  return { letter, place, octets: octets.length, sha256: createHash('sha256').update(octets).digest('hex') };
}

function say(notice: Notice): void {
  writeSync(1, `${JSON.stringify(notice)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
