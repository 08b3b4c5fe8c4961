import { duplexPair, type MemorySocket, turns } from '@restante/pop/testing';
import type { Input } from './corpus.ts';

/** What is fuzzed: it plays an input and holds what came of it against the rules. Answers the states that were reached; throws a Finding. */
export interface Target {
  run(input: Input, fault: number): Promise<readonly string[]>;
}

/** Says an input write by write, then leaves; answers all that came, once `over` says that the session has ended, or it does not end. */
export async function played(
  input: Input,
  accept: (socket: MemorySocket) => void,
  over: () => boolean,
): Promise<Buffer> {
  const [ours, theirs] = duplexPair();
  accept(ours);
  const chunks: Buffer[] = [];
  let ended = false;
  theirs.on('data', (chunk: Buffer) => chunks.push(chunk));
  theirs.on('end', () => {
    ended = true;
  });
  theirs.on('error', () => {
    ended = true;
  });
  for (const write of input) {
    if (ended || theirs.destroyed) break;
    theirs.write(write);
    await turns(1);
  }
  theirs.end();
  for (let turn = 0; !over() && turn < MOST_TURNS; turn += 1) await turns(1);
  // What was on its way arrives.
  await turns(2);
  return Buffer.concat(chunks);
}

/** Turns of the event loop after which nothing more is going to happen. */
const MOST_TURNS = 5_000;
