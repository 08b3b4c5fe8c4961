import type { DatabaseSync } from 'node:sqlite';
import type { Account } from '../accounts/account.ts';
import type { Alias } from '../accounts/alias.ts';
import type { Settings } from '../config/settings.ts';
import { addressKey, writeAddress } from '../delivery/address.ts';
import { parsePath } from '../delivery/path.ts';
import type { AccountRoute, AccountRoutes } from '../delivery/routes.ts';
import { accountRoutes } from '../serve/account-routes.ts';
import { servedDomains } from '../serve/served-domains.ts';
import { AccountReads } from '../store/index/sqlite/accounts.ts';
import { AliasReads } from '../store/index/sqlite/aliases.ts';
import { error, type Finding, ok, warning } from './finding.ts';

/** Accounts and aliases that are looked at; with more the doctor would keep people waiting. */
const MOST = 5000;

/** Whether postmaster's mail reaches somebody, and whether each address leads where it is meant to. */
export async function examineRoutes(index: DatabaseSync, settings: Settings): Promise<readonly Finding[]> {
  const [accounts, aliases] = [new AccountReads(index), new AliasReads(index)];
  const routes = accountRoutes(settings, {
    byName: (name) => accounts.byName(name),
    byAddress: (address) => accounts.byAddress(address),
    servesDomain: (domain) => accounts.servesDomain(domain),
    first: () => accounts.first(),
    alias: (address) => aliases.byAddress(address),
  });
  if (accounts.count() === 0) return [warning('there is no account', 'restante account add NAME')];
  const findings = [
    ...(await postmaster(routes, settings)),
    ...(await ownAddresses(routes, accounts.slice('', MOST), settings)),
    ...(await behindAliases(routes, aliases.slice(undefined, MOST), accounts)),
  ];
  return findings;
}

/** RFC 5321 §4.5.1: there is always somebody for postmaster. */
async function postmaster(routes: AccountRoutes, settings: Settings): Promise<readonly Finding[]> {
  for (const at of ['postmaster', ...servedDomains(settings).map((domain) => `postmaster@${domain}`)]) {
    const route = await lead(routes, at);
    if (route?.type !== 'maildrops') {
      const why = route?.type === 'unavailable' ? route.reason : 'no account is there for it';
      return [error(`mail for ${at} reaches nobody: ${why}`, 'set postmaster to an account that is enabled')];
    }
  }
  const route = await lead(routes, 'postmaster');
  return [ok(`mail for postmaster reaches ${route?.type === 'maildrops' ? route.maildrops.join(', ') : 'nobody'}`)];
}

/** An own address, and NAME at each of our domains, leads to its account and nowhere else. */
async function ownAddresses(
  routes: AccountRoutes,
  accounts: readonly Account[],
  settings: Settings,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const domains = servedDomains(settings);
  for (const { name, addresses, disabled } of accounts) {
    if (disabled) continue;
    for (const address of [...addresses, ...domains.map((domain) => `${name}@${domain}`)]) {
      const route = await lead(routes, address);
      if (route === undefined) {
        findings.push(
          error(`no letter can have the address ${address} of the account ${name}`, `give ${name} another`),
        );
      } else if (route.type !== 'maildrops' || !route.maildrops.includes(name)) {
        const where = route.type === 'maildrops' ? `goes to ${route.maildrops.join(', ')}` : 'reaches nobody';
        findings.push(
          warning(
            `mail for ${address} ${where}, and not to the account ${name}`,
            `restante route test ${address} says why`,
          ),
        );
      }
    }
  }
  return findings;
}

async function behindAliases(
  routes: AccountRoutes,
  aliases: readonly Alias[],
  accounts: AccountReads,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { address, accounts: names } of aliases) {
    const able = names.filter((name) => accounts.byName(name)?.disabled === false);
    if (able.length === 0) {
      findings.push(
        warning(
          `nobody behind the alias ${address} takes mail`,
          `restante alias remove ${address}, or enable ${names.join(' or ')}`,
        ),
      );
    }
    // A catch-all is for what nothing else matches, and has no address of its own.
    if (!address.startsWith('@') && (await lead(routes, address)) === undefined) {
      findings.push(
        error(`no letter can have the alias ${address} for its address`, `restante alias remove ${address}`),
      );
    }
  }
  return findings;
}

/** Where an address leads; undefined when no envelope could name it as it is kept. */
async function lead(routes: AccountRoutes, address: string): Promise<AccountRoute | undefined> {
  const path = parsePath(writeAddress(address));
  if (path === undefined) return undefined;
  if (path.domain !== '' && addressKey(path.local, path.domain) !== address) return undefined;
  return routes.resolve(path);
}
