import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import { crc32c } from './crc32c.ts';
import { unmapped } from './peer.ts';

/** What a proxy said of the connection that it relays. */
export type Announcement =
  /** Whose it is, and which address of the proxy's it reached. */
  | { readonly type: 'relayed'; readonly source: string; readonly destination: string }
  /** The proxy's own (LOCAL: a look whether we are well), or of a kind that has no such addresses (UNKNOWN, AF_UNSPEC, AF_UNIX). */
  | { readonly type: 'unnamed' };

/** What the octets so far come to. */
export type ProxyHeader =
  | { readonly type: 'incomplete' }
  | { readonly type: 'complete'; readonly announcement: Announcement; readonly length: number }
  /** They can be no header, whatever comes. `reason` is for the operator. */
  | { readonly type: 'malformed'; readonly reason: string };

/** "This is the maximum line length […] including the CRLF": 107 octets (PROXY protocol §2.1). */
const LONGEST_LINE = 107;

/** Octets of a whole header of version 2: those that the format allows, 65,551, are of no use to anybody. */
export const LONGEST_PROXY_HEADER = 8 * 1024;

/** The first twelve octets of version 2 (§2.2): no line, and the beginning of no command. */
const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
/** Signature, version and command, family and transport, length. */
const FIXED = 16;
const LINE_BEGINS = Buffer.from('PROXY ');

/**
 * Reads the header that a proxy puts before the connection it relays, of version 1 or 2 of HAProxy's PROXY protocol. It is
 * given all octets that have come, from the first, and looks at none behind the header.
 */
export function readProxyHeader(octets: Buffer): ProxyHeader {
  if (octets.length === 0) return INCOMPLETE;
  if (begins(octets, SIGNATURE)) return octets.length < FIXED ? fixedSoFar(octets) : readVersion2(octets);
  if (begins(octets, LINE_BEGINS)) return readVersion1(octets);
  return malformed('it begins like neither version of the PROXY protocol');
}

/** Whether the octets begin with these, as far as they go. */
function begins(octets: Buffer, expected: Buffer): boolean {
  const both = Math.min(octets.length, expected.length);
  return octets.subarray(0, both).equals(expected.subarray(0, both));
}

/** §2.1: `PROXY TCP4 192.0.2.1 198.51.100.7 56324 995` and CRLF. */
function readVersion1(octets: Buffer): ProxyHeader {
  const end = octets.subarray(0, LONGEST_LINE).indexOf('\r\n');
  if (end === -1) {
    return octets.length < LONGEST_LINE ? INCOMPLETE : malformed(`its line does not end within ${LONGEST_LINE} octets`);
  }
  const line = octets.toString('latin1', 0, end);
  const [, protocol, ...words] = line.split(' ');
  const length = end + 2;
  // "The receiver must ignore anything presented before the CRLF" behind UNKNOWN.
  if (protocol === 'UNKNOWN') return { type: 'complete', announcement: UNNAMED, length };
  const isAddress = protocol === 'TCP4' ? isIPv4 : protocol === 'TCP6' ? isUnscoped : undefined;
  if (isAddress === undefined) return malformed('its protocol is none of TCP4, TCP6 and UNKNOWN');
  const [source = '', destination = '', ...ports] = words;
  if (!isAddress(source) || !isAddress(destination)) return malformed(`it does not name two ${protocol} addresses`);
  if (ports.length !== 2 || !ports.every(isPort)) return malformed('it does not name two ports');
  return { type: 'complete', announcement: relayed(source, destination), length };
}

/** An IPv6 address that means the same on every machine. */
function isUnscoped(text: string): boolean {
  return isIPv6(text) && !text.includes('%');
}

/** "Heading zeroes are not permitted". */
function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

/** The octets behind the signature are looked at as they come, so that nobody is waited for in vain. */
function fixedSoFar(octets: Buffer): ProxyHeader {
  if (octets.length <= SIGNATURE.length) return INCOMPLETE;
  const command = octets.readUInt8(12);
  if (command >> 4 !== 2) return malformed(`its version is ${command >> 4}, and not 2`);
  if ((command & 0x0f) > 1) return malformed(`its command is ${command & 0x0f}, neither LOCAL nor PROXY`);
  // Behind LOCAL the family "is ignored".
  if ((command & 0x0f) === LOCAL || octets.length < 14) return INCOMPLETE;
  const family = octets.readUInt8(13);
  if (family >> 4 > 3 || (family & 0x0f) > 2) {
    return malformed(`its family and transport are 0x${family.toString(16).padStart(2, '0')}, which nothing is called`);
  }
  return INCOMPLETE;
}

