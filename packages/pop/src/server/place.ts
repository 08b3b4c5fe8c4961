import { isIPv6 } from 'node:net';

/**
 * Whose an address is, for those who count by it: an IPv4 address by itself; of an IPv6 address its /64, since that is the least
 * that anybody is given, and whoever has it has 2^64 addresses (RFC 6177 §2). What is no address is itself.
 */
export function placeOf(address: string): string {
  return isIPv6(address) ? prefix(address, 4) : address;
}

/** What a place lies in: an IPv4 address's /24, or an IPv6 address's /48, which is what a site is given. */
export function networkOf(address: string): string {
  if (isIPv6(address)) return prefix(address, 3);
  const end = address.lastIndexOf('.');
  return end < 0 ? address : `${address.slice(0, end)}.0/24`;
}

/** The first so many groups of 16 bits. An IPv4 address that is mapped into IPv6 is as itself. */
function prefix(address: string, groups: 3 | 4): string {
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return groups === 4 ? mapped : networkOf(mapped);
  const [before = '', after] = (address.split('%')[0] ?? '').split('::');
  const first = before === '' ? [] : before.split(':');
  const last = after === undefined || after === '' ? [] : after.split(':');
  // An IPv4 address at the end stands for two groups.
  const width = first.length + last.length + (last.at(-1)?.includes('.') || first.at(-1)?.includes('.') ? 1 : 0);
  const all = [...first, ...Array<string>(Math.max(0, 8 - width)).fill('0'), ...last];
  const kept = all.slice(0, groups).map((group) => Number.parseInt(group, 16).toString(16));
  return `${kept.join(':')}::/${groups * 16}`;
}
