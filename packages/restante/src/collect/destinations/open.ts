import { Failure } from '../../failure.ts';
import type { Intake } from '../../import/intake.ts';
import type { Destination } from './destination.ts';
import type { Leads, OpenableDestination } from './sorted.ts';
import { parseSorting, sortingKey } from './sorting.ts';
import {
  type DestinationOptions,
  type DestinationSpec,
  type InnerSpec,
  parseInner,
  type SortedSpec,
  type WrongDestination,
  wrong,
} from './spec.ts';
import { Spool } from './spool.ts';

/** What destinations need of the rest of the office. */
export interface DestinationServices {
  /** What people call the maildrop that the letters come from: a command is told. */
  readonly account?: string;
  /** A command's environment, beside the variables that tell it of the letter; default: ours. */
  readonly environment?: NodeJS.ProcessEnv;
  /** A folder for letters on their way, for destinations that have no file system of their own. Made when it is needed. */
  readonly spool: string;
  /**
   * An account's maildrop, open for letters, whether the office is open or closed. Rejects with a Failure when there is no
   * such account, or it takes no mail.
   */
  openIntake(account: string): Promise<Intake>;
  /** Where the office's routes lead. Rejects with a Failure when it cannot be asked. */
  findRoute(address: string): Promise<FoundRoute>;
}

/** Where an address leads: what `restante route test` shows. */
export interface FoundRoute {
  readonly result: 'maildrops' | 'unknown-user' | 'not-served' | 'disabled' | 'unavailable';
  /** None unless it is `maildrops`. */
  readonly accounts: readonly string[];
  readonly reason?: string;
}

/**
 * Reads where letters go: `maildir:DIR`, `mbox:FILE`, `account:NAME`, `lmtp:HOST:PORT`, `lmtp:unix:PATH`, `command:LINE`, or
 * `accounts` for a maildrop whose letters are sorted to accounts by a header field. {@link parseSorting} reads a list.
 */
export function parseDestination(text: string, options: DestinationOptions = {}): DestinationSpec | WrongDestination {
  const { sortBy, sortPrefix } = options;
  if (text === 'accounts') {
    if (sortBy !== undefined) {
      return parseSorting({ header: sortBy, to: 'accounts', ...(sortPrefix !== undefined && { prefix: sortPrefix }) });
    }
    const remedy = 'name the header field in which the server writes that address, such as Delivered-To';
    return wrong(
      'sort-by',
      `accounts: each letter goes to the account that its envelope's address leads to: ${remedy}`,
    );
  }
  const inner = parseInner(text, options);
  if (inner.type === 'wrong' || (sortBy === undefined && sortPrefix === undefined)) return inner;
  const remedy = 'write accounts as the destination, or leave the header field out';
  return wrong('sort-by', `letters for ${inner.name} all go there, nothing is sorted: ${remedy}`);
}

/** Opens it. Rejects with a {@link Failure} when letters cannot go there at all. */
export async function openDestination(spec: DestinationSpec, services: DestinationServices): Promise<Destination> {
  if (spec.type === 'sorted') return openSorted(spec, services);
  const destination = await openInner(spec, services);
  try {
    if ('check' in destination) await destination.check();
    return destination;
  } catch (thrown) {
    await destination.close();
    throw thrown;
  }
}

/** Each kind is loaded when it is wanted: a run has need of one of them. */
async function openInner(
  spec: InnerSpec,
  services: DestinationServices,
): Promise<Destination | (Destination & { check(): Promise<void> })> {
  const spool = new Spool(services.spool);
  switch (spec.type) {
    case 'maildir': {
      const { openMaildir } = await import('./maildir.ts');
      return openMaildir(spec.path);
    }
    case 'mbox': {
      const { openMbox } = await import('./mbox.ts');
      return openMbox(spec.path);
    }
    case 'account': {
      const { AccountDestination } = await import('./account.ts');
      return new AccountDestination(spec.account, { ...services, spool });
    }
    case 'lmtp': {
      const [{ LmtpDestination }, { HavingIt }] = await Promise.all([import('./lmtp.ts'), import('./having-it.ts')]);
      return new LmtpDestination(spec, { spool, havingIt: new HavingIt(services.spool) });
    }
    case 'command': {
      const { CommandDestination } = await import('./command.ts');
      return new CommandDestination(spec, {
        spool,
        account: services.account,
        environment: services.environment ?? process.env,
      });
    }
  }
}

