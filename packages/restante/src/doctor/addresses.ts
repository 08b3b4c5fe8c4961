import { lookup } from 'node:dns/promises';
import { accessSync, constants, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { dirname } from 'node:path';
import { formatListen, type ListenAddress } from '../config/listen-address.ts';
import type { Settings } from '../config/settings.ts';
import { Failure, reasonOf } from '../failure.ts';
import { groupId } from '../serve/group-id.ts';
import { error, type Finding, ok } from './finding.ts';
import { examinePort } from './port-rights.ts';
import { type Holder, Sockets } from './sockets.ts';

/** A place to listen at, and the setting that names it. */
export interface Wanted {
  readonly key: string;
  readonly address: ListenAddress;
}

/** All places that the settings name. */
export function wantedAddresses(settings: Settings): readonly Wanted[] {
  return Object.entries(settings)
    .filter(([key]) => key.startsWith('listen.'))
    .flatMap(([key, addresses]) => (addresses as readonly ListenAddress[]).map((address) => ({ key, address })));
}

/** Whether the addresses are this machine's, none is named twice, and unix sockets have their folders and group. Opens nothing. */
export async function examineAddresses(settings: Settings): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const seen = new Map<string, string>();
  for (const { key, address } of wantedAddresses(settings)) {
    const text = formatListen(address);
    const before = address.type === 'tcp' && address.port === 0 ? undefined : seen.get(text);
    if (before !== undefined) findings.push(error(`${key}: ${text} is named in ${before} already`, 'choose another'));
    seen.set(text, key);
    const problem = address.type === 'unix' ? folderProblem(address.path) : await hostProblem(address.host);
    if (problem !== undefined) findings.push(error(`${key}: ${text}: ${problem}`, 'mend that, or choose another'));
  }
  const group = settings['lmtp.socket_group'];
  const groupProblem = group === undefined ? undefined : await problemOf(group);
  if (groupProblem !== undefined) findings.push(error(groupProblem, 'make the group, or name another'));
  return findings;
}

async function problemOf(group: string): Promise<string | undefined> {
  try {
    await groupId(group);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown.message;
    throw thrown;
  }
}

function folderProblem(path: string): string | undefined {
  try {
    return statSync(dirname(path)).isDirectory() ? undefined : `${dirname(path)} is no folder`;
  } catch (thrown) {
    return `the folder ${dirname(path)} cannot be used: ${reasonOf(thrown)}`;
  }
}

async function hostProblem(host: string): Promise<string | undefined> {
  const literal = await addressesOf(host);
  if (literal.length === 0) return 'there is no host of that name';
  const here = Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address));
  const ours = literal.some((each) => isAny(each) || each.startsWith('127.') || here.includes(each));
  return ours ? undefined : 'this machine has no such address';
}

/** The system's own resolver, as serve asks it. */
async function addressesOf(host: string): Promise<readonly string[]> {
  const [bare = host] = host.split('%');
  if (isIP(bare) !== 0) return [bare];
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}

function isAny(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

/** Who has each place now: the office itself, nobody, or somebody else. */
export async function examineHolders(settings: Settings, office: number | undefined): Promise<readonly Finding[]> {
  const sockets = Sockets.read();
  const findings: Finding[] = [];
  for (const { key, address } of wantedAddresses(settings)) {
    const text = `${key}: ${formatListen(address)}`;
    if (sockets === undefined) findings.push(ok(`${text}: who listens there cannot be told on this system`));
    else if (address.type === 'unix')
      findings.push(holderOf(text, sockets.unix(address.path), office) ?? socketFolder(text, address.path));
    else if (address.port === 0) findings.push(ok(`${text}: any port that is free`));
    else {
      const [host = address.host] = await addressesOf(address.host);
      findings.push(holderOf(text, sockets.tcp(host, address.port), office) ?? examinePort(text, address.port));
    }
  }
  return findings;
}

function holderOf(text: string, holder: Holder | undefined, office: number | undefined): Finding | undefined {
  if (holder === undefined) return undefined;
  if (holder.pid !== undefined && holder.pid === office) return ok(`${text}: the office listens there`);
  // Another user's processes cannot be looked into: where an office is open it is most likely itself.
  if (holder.pid === undefined && office !== undefined) {
    return ok(`${text}: somebody listens there, most likely the office; to be sure, ask as the user that runs it`);
  }
  const who = holder.pid === undefined ? "another user's program" : `${holder.program} (process ${holder.pid})`;
  return error(`${text}: ${who} listens there`, 'end it, or choose another address');
}

function socketFolder(text: string, path: string): Finding {
  try {
    accessSync(dirname(path), constants.W_OK);
    return ok(`${text}: free`);
  } catch (thrown) {
    return error(
      `${text}: no socket can be made in ${dirname(path)}: ${reasonOf(thrown)}`,
      'make the folder, for the user that runs the office',
    );
  }
}
