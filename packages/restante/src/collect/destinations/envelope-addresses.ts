import { addressKey, parseAddress } from '../../delivery/address.ts';

/** More than anybody writes into a field for one delivery: addresses, and octets. */
const MOST = { addresses: 100, octets: 8192 };

/**
 * The addresses in a header field that a mail server wrote: one, or several with commas in between (Exim's Envelope-to). In
 * angle brackets or not, with or without the prefix, whose case does not matter. `value` has one latin1 character an octet.
 * Undefined when anything else stands in it: no address is picked out of a text.
 */
export function addressesIn(value: string, prefix: string): readonly string[] | undefined {
  const found = new Map<string, string>();
  if (value.length > MOST.octets) return undefined;
  const parts = split(decoded(value));
  if (parts.length === 0 || parts.length > MOST.addresses) return undefined;
  for (const part of parts) {
    const bare = part.trim().replace(/^<(.*)>$/s, '$1');
    const tagged = prefix !== '' && bare.toLowerCase().startsWith(prefix.toLowerCase());
    const path = parseAddress(tagged ? bare.slice(prefix.length) : bare);
    if (path === undefined) return undefined;
    const key = addressKey(path.local, path.domain);
    if (!found.has(key)) found.set(key, path.text);
  }
  return [...found.values()];
}

/** In UTF-8, where it is that: a domain may stand there in its own script (RFC 6532). */
function decoded(value: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value, 'latin1'));
  } catch {
    return value;
  }
}

/** At commas that are in no quoted string. */
function split(text: string): readonly string[] {
  return text.match(/(?:"(?:[^"\\]|\\.)*"|[^,"]|")+/gs) ?? [];
}