/** §2.2: the fixed part, the addresses, and whatever a proxy tells besides. */
function readVersion2(octets: Buffer): ProxyHeader {
  const fixed = fixedSoFar(octets);
  if (fixed.type === 'malformed') return fixed;
  const length = FIXED + octets.readUInt16BE(14);
  if (length > LONGEST_PROXY_HEADER) {
    return malformed(`it has ${length} octets, more than the ${LONGEST_PROXY_HEADER} that are read`);
  }
  if (octets.length < length) return INCOMPLETE;
  const header = octets.subarray(0, length);
  // LOCAL: "the receiver […] must use the real connection endpoints and discard the protocol block".
  if ((header.readUInt8(12) & 0x0f) === LOCAL) return { type: 'complete', announcement: UNNAMED, length };
  const family = FAMILIES[header.readUInt8(13) >> 4] as Family;
  if ((header.readUInt8(13) & 0x0f) === DATAGRAMS) return malformed('it announces datagrams, on a stream');
  if (length < FIXED + family.octets) {
    return malformed(`it has ${length - FIXED} octets for addresses that take ${family.octets}`);
  }
  const wrong = readAdditions(header, FIXED + family.octets);
  if (wrong !== undefined) return malformed(wrong);
  const named = (header.readUInt8(13) & 0x0f) === STREAM && family.read !== undefined;
  return { type: 'complete', announcement: named ? family.read(header) : UNNAMED, length };
}

/** Of the two commands the one that announces nobody; the other is PROXY, 1. */
const LOCAL = 0;
/** Transports: 0 is unspecified. */
const STREAM = 1;
const DATAGRAMS = 2;

interface Family {
  /** What its addresses and ports take. */
  readonly octets: number;
  readonly read?: (header: Buffer) => Announcement;
}

/** AF_UNSPEC, AF_INET, AF_INET6, AF_UNIX, by their numbers here. */
const FAMILIES: readonly Family[] = [
  { octets: 0 },
  { octets: 12, read: (header) => relayed(dotted(header, FIXED), dotted(header, FIXED + 4)) },
  { octets: 36, read: (header) => relayed(colons(header, FIXED), colons(header, FIXED + 16)) },
  { octets: 216 },
];

/** PP2_TYPE_CRC32C: the checksum of the whole header, its own four octets being 0 (§2.2.4). */
const CHECKSUM = 0x03;

/**
 * Goes through the additions (type, length, value) from `at`: they have to fill what is left, and a checksum has to be
 * right. What else they tell is not asked for. Answers what is wrong.
 */
function readAdditions(header: Buffer, at: number): string | undefined {
  let next = at;
  while (next < header.length) {
    if (header.length - next < 3) return 'its additions do not end where it ends';
    const value = next + 3;
    const end = value + header.readUInt16BE(next + 1);
    if (end > header.length) return 'its additions do not end where it ends';
    if (header.readUInt8(next) === CHECKSUM && !isWhole(header, value, end)) return 'its checksum is wrong';
    next = end;
  }
  return undefined;
}

function isWhole(header: Buffer, value: number, end: number): boolean {
  if (end - value !== 4) return false;
  const without = Buffer.from(header).fill(0, value, end);
  return crc32c(without) === header.readUInt32BE(value);
}

function dotted(header: Buffer, at: number): string {
  return header.subarray(at, at + 4).join('.');
}

function colons(header: Buffer, at: number): string {
  return (header.toString('hex', at, at + 16).match(/.{4}/g) ?? []).join(':');
}

/** One way to write an address, whatever the proxy's is: it is compared as text. */
function relayed(source: string, destination: string): Announcement {
  return { type: 'relayed', source: usual(source), destination: usual(destination) };
}

function usual(address: string): string {
  return isIPv4(address) ? address : unmapped(new SocketAddress({ address, family: 'ipv6' }).address);
}

const INCOMPLETE: ProxyHeader = { type: 'incomplete' };
const UNNAMED: Announcement = { type: 'unnamed' };

function malformed(reason: string): ProxyHeader {
  return { type: 'malformed', reason };
}
