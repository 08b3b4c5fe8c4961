import { isIP, isIPv4 } from 'node:net';
import { domainToASCII } from 'node:url';

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;
const LONGEST = 253;

/** A host's or domain's name in its ASCII form and lower case, or `undefined` for what is none: an address is none either. */
export function asciiName(text: string): string | undefined {
  // The URL standard would have line ends and tabs left out, as if nobody had put them there.
  if (/[\s\p{Cc}]/u.test(text)) return undefined;
  const name = domainToASCII(text);
  const labels = name.replace(/\.$/, '').split('.');
  // 127.1 and 0x7f000001 would be addresses to some and names to others.
  const isName = isIP(name) === 0 && name.length <= LONGEST && labels.every((label) => LABEL.test(label));
  return isName ? name : undefined;
}

/** As {@link asciiName}, or an IPv4 address. */
export function asciiHost(text: string): string | undefined {
  return isIPv4(text) ? text : asciiName(text);
}

/** Whether a host is the domain itself, or stands below it. */
export function isWithin(domain: string, host: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}
