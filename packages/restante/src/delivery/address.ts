import { domainToASCII } from 'node:url';
import { type Path, parsePath } from './path.ts';

/**
 * An address as it is kept and compared: the local-part without quotes, `@`, the domain as it stands on the wire, all in
 * lower case. Local-parts are matched without regard to case: our local policy (SM-10; RFC 5321 §2.4 leaves it to the
 * final host). The last `@` is the domain's: a quoted local-part may hold others.
 */
export function addressKey(local: string, domain: string): string {
  return `${local.toLowerCase()}@${domainKey(domain)}`;
}

/** A domain as it is compared: in A-labels and lower case (SM-45). */
export function domainKey(domain: string): string {
  // Only where it is needed: what is ASCII already would be read as a URL's host, where 1.2 means 1.0.0.2.
  const ascii = /^[ -~]*$/.test(domain) ? domain : domainToASCII(domain);
  return (ascii === '' ? domain : ascii).toLowerCase();
}

/** An address as a person writes it: that of an envelope, or with a domain in its own script. */
export function parseAddress(text: string): Path | undefined {
  const at = text.lastIndexOf('@') + 1;
  const domain = text.slice(at);
  return parsePath(at === 0 || /^[ -~]*$/.test(domain) ? text : text.slice(0, at) + domainKey(domain));
}

const DOT_STRING = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i;

/** A key as an address again: quoted where it has to be. A catch-all's key, `@domain`, stays as it is. */
export function writeAddress(key: string): string {
  const at = key.lastIndexOf('@');
  const local = key.slice(0, at);
  if (local === '' || DOT_STRING.test(local)) return key;
  return `"${local.replace(/["\\]/g, '\\$&')}"${key.slice(at)}`;
}
