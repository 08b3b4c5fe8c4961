import { messageNumber, type Pop3Client, Pop3Error, type RawUniqueIds, type ScanListing } from '@restante/pop/client';
import type { Policy } from '../account.ts';
import { type LetterHeader, letterHeader } from '../plan/fingerprint.ts';
import type { ListedLetter, Plan, Situation, Wanted } from '../plan/plan.ts';
import { planSession } from '../plan/plan-session.ts';
import type { Books } from './books.ts';

/** Questions of a plan, before it is taken for a mistake that it has no end of them. */
const MOST_QUESTIONS = 10;
/** Headers that are under way at once. */
const HEADERS = 256;

/** What a session is planned on, and the plan. */
export interface Planned {
  readonly plan: Plan;
  readonly situation: Situation;
}

/** Plans, and asks the server whatever the plan wants to know first. Rejects with a Pop3Error. */
export async function askAndPlan(client: Pop3Client, books: Books, begun: Situation): Promise<Planned> {
  let situation = begun;
  for (let questions = 0; questions < MOST_QUESTIONS; questions += 1) {
    const answer = planSession(situation);
    if (answer.type === 'plan') return { plan: answer, situation };
    situation = await learn(client, books, { situation, wanted: answer });
  }
  throw new Error(`a session was not planned after ${MOST_QUESTIONS} questions`);
}

/** Whether the maildrop has never been seen: then all sizes are wanted, and may be asked for at once. */
export function isNew({ facts: { begun } }: Books): boolean {
  return begun === undefined;
}

/** What the server says at first, not yet taken apart. */
export interface Heard {
  readonly counted: Counted | undefined;
  readonly unique: RawUniqueIds | undefined;
}

/** Asks the server what there is. Rejects with a Pop3Error. */
export async function hear(client: Pop3Client, books: Books): Promise<Heard> {
  const [counted, unique] = await Promise.all([
    isNew(books) ? countListed(client) : count(client),
    client.rawUniqueIds().catch((error: unknown) => unsupported(error)),
  ]);
  return { counted, unique };
}

/** What becomes of letters in this session. */
export function policyNow({ deletesLater, account: { policy } }: Books): Policy {
  return deletesLater ? { ...policy, afterwards: { type: 'keep' } } : policy;
}

/** What is known when a session begins; asks the server for sizes where its unique-ids leave letters out. */
export async function look(
  client: Pop3Client,
  books: Books,
  { heard: { counted, unique: raw }, destination }: { readonly heard: Heard; readonly destination: string },
): Promise<Situation> {
  const unique = raw?.read();
  let listing: readonly ListedLetter[] = (unique ?? []).map(({ number, uniqueId }) => {
    return { number, uniqueId, octets: undefined };
  });
  // Without UIDL, or where it leaves letters out (P3-57, EXT-31).
  const incomplete = unique === undefined || (counted !== undefined && counted.letters > unique.length);
  const scan = counted?.scan ?? (incomplete ? await client.list() : undefined);
  if (scan !== undefined) listing = sized(listing, scan, 'all');
  return {
    listing,
    counted: counted?.letters,
    countedOctets: counted?.octets,
    sized: scan !== undefined,
    facts: books.facts,
    records: [...books.letters()],
    policy: policyNow(books),
    now: books.clock.now(),
    headers: new Map(),
    expire: client.capabilities.expire,
    destination,
  };
}

export interface Counted {
  readonly letters: number;
  readonly octets: number;
  readonly scan: readonly ScanListing[] | undefined;
}

/** STAT costs no round trip of its own where UIDL is long; a server that makes a mess of it says nothing by it. */
async function count(client: Pop3Client): Promise<Counted | undefined> {
  const stat = await client.stat().catch((error: unknown) => nothing(client, error));
  return stat && { letters: stat.count, octets: stat.octets, scan: undefined };
}

/** By LIST, which has been asked for already. */
async function countListed(client: Pop3Client): Promise<Counted> {
  const scan = await client.list();
  return { letters: scan.length, octets: scan.reduce((sum, { octets }) => sum + octets, 0), scan };
}

function nothing(client: Pop3Client, error: unknown): undefined {
  if (client.failure !== undefined) throw error;
}

function unsupported(error: unknown): undefined {
  if (!(error instanceof Pop3Error) || error.code !== 'UNSUPPORTED') throw error;
}

async function learn(
  client: Pop3Client,
  books: Books,
  { situation, wanted: { sizes, headers } }: { readonly situation: Situation; readonly wanted: Wanted },
): Promise<Situation> {
  const unsized = sizes === 'all' || sizes.length > 0;
  const scan = sizes === 'all' ? await client.list() : await listEach(client, sizes);
  return {
    ...situation,
    listing: unsized ? sized(situation.listing, scan, sizes) : situation.listing,
    sized: situation.sized || unsized,
    headers:
      headers.length === 0 ? situation.headers : await withHeaders(client, books, { situation, numbers: headers }),
  };
}

/** The letters with what LIST says of them; asked for all it may name letters that UIDL left out. */
function sized(
  listing: readonly ListedLetter[],
  scan: readonly ScanListing[],
  sizes: Wanted['sizes'],
): readonly ListedLetter[] {
  const octets = new Map<number, number>(scan.map((each) => [each.number, each.octets]));
  const listed = listing.map((letter) => {
    const known = octets.get(letter.number);
    octets.delete(letter.number);
    return known === undefined ? letter : { ...letter, octets: known };
  });
  if (sizes !== 'all' || octets.size === 0) return listed;
  const others = [...octets].map(([number, size]) => ({ number, octets: size, uniqueId: undefined }));
  return [...listed, ...others].sort((one, other) => one.number - other.number);
}

async function listEach(client: Pop3Client, numbers: readonly number[]): Promise<readonly ScanListing[]> {
  const asked = numbers.map(async (number) => {
    // It may have gone in the meantime, or be damaged: then nothing is known of it.
    return client.list(messageNumber(number)).catch((error: unknown) => nothing(client, error));
  });
  return (await Promise.all(asked)).filter((found) => found !== undefined);
}

/** What TOP says of each; nothing of one that broke a session of this run by it: it has to be read to be known. */
async function withHeaders(
  client: Pop3Client,
  books: Books,
  { situation, numbers }: { readonly situation: Situation; readonly numbers: readonly number[] },
): Promise<Situation['headers']> {
  const headers = new Map<number, LetterHeader | undefined>(situation.headers);
  const names = new Map(situation.listing.map(({ number, uniqueId }) => [number, `${number} ${uniqueId ?? ''}`]));
  const nameOf = (number: number) => names.get(number) ?? `${number} `;
  const next = numbers.values();
  // Each asks for another when it has its own, so that the server is never out of questions.
  const askOneByOne = async (): Promise<void> => {
    for (const number of next) {
      const isAsked = !books.headerBreakers.has(nameOf(number));
      const header = isAsked
        ? await client.top(messageNumber(number), 0).catch((error: unknown) => nothing(client, error))
        : undefined;
      headers.set(number, header === undefined ? undefined : letterHeader(header));
    }
  };
  const asking = Array.from({ length: Math.min(HEADERS, numbers.length) }, askOneByOne);
  try {
    await Promise.all(asking);
  } catch (error) {
    await Promise.allSettled(asking);
    // Answers come in order, so it is the first that has none.
    const first = numbers.find((number) => !headers.has(number));
    if (first !== undefined && client.pipelining !== 'distrusted') books.headerBreakers.add(nameOf(first));
    throw error;
  }
  return headers;
}
