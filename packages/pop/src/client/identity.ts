import { isIP, SocketAddress } from 'node:net';
import type { PeerCertificate } from 'node:tls';
import { domainToASCII } from 'node:url';

/** An entry of Node's text of the alternative names: `DNS:a.example`, or with quotes round what is odd. */
const ENTRY = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/gy;

/**
 * The name in a certificate that vouches for this host, or `undefined` (RFC 9525, RFC 7817 §3). Only alternative names
 * count, never the common name (TLS-14); `*` stands for one whole label, the left-most, and for nothing less (TLS-15). An
 * address is vouched for as an address only.
 */
export function verifiedName(host: string, certificate: PeerCertificate): string | undefined {
  if (isIP(host) !== 0) {
    const own = plainest(host);
    return alternatives('IP Address', certificate).some((address) => plainest(address) === own) ? host : undefined;
  }
  const name = domainToASCII(host.replace(/\.$/, '')).toLowerCase();
  const names = alternatives('DNS', certificate).map((each) => each.replace(/\.$/, ''));
  return name === '' ? undefined : names.find((pattern) => fits(name, pattern.toLowerCase()));
}

/** The alternative names of a kind; a quoted one is nobody's. */
function alternatives(kind: string, { subjectaltname = '' }: PeerCertificate): string[] {
  return [...subjectaltname.matchAll(ENTRY)]
    .filter(([, type, value]) => type === kind && value?.startsWith('"') === false)
    .map(([, , value = '']) => value);
}

function fits(name: string, pattern: string): boolean {
  if (!pattern.includes('*')) return name === pattern;
  const [label, ...rest] = pattern.split('.');
  const [own, ...domain] = name.split('.');
  return label === '*' && own !== '' && rest.length > 1 && domain.join('.') === rest.join('.');
}

/** An address in the one form that the system has for it: `::1` for `0:0:0:0:0:0:0:1`. */
function plainest(address: string): string | undefined {
  const version = isIP(address);
  if (version === 0) return undefined;
  return new SocketAddress({ address, family: version === 6 ? 'ipv6' : 'ipv4' }).address;
}
