import type { Stage } from '../destinations/destination.ts';
import { Ending } from './ending.ts';
import { HeaderWatch } from './header-watch.ts';

/** The letter has more octets than the policy allows, whatever LIST said. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

/** The destination could not take a letter's octets. */
export class NotTaken extends Error {
  override readonly name = 'NotTaken';
}

/**
 * Writes a letter's octets to its stage as they come, and tells `came` how many; answers its header. What fails at the
 * stage is a {@link NotTaken}.
 */
export async function readInto(
  octets: AsyncIterable<Buffer>,
  stage: Stage,
  { largest, came }: { readonly largest: number; readonly came: (octets: number) => void },
): Promise<Buffer> {
  const header = new HeaderWatch();
  let read = 0;
  for await (const part of octets) {
    read += part.length;
    if (read > largest) throw new TooLarge(`it has more than ${largest} octets, whatever LIST says`);
    came(part.length);
    header.take(part);
    const written = taken(() => stage.write(part));
    if (written instanceof Promise) await written;
  }
  return header.header;
}

/** Does something with a stage; what it throws, or rejects with, is a {@link NotTaken}, unless it is the run's {@link Ending}. */
export function taken<T>(work: () => T | Promise<T>): T | Promise<T> {
  try {
    const answer = work();
    return answer instanceof Promise ? answer.catch(notTaken) : answer;
  } catch (error) {
    return notTaken(error);
  }
}

function notTaken(cause: unknown): never {
  if (cause instanceof Ending) throw cause;
  throw new NotTaken(cause instanceof Error ? cause.message : String(cause), { cause });
}
