import { type Pop3Client, type Pop3ClientOptions, Pop3Error } from '@restante/pop/client';
import type { Destination } from '../destinations/destination.ts';
import type { MailboxFacts } from '../journal/journal.ts';
import { KnownByOctets } from '../plan/known-by-octets.ts';
import type { Plan, Situation } from '../plan/plan.ts';
import { quietDigest, quietFact, stillQuiet } from '../plan/quiet.ts';
import { adoptFound } from './adopting.ts';
import { askAndPlan, type Heard, hear, isNew, look, policyNow } from './asking.ts';
import { Batches } from './batches.ts';
import { Broken } from './blame.ts';
import type { Books } from './books.ts';
import { Deleting } from './deleting.ts';
import { asEnding, Ending, stopped } from './ending.ts';
import { Fetching } from './fetching.ts';
import { keepAlive } from './keep-alive.ts';
import type { Stop } from './stop.ts';
import { tellPlan, tellQuiet } from './telling.ts';

/** What a session works with. */
export interface SessionParts {
  readonly books: Books;
  /** Undefined in a dry run. */
  readonly destination: Destination | undefined;
  readonly destinationName: string;
  readonly stop: Stop;
  readonly connect: (options: Pop3ClientOptions) => Promise<Pop3Client>;
  readonly planned: ((plan: Plan, situation: Situation) => void) | undefined;
}

/** A server that wants more time than this between two logins, in milliseconds, does not know what it says. */
const LONGEST_DELAY = 24 * 60 * 60 * 1_000;

/** How a session ended. */
export type SessionEnd =
  /** All that was to be done was tried. */
  | { readonly type: 'done' }
  /** It ended before that, in order or because it was dropped here, and another one goes on. */
  | { readonly type: 'more'; readonly dropped: boolean }
  /** The connection broke. */
  | { readonly type: 'broken'; readonly error: Pop3Error }
  /** There is no use in another one now. */
  | { readonly type: 'over'; readonly ending: Ending };

/** Calls once: connects, plans, fetches, deletes, and says QUIT if all that is to be deleted is safe. Never rejects. */
export async function session(parts: SessionParts): Promise<SessionEnd> {
  const { books, stop, destination } = parts;
  let client: Pop3Client | undefined;
  // Until there is a plan nothing has been begun that would have to be ended in order.
  const forget = stop.onAsked(() => stop.atOnce());
  try {
    client = await call(parts);
    const plan = await begin(parts, client);
    forget();
    if (destination !== undefined) return await work(parts, { client, plan, destination });
    client.close();
    return { type: 'done' };
  } catch (error) {
    const failure = client?.failure;
    client?.close();
    if (stop.asked) return { type: 'over', ending: stopped() };
    // Where there was a session before, it may be that one which is in use: the server has not noticed yet that it broke.
    const inUse = error instanceof Pop3Error && error.code === 'IN_USE' && books.sessions > 0;
    if (failure !== undefined || inUse) return { type: 'broken', error: failure ?? (error as Pop3Error) };
    return { type: 'over', ending: asEnding(error, books.account.server.host) };
  } finally {
    forget();
    if (client !== undefined) books.sessions += 1;
    if (client !== undefined && destination !== undefined) distrust(books, client);
  }
}

async function call({ books, stop, connect, destination }: SessionParts): Promise<Pop3Client> {
  const { server } = books.account;
  const { pipeliningDistrusted } = books.facts;
  const client = await connect({
    // Letters are wanted as they are, not as something like them (RFC 6856 §2.1).
    utf8: true,
    ahead: isNew(books) ? ['UIDL', 'LIST'] : ['UIDL', 'STAT'],
    ...server,
    ...(pipeliningDistrusted && { pipelining: false }),
    clock: books.clock,
    signal: stop.now,
  });
  const { security, method, capabilities } = client;
  books.lastLogin = books.clock.now();
  books.loginDelay = Math.min((capabilities.loginDelay ?? 0) * 1_000, LONGEST_DELAY);
  // Now, since nobody knows how the session ends.
  if (books.loginDelay > 0 && destination !== undefined) books.write([], loginFacts(books));
  const { host, port = 995 } = server;
  const tls = security.tls ? security.version : undefined;
  books.tell({ event: 'connected', host, port, tls, method });
  return client;
}

function loginFacts({ lastLogin, loginDelay }: Books): Pick<MailboxFacts, 'lastLogin' | 'notBefore'> {
  return { lastLogin, notBefore: loginDelay === 0 ? undefined : lastLogin + loginDelay };
}

/** Nothing is to be done, and nothing is to be written. */
const NOTHING: Plan = {
  type: 'plan',
  changes: [],
  facts: {},
  steps: [],
  unrecognised: [],
  recognised: 0,
  warnings: [],
};

/** Learns what there is, and writes down what that tells. */
async function begin(parts: SessionParts, client: Pop3Client): Promise<Plan> {
  const { books, destination, destinationName, planned, stop } = parts;
  const heard = await hear(client, books);
  const digest = digestOf(parts, client, heard);
  const quiet = digest && stillQuiet(books.facts.quiet, digest, books.clock.now());
  if (quiet) {
    books.write([], loginFacts(books));
    tellQuiet(books, quiet);
    return NOTHING;
  }
  const begun = await look(client, books, { heard, destination: destinationName });
  let { plan, situation } = await askAndPlan(client, books, begun);
  if (destination !== undefined) {
    if (await adoptFound(books, { plan, situation, destination, client, stop })) {
      const now = { facts: books.facts, records: [...books.letters()] };
      ({ plan, situation } = await askAndPlan(client, books, { ...situation, ...now }));
    }
    const fact = digest && quietFact(digest, plan, situation);
    books.write(plan.changes, { ...plan.facts, ...loginFacts(books), quiet: fact });
  }
  tellPlan(books, plan, situation);
  planned?.(plan, situation);
  return plan;
}

