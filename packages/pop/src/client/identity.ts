import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { domainToASCII } from 'node:url';

/** An entry of Node's text of the alternative names: `DNS:a.example`, or with quotes round what is odd. */
const ENTRY = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/gy;

/**
 * The name in a certificate that vouches for this host, or `undefined` (RFC 9525, RFC 7817 §3). Only alternative names
 * count, never the common name (TLS-14); `*` stands for one whole label, the left-most, and for nothing less (TLS-15).
 */
export function verifiedName(host: string, certificate: PeerCertificate): string | undefined {
  if (isIP(host) !== 0) {
    const named = certificate.subjectaltname?.includes('IP Address:') ?? false;
    return named && checkServerIdentity(host, certificate) === undefined ? host : undefined;
  }
  const name = domainToASCII(host.replace(/\.$/, '')).toLowerCase();
  return name === '' ? undefined : names(certificate).find((pattern) => fits(name, pattern.toLowerCase()));
}

/** The DNS names among the alternative ones; a quoted one is no host's name. */
function names({ subjectaltname = '' }: PeerCertificate): string[] {
  return [...subjectaltname.matchAll(ENTRY)]
    .filter(([, type, value]) => type === 'DNS' && value?.startsWith('"') === false)
    .map(([, , value = '']) => value.replace(/\.$/, ''));
}

function fits(name: string, pattern: string): boolean {
  if (!pattern.includes('*')) return name === pattern;
  const [label, ...rest] = pattern.split('.');
  const [own, ...domain] = name.split('.');
  return label === '*' && own !== '' && rest.length > 1 && domain.join('.') === rest.join('.');
}
