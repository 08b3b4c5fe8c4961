import { type Pop3Client, Pop3Error } from '@restante/pop/client';
import { asEnding, Ending } from '../../collect/run/ending.ts';
import { Ended, Interrupted, UsageError } from '../exit-code.ts';
import { say } from '../output.ts';
import type { Places } from '../places.ts';
import { call } from './calling.ts';
import { type ChosenAccount, chooseAccounts } from './choose.ts';
import { statusOfAll } from './exit-status.ts';
import type { GivenOptions } from './options.ts';

/** The one account that a verb looks at. */
export async function oneAccount(
  places: Places,
  word: string,
  options: GivenOptions,
  { calls = true } = {},
): Promise<ChosenAccount> {
  const [chosen] = await chooseAccounts(places, { words: [word], options, collects: false, calls });
  if (chosen === undefined) throw new UsageError(`there is no account ${JSON.stringify(word)}`);
  return chosen;
}

/**
 * A session in which something is looked at: nothing is marked, and it ends without QUIT, so that nothing can be deleted
 * by it. What goes wrong is told here, with what to do about it, and ends the verb.
 */
export async function lookAt<T>(chosen: ChosenAccount, work: (pop: Pop3Client) => Promise<T>): Promise<T> {
  const { account } = chosen;
  const ended = new AbortController();
  const end = (): void => ended.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  try {
    await using pop = await call({ ...account.server, signal: ended.signal });
    return await work(pop);
  } catch (thrown) {
    if (ended.signal.aborted) throw new Interrupted();
    if (!(thrown instanceof Pop3Error || thrown instanceof Ending)) throw thrown;
    const { result, message } = asEnding(thrown, account.server.host);
    say(`restante: ${account.name}: ${message}`);
    throw new Ended(statusOfAll([result]));
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
  }
}

/** A letter's number, as it stands on the command line. */
export function letterNumber(text: string): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number > 0) return number;
  throw new UsageError(`${JSON.stringify(text)} is no message-number: restante collect list shows them, from 1`);
}