/** What tells whether there was nothing to do the last time; undefined where a plan is wanted whatever it comes to. */
function digestOf(
  { books, destination, destinationName, planned }: SessionParts,
  { capabilities: { expire } }: Pop3Client,
  { counted, unique }: Heard,
): string | undefined {
  if (destination === undefined || planned !== undefined) return undefined;
  if (counted === undefined || counted.scan !== undefined || unique === undefined) return undefined;
  const { letters, octets } = counted;
  const asked = { counted: letters, countedOctets: octets, destination: destinationName, expire };
  return quietDigest({ ...asked, policy: policyNow(books) }, unique.octets);
}

interface Work {
  readonly client: Pop3Client;
  readonly plan: Plan;
  readonly destination: Destination;
}

async function work({ books, stop }: SessionParts, { client, plan, destination }: Work): Promise<SessionEnd> {
  const { host } = books.account.server;
  const { progress, deletesLater } = books;
  books.deletesLater = false;
  const deleting = new Deleting(client, books);
  const batches = new Batches(destination, { books, deleting });
  const known = new KnownByOctets(plan, knownKeys(books, plan));
  // Where the server wants time between two logins, what is deleted is committed once, at the end.
  const steps = books.loginDelay === 0 ? plan.steps : plan.steps.filter(({ type }) => type !== 'commit');
  const fetching = new Fetching({ client, books, destination, batches, deleting, known, stop }, steps);
  const giveUp = () => batches.giveUp(stopped());
  stop.now.addEventListener('abort', giveUp);
  let ending: Ending | undefined;
  const end = (error: unknown): void => {
    if (!(error instanceof Broken)) ending ??= asEnding(error, host);
  };
  try {
    await fetching.run().catch(end);
    // What has come whole is placed, whatever became of the connection.
    await keepAlive(client, books.clock, batches.settled()).catch(end);
    const { failure } = client;
    const { letters } = deleting;
    const last = !deletesLater && !steps.some(({ type }) => type === 'commit');
    const outcome = await conclude(books, { client, deleting, batches, ending, last });
    if (ending !== undefined) return { type: 'over', ending };
    if (stop.asked) return { type: 'over', ending: stopped() };
    // Nor does a connection that broke before QUIT leave anybody in doubt (P3-60).
    const broke = failure ?? (outcome === 'rolled-back' ? client.failure : undefined);
    if (broke !== undefined) {
      books.deletesLater = letters > 0 && books.progress === progress;
      return broke.code === 'ABORTED' ? { type: 'more', dropped: true } : { type: 'broken', error: broke };
    }
    if (outcome === 'unsure') return { type: 'over', ending: unsure(host, client.failure) };
    return outcome === 'again' || !last ? { type: 'more', dropped: false } : { type: 'done' };
  } finally {
    stop.now.removeEventListener('abort', giveUp);
  }
}

/** Ends the session: by QUIT, if what it would remove is safe. */
async function conclude(
  books: Books,
  parts: { client: Pop3Client; deleting: Deleting; batches: Batches; ending: Ending | undefined; last: boolean },
): Promise<'concluded' | 'again' | 'rolled-back' | 'unsure'> {
  const { client, deleting, batches, ending, last } = parts;
  if (!books.sound) {
    client.close();
    return 'concluded';
  }
  const { letters } = deleting;
  // The server may take letters that were read for letters that may go (EXT-27, EXT-28).
  const unsafe = client.capabilities.expire === 0 && batches.unsaved;
  if (unsafe || ending?.result === 'failed' || client.failure !== undefined) {
    await deleting.rollBack();
    return unsafe && letters > 0 ? 'again' : 'concluded';
  }
  // Nothing hangs on the answer, unless the server deletes what was read, or it is called again at once.
  if (last && letters === 0 && ending === undefined && client.capabilities.expire !== 0) {
    client.leave();
    return 'concluded';
  }
  const outcome = await deleting.commit();
  if (outcome === 'committed' || letters === 0) return 'concluded';
  return outcome === 'unknown' ? 'unsure' : 'rolled-back';
}

/** Only what is read to be known needs them. */
function knownKeys(books: Books, { steps }: Plan): string[] {
  const byOctets = steps.some((step) => step.type === 'fetch' && step.known === 'by-octets');
  return byOctets ? Array.from(books.letters(), ({ key }) => key) : [];
}

function distrust(books: Books, client: Pop3Client): void {
  if (client.pipelining !== 'distrusted' || books.facts.pipeliningDistrusted || !books.sound) return;
  books.tell({ event: 'warning', message: 'the server cannot be trusted with PIPELINING: it is not used any more' });
  try {
    books.write([], { pipeliningDistrusted: true });
  } catch {
    // Then the next run finds out again.
  }
}

function unsure(host: string, cause: unknown): Ending {
  const words = cause instanceof Error ? cause.message : 'no answer to QUIT';
  return new Ending('partly', `${host} did not say whether letters were deleted, the next run finds out: ${words}`);
}
