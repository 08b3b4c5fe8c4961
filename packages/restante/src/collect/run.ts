import { connect } from '@restante/pop/client';
import type { Clock } from '@restante/pop/server';
import type { Destination } from './destinations/destination.ts';
import type { AccountReport } from './event.ts';
import { LONGEST_LOGIN_PAUSE, loginBackOff, serverBackOff } from './run/back-off.ts';
import { Books } from './run/books.ts';
import { asEnding, Ending, endingOf, stopped, TooEarly } from './run/ending.ts';
import { lastingClock } from './run/lasting-clock.ts';
import { type SessionParts, session } from './run/session.ts';
import { settleEarlier } from './run/settling.ts';
import { Stop } from './run/stop.ts';
import type { CollectSurroundings, CollectTask, DestinationSource } from './task.ts';

/** Sessions of one run that may break off, or be dropped. */
const MOST_BROKEN = 20;
/** Sessions in a row that broke and brought nothing, before the run ends. */
const MOST_FRUITLESS = 3;
/** How long is waited for a LOGIN-DELAY within a run, in milliseconds. */
const MOST_WAITING = 60_000;
/** How long a destination may take to let go of everything, in milliseconds. */
const CLOSING = 10_000;

/**
 * Collects the mail of one account, once: as many sessions as it takes. Never rejects: what went wrong stands in the
 * report, which is also the last event (`finished`). Only LOGIN-DELAY (EXT-21), and refused logins where it is
 * `unattended`, keep it from calling at once; back-off is for whoever runs it again and again, and stands in the report as
 * `notBefore`.
 */
export async function collectAccount(options: CollectTask & CollectSurroundings): Promise<AccountReport> {
  const { account, clock = lastingClock, random = Math.random } = options;
  const began = clock.now();
  const stop = new Stop(options.signal, clock);
  let books: Books | undefined;
  let ending: Ending | undefined;
  let notBefore: number | undefined;
  try {
    const journal = options.openJournal();
    try {
      books = new Books(account, { journal, clock, report: options.report });
      ending = await run(options, books, stop).catch((error: unknown) => asEnding(error, account.server.host));
      notBefore = later(books.notBefore, conclude(books, ending, { random, dryRun: options.dryRun ?? false }));
    } finally {
      journal.close();
    }
  } catch (error) {
    ending ??= asEnding(error, account.server.host);
    notBefore ??= clock.now() + serverBackOff(1, random);
  }
  stop.close();
  const report: AccountReport = {
    result: ending?.result ?? (books !== undefined && books.failed + books.held > 0 ? 'partly' : 'done'),
    kept: books?.kept ?? 0,
    octets: books?.octets ?? 0,
    deleted: books?.deleted ?? 0,
    left: books?.left,
    failed: books?.failed ?? 0,
    held: books?.held ?? 0,
    seconds: (clock.now() - began) / 1_000,
    ...(ending !== undefined && { error: ending.message }),
    ...(notBefore !== undefined && { notBefore }),
  };
  options.report?.({ account: account.name, event: 'finished', ...report });
  return report;
}

/** Opens the destination, settles what is open, and calls until all is done. Answers why it is not. */
async function run(options: CollectTask & CollectSurroundings, books: Books, stop: Stop): Promise<Ending | undefined> {
  const { destination: source, dryRun = false, planned } = options;
  if (stop.asked) return stopped();
  const wait = (books.notBefore ?? 0) - books.clock.now();
  if (wait > 0) return tooSoon(books, wait);
  const refused = options.unattended === true ? refusedBefore(books) : undefined;
  if (refused !== undefined) return refused;
  const destination = dryRun ? undefined : await open(source, stop);
  const parts: SessionParts = {
    books,
    destination,
    destinationName: source.name,
    stop,
    connect: options.connect ?? connect,
    planned: planned && ((plan, situation) => planned(options.account, plan, situation)),
  };
  try {
    if (destination !== undefined) await settleEarlier(books, destination, stop);
    return await sessions(parts);
  } finally {
    if (destination !== undefined) await letGo(destination, books.clock);
  }
}

/** One that is opened too late is closed again. */
async function open(source: DestinationSource, stop: Stop): Promise<Destination> {
  const opening = Promise.resolve(source.open());
  try {
    return await stop.orStopped(opening);
  } catch (error) {
    opening.then(
      (late) => late.close(),
      () => undefined,
    );
    throw error;
  }
}

async function sessions(parts: SessionParts): Promise<Ending | undefined> {
  const { books, stop } = parts;
  let fruitless = 0;
  let broken = 0;
  for (;;) {
    const { progress, breakersKnown } = books;
    const end = await session(parts);
    if (end.type === 'done') return undefined;
    if (end.type === 'over') return end.ending;
    // To know which letter it is that breaks sessions is something too: the others come before it from now on.
    fruitless = books.progress > progress || books.breakersKnown > breakersKnown ? 0 : fruitless + 1;
    if (end.type === 'broken' || end.dropped) broken += 1;
    if (fruitless >= MOST_FRUITLESS || broken >= MOST_BROKEN) {
      if (end.type === 'broken') return endingOf(end.error, books.account.server.host);
      return new Ending('partly', `it was not done after ${books.sessions} sessions`);
    }
    const delay = Math.max(0, (books.notBefore ?? 0) - books.clock.now());
    if (delay > MOST_WAITING) return tooSoon(books, delay);
    await stop.wait(Math.max(delay, end.type === 'broken' ? 1_000 * 2 ** fruitless : 0));
    if (stop.asked) return stopped();
  }
}

function tooSoon(books: Books, wait: number): Ending {
  const seconds = Math.ceil(wait / 1_000);
  return new TooEarly('later', `${books.account.server.host} wants ${seconds} more seconds before the next login`);
}

/** The account is locked at many a server when a wrong password has come too often. */
function refusedBefore({ facts: { refusedUntil = 0 }, clock, account }: Books): Ending | undefined {
  const wait = refusedUntil - clock.now();
  // A longer pause is one of a clock that was wrong.
  if (wait <= 0 || wait > LONGEST_LOGIN_PAUSE) return undefined;
  const minutes = Math.ceil(wait / 60_000);
  const { host } = account.server;
  return new TooEarly(
    'login',
    `${host} refused the login several times in a row, so it is not tried again for ${minutes} minutes: mend the password, then run restante collect with its name, which tries at once`,
  );
}

/** Writes down how the run ended; answers until when the server is better left alone. */
function conclude(
  books: Books,
  ending: Ending | undefined,
  { random, dryRun }: { readonly random: () => number; readonly dryRun: boolean },
): number | undefined {
  if (ending instanceof TooEarly) return books.facts.refusedUntil;
  const failed = ending !== undefined && ending.result !== 'partly';
  const failures = failed ? books.facts.failures + 1 : 0;
  const isRefused = ending?.result === 'login';
  const pause = isRefused ? loginBackOff(failures, random) : serverBackOff(failures, random);
  const until = books.clock.now() + pause;
  const refusedUntil = isRefused && failures > 1 ? until : undefined;
  try {
    if (books.sound && !dryRun) books.write([], { failures, refusedUntil });
  } catch {
    // What matters more has been written, or its failure is the ending.
  }
  return failed ? until : undefined;
}

function later(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}

/** A destination that hangs must not keep the run from ending. */
async function letGo(destination: Destination, clock: Clock): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = clock.set(resolve, CLOSING);
    const closed = () => {
      timer.clear();
      resolve();
    };
    destination.close().then(closed, closed);
  });
}
