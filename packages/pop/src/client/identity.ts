import { isIP, SocketAddress } from 'node:net';
import type { PeerCertificate } from 'node:tls';
import { domainToASCII } from 'node:url';

/** An entry of Node's text of the alternative names: `DNS:a.example`, or with quotes round what is odd. */
const ENTRY = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/gy;

/** Whom a certificate has to be for. */
export interface Called {
  /** The name or address that was called. */
  readonly host: string;
  /** The mail domain that named the host, if one did; the host itself counts only where somebody has said that it may. */
  readonly foundBy?: { readonly domain: string; readonly hostCounts: boolean } | undefined;
  /** Whether TLS came first, or by STLS: an SRV name is for one service. */
  readonly by: 'implicit' | 'stls';
}

/**
 * The name in a certificate that vouches for who was called, or `undefined` (RFC 9525, RFC 7817 §3). Only alternative
 * names count, never the common name (TLS-14); `*` stands for one whole label, the left-most, and for nothing less
 * (TLS-15). An address is vouched for as an address only. Where the server was found by a mail domain's SRV records,
 * the domain's own name and its SRV name `_pop3s.example.net` are good too (TLS-16).
 */
export function verifiedName({ host, foundBy, by }: Called, certificate: PeerCertificate): string | undefined {
  if (foundBy !== undefined) {
    const { domain } = foundBy;
    const srvName = `SRVName:_pop3${by === 'implicit' ? 's' : ''}.${domain}`;
    const srv = alternatives('othername', certificate).find((each) => each.toLowerCase() === srvName.toLowerCase());
    const found = srv?.slice('SRVName:'.length) ?? nameFor(domain, certificate);
    if (found !== undefined || !foundBy.hostCounts) return found;
  }
  return nameFor(host, certificate);
}

function nameFor(host: string, certificate: PeerCertificate): string | undefined {
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
