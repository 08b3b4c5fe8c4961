import { Failure } from '../../failure.ts';
import type { Intake } from '../../import/intake.ts';
import { AccountDestination } from './account.ts';
import { CommandDestination } from './command.ts';
import type { Destination } from './destination.ts';
import { HavingIt } from './having-it.ts';
import { LmtpDestination } from './lmtp.ts';
import { parseSorting } from './sorting.ts';
import {
  type DestinationOptions,
  type DestinationSpec,
  type InnerSpec,
  parseInner,
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
  if (spec.type === 'sorted') throw new Failure(`${spec.name}: is not there yet`);
  return openInner(spec, services);
}

async function openInner(spec: InnerSpec, services: DestinationServices): Promise<Destination> {
  const spool = new Spool(services.spool);
  switch (spec.type) {
    case 'maildir':
    case 'mbox':
      throw new Failure(`${spec.name}: is not there yet`);
    case 'account':
      return AccountDestination.open(spec.account, { ...services, spool });
    case 'lmtp':
      return LmtpDestination.open(spec, { spool, havingIt: new HavingIt(services.spool) });
    case 'command':
      return new CommandDestination(spec, {
        spool,
        account: services.account,
        environment: services.environment ?? process.env,
      });
  }
}

export { parseSorting, type SortingRequest } from './sorting.ts';
export type { DestinationOptions, DestinationSetting, DestinationSpec, InnerSpec, WrongDestination } from './spec.ts';