async function openSorted(spec: SortedSpec, services: DestinationServices): Promise<Destination> {
  const { name, header, prefix, to } = spec;
  const { SortedDestination } = await import('./sorted.ts');
  const { OpenDestinations } = await import('./open-destinations.ts');
  const { HavingIt } = await import('./having-it.ts');
  const open = new OpenDestinations();
  const openSpec = (inner: InnerSpec) => open.get(inner.name, () => openInner(inner, services));
  const openable: Openable = (inner) => ({ name: inner.name, open: () => openSpec(inner) });
  const specs = to === 'accounts' ? [] : [...to.values()];
  // Now, as one alone would be: what goes away later is not made anew, and taken for one that is empty. What cannot be
  // opened is said of the letters that belong there, and others go on.
  const inFiles = specs.filter(({ type }) => type === 'maildir' || type === 'mbox');
  await Promise.allSettled(inFiles.map(openSpec));
  const slow = await Promise.all(specs.filter(({ type }) => type === 'lmtp' || type === 'command').map(openSpec));
  return new SortedDestination({
    name,
    promise: slow.length === 0 ? 'exactly-once' : 'at-least-once',
    patience: Math.max(0, ...slow.map(({ patience = 0 }) => patience)),
    header,
    prefix,
    leads: (address) =>
      to === 'accounts' ? leadsToAccounts(address, services, openable) : leadsByList(address, header, to, openable),
    byName: async (wanted) => {
      const known = specs.find((inner) => inner.name === wanted) ?? parseInner(wanted, {});
      return known.type === 'wrong' ? undefined : openSpec(known);
    },
    close: () => open.close(),
    havingIt: new HavingIt(services.spool),
  });
}

type Openable = (spec: InnerSpec) => OpenableDestination;

/** By the office's own routes: aliases, own addresses, names, tags and catch-alls, as for mail that is handed in. */
async function leadsToAccounts(
  address: string,
  { findRoute }: DestinationServices,
  openable: Openable,
): Promise<Leads> {
  const { result, accounts, reason } = await findRoute(address);
  const see = `restante route test ${address} says why`;
  switch (result) {
    case 'maildrops': {
      const specs = accounts.map((account) => ({ type: 'account', name: `account:${account}`, account }) as const);
      return { type: 'destinations', destinations: specs.map(openable) };
    }
    case 'unavailable':
      throw new Failure(`nobody can tell now where letters for ${address} go: ${reason ?? see}`);
    case 'disabled':
      return {
        type: 'nowhere',
        why: `it is for ${address}, and all whom that leads to are disabled: enable one, then --retry (${see})`,
      };
    case 'unknown-user':
      return {
        type: 'nowhere',
        why: `it is for ${address}, which leads to nobody: make it lead to an account with restante alias add, then --retry (${see})`,
      };
    case 'not-served': {
      const remedy = 'give an address in it to an account, or name it in domains, then --retry';
      return { type: 'nowhere', why: `it is for ${address}, in a domain that is not ours: ${remedy} (${see})` };
    }
  }
}

async function leadsByList(
  address: string,
  header: string,
  list: ReadonlyMap<string, InnerSpec>,
  openable: Openable,
): Promise<Leads> {
  const spec = list.get(sortingKey(address) ?? '') ?? list.get('*');
  if (spec !== undefined) return { type: 'destinations', destinations: [openable(spec)] };
  const remedy = `add "${address}" to the list, or a place for all that is not listed, then --retry`;
  return { type: 'nowhere', why: `its ${header} is ${address}, which is not listed: ${remedy}` };
}

export { parseSorting, type SortingRequest } from './sorting.ts';
export type { DestinationOptions, DestinationSetting, DestinationSpec, InnerSpec, WrongDestination } from './spec.ts';
