import { hostname } from 'node:os';
import { domainToASCII } from 'node:url';
import type { Settings } from '../config/settings.ts';
import { domainKey } from '../delivery/address.ts';

/** The name of this host in greetings and trace fields: as it was set, else the machine's, if that is a domain name. */
export function hostName(settings: Settings): string {
  const name = domainToASCII(settings.hostname ?? hostname());
  return /^[a-z0-9.-]{1,255}$/.test(name) ? name : 'localhost';
}

/** Where letters of the office come from and go to: an answer to postmaster there has to arrive. */
export function domainOfNotices(settings: Settings): string {
  return servedDomains(settings).find((domain) => domain !== 'localhost') ?? hostName(settings);
}

/** The domains in which every account's name is an address, as they stand on the wire: in ASCII and lower case. */
export function servedDomains(settings: Settings): readonly string[] {
  const domains = settings.domains ?? ['localhost', hostName(settings)];
  return [...new Set(domains.map(domainKey))];
}
