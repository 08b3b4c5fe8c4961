import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crc32c } from './crc32c.ts';
import { announce, version2 } from './proxy-header.test-support.ts';
import { readProxyHeader } from './proxy-header.ts';

const RELAYED = { type: 'relayed', source: '192.0.2.1', destination: '198.51.100.7' };
const RELAYED6 = { type: 'relayed', source: '2001:db8::1', destination: '2001:db8::2' };
const UNNAMED = { type: 'unnamed' };
const V4 = [192, 0, 2, 1, 198, 51, 100, 7, 0xdc, 4, 3, 0xe3];
const V6 = [...Buffer.from('20010db800000000000000000000000120010db8000000000000000000000002dc0403e3', 'hex')];

/** Headers in full, and what they say. */
const RIGHT: readonly (readonly [string, Buffer, unknown])[] = [
  ['TCP4', Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.7 56324 995\r\n'), RELAYED],
  [
    'TCP4 at the ends of what can be',
    Buffer.from('PROXY TCP4 255.255.255.255 0.0.0.0 0 65535\r\n'),
    { type: 'relayed', source: '255.255.255.255', destination: '0.0.0.0' },
  ],
  ['TCP6', Buffer.from('PROXY TCP6 2001:db8::1 2001:db8::2 56324 995\r\n'), RELAYED6],
  [
    'TCP6, written out and in capitals',
    Buffer.from('PROXY TCP6 2001:0DB8:0000:0000:0000:0000:0000:0001 2001:DB8:0:0:0:0:0:2 1 2\r\n'),
    RELAYED6,
  ],
  ['TCP6 with an IPv4 address in it', Buffer.from('PROXY TCP6 ::ffff:192.0.2.1 ::ffff:c633:6407 1 2\r\n'), RELAYED],
  ['UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n'), UNNAMED],
  ['UNKNOWN and more, which is ignored', Buffer.from('PROXY UNKNOWN 192.0.2.1 what ever\r\n'), UNNAMED],
  ['the longest line', Buffer.from(`PROXY UNKNOWN ${'f'.repeat(91)}\r\n`), UNNAMED],
  ['AF_INET', version2(0x21, 0x11, V4), RELAYED],
  ['AF_INET6', version2(0x21, 0x21, V6), RELAYED6],
  [
    'AF_INET6 with an IPv4 address in it',
    version2(0x21, 0x21, [
      ...Buffer.from('00000000000000000000ffffc000020100000000000000000000ffffc6336407dc0403e3', 'hex'),
    ]),
    RELAYED,
  ],
  ['AF_UNIX', version2(0x21, 0x31, new Array<number>(216).fill(0x2f)), UNNAMED],
  ['AF_UNSPEC', version2(0x21, 0x00, []), UNNAMED],
  ['AF_INET, transport unspecified', version2(0x21, 0x10, V4), UNNAMED],
  ['LOCAL', version2(0x20, 0x00, []), UNNAMED],
  ['LOCAL, whose block is discarded', version2(0x20, 0x11, V4), UNNAMED],
  ['LOCAL, whose block and family are ignored', version2(0x20, 0xff, [1, 2, 3]), UNNAMED],
  ['additions', version2(0x21, 0x11, [...V4, 0x02, 0, 4, 97, 98, 99, 100, 0x04, 0, 0, 0xee, 0, 1, 0]), RELAYED],
  ['a checksum among them', announce('192.0.2.1', '198.51.100.7', { checksum: true }), RELAYED],
  [
    'as many octets as are read',
    version2(0x21, 0x11, [...V4, 0x04, 0x1f, 0xe1, ...new Array<number>(8161).fill(0)]),
    RELAYED,
  ],
];

for (const [name, octets, announcement] of RIGHT) {
  test(`a header in full is read, and not before it is there: ${name}`, () => {
    const complete = { type: 'complete', announcement, length: octets.length };
    assert.deepEqual(readProxyHeader(octets), complete);
    assert.deepEqual(readProxyHeader(Buffer.concat([octets, Buffer.from('\r\nCAPA\r\n')])), complete);
    for (let end = 0; end < octets.length; end += 1) {
      assert.deepEqual(readProxyHeader(octets.subarray(0, end)), { type: 'incomplete' }, `${end} octets of it`);
    }
  });
}

const WRONG: readonly (readonly [string, Buffer, RegExp])[] = [
  ['a command', Buffer.from('CAPA\r\n'), /neither version/],
  ['a TLS handshake', Buffer.from([0x16, 3, 1, 2, 0]), /neither version/],
  ['small letters', Buffer.from('proxy TCP4'), /neither version/],
  ['no space', Buffer.from('PROXYTCP4'), /neither version/],
  ['two spaces', Buffer.from('PROXY  TCP4 192.0.2.1 198.51.100.7 1 2\r\n'), /protocol/],
  ['another protocol', Buffer.from('PROXY UDP4 192.0.2.1 198.51.100.7 1 2\r\n'), /protocol/],
  ['something glued to UNKNOWN', Buffer.from('PROXY UNKNOWNX\r\n'), /protocol/],
  ['nothing', Buffer.from('PROXY \r\n'), /protocol/],
  ['no addresses', Buffer.from('PROXY TCP4\r\n'), /addresses/],
  ['one address', Buffer.from('PROXY TCP4 192.0.2.1\r\n'), /addresses/],
  ['IPv6 under TCP4', Buffer.from('PROXY TCP4 ::1 ::1 1 2\r\n'), /addresses/],
  ['IPv4 under TCP6', Buffer.from('PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n'), /addresses/],
  ['a name', Buffer.from('PROXY TCP4 localhost 192.0.2.1 1 2\r\n'), /addresses/],
  ['heading zeroes in an address', Buffer.from('PROXY TCP4 192.0.02.1 192.0.2.2 1 2\r\n'), /addresses/],
  ['256', Buffer.from('PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n'), /addresses/],
  ['three numbers', Buffer.from('PROXY TCP4 192.0.2 192.0.2.2 1 2\r\n'), /addresses/],
  ['a zone', Buffer.from('PROXY TCP6 fe80::1%eth0 fe80::2 1 2\r\n'), /addresses/],
  ['a NUL in an address', Buffer.from('PROXY TCP4 192.0.2.1\0 192.0.2.2 1 2\r\n'), /addresses/],
  ['a port too many', Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n'), /ports/],
  ['a space at the end', Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n'), /ports/],
  ['no port', Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n'), /ports/],
  ['a port that cannot be', Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n'), /ports/],
  ['heading zeroes in a port', Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n'), /ports/],
  ['a port with a sign', Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n'), /ports/],
  ['a lone LF', Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\nCAPA\r\n'), /ports/],
  ['a lone CR', Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\rCAPA\r\n'), /ports/],
  ['a line too long', Buffer.from(`PROXY UNKNOWN ${'f'.repeat(92)}\r\n`), /107/],
  ['a line without end', Buffer.from(`PROXY TCP4 ${'1'.repeat(200)}`), /107/],
  ['a signature that goes wrong', Buffer.from('\r\n\r\n\0\r\nQUIT\r'), /neither version/],
  ['version 1 in binary', version2(0x11, 0x11, V4), /version is 1/],
  ['version 3', version2(0x31, 0x11, V4), /version is 3/],
  ['another command', version2(0x22, 0x11, V4), /command is 2/],
  ['another family', version2(0x21, 0x41, V4), /0x41/],
  ['another transport', version2(0x21, 0x13, V4), /0x13/],
  ['datagrams', version2(0x21, 0x12, V4), /datagrams/],
  ['too few octets for AF_INET', version2(0x21, 0x11, V4.slice(0, 11)), /11 octets/],
  ['too few octets for AF_INET6', version2(0x21, 0x21, V4), /12 octets/],
  ['too few octets for AF_UNIX', version2(0x21, 0x31, V4), /12 octets/],
  ['half an addition', version2(0x21, 0x11, [...V4, 4, 0]), /additions/],
  ['an addition longer than all', version2(0x21, 0x11, [...V4, 4, 0, 2, 1]), /additions/],
  ['a checksum of three octets', version2(0x21, 0x11, [...V4, 3, 0, 3, 1, 2, 3]), /checksum/],
  ['a wrong checksum', version2(0x21, 0x11, [...V4, 3, 0, 4, 0, 0, 0, 0]), /checksum/],
  [
    'an octet more than is read',
    version2(0x21, 0x11, [...V4, 4, 0x1f, 0xe2, ...new Array<number>(8162).fill(0)]),
    /8193 octets/,
  ],
];

for (const [name, octets, reason] of WRONG) {
  test(`what is no header is known for none, and stays so: ${name}`, () => {
    let known = false;
    for (let end = 0; end <= octets.length; end += 1) {
      const header = readProxyHeader(octets.subarray(0, end));
      assert.notEqual(header.type, 'complete', `${end} octets of it`);
      if (known) assert.equal(header.type, 'malformed', `${end} octets of it`);
      known = header.type === 'malformed';
    }
    const header = readProxyHeader(octets);
    assert.match(header.type === 'malformed' ? header.reason : header.type, reason);
  });
}

test('no octet of a header with a checksum can be changed, but for those that say it is none', () => {
  const header = announce('192.0.2.1', '198.51.100.7', { checksum: true });
  const typeOfChecksum = header.length - 7;
  for (let at = 0; at < header.length; at += 1) {
    if (at === typeOfChecksum) continue;
    for (const bit of [1, 0x80]) {
      const changed = Buffer.from(header);
      changed[at] = (changed[at] ?? 0) ^ bit;
      const read = readProxyHeader(changed);
      // LOCAL takes nothing on trust: whatever the block says, the peer is the proxy.
      if (at === 12 && bit === 1)
        assert.deepEqual(read, { type: 'complete', announcement: UNNAMED, length: header.length });
      else assert.notEqual(read.type, 'complete', `octet ${at}`);
    }
  }
});

test('whatever comes is judged, without an error, and never otherwise once more of it is there', () => {
  const beginnings = fc.constantFrom(...RIGHT.map(([, octets]) => octets), ...WRONG.map(([, octets]) => octets));
  const octets = fc
    .tuple(beginnings, fc.nat(), fc.uint8Array({ maxLength: 300 }))
    .map(([header, end, rest]) => Buffer.concat([header.subarray(0, end % (header.length + 1)), rest]));
  fc.assert(
    fc.property(octets, fc.nat(), (whole, cut) => {
      const part = readProxyHeader(whole.subarray(0, cut % (whole.length + 1)));
      const all = readProxyHeader(whole);
      if (part.type === 'complete') assert.deepEqual(all, part);
      if (part.type === 'malformed') assert.equal(all.type, 'malformed');
      if (all.type === 'complete') assert.ok(all.length <= whole.length && all.length <= 8192);
    }),
    { numRuns: 2_000 },
  );
});

test('addresses of either family are told as they were sent', () => {
  fc.assert(
    fc.property(fc.oneof(fc.tuple(fc.ipV4(), fc.ipV4()), fc.tuple(fc.ipV6(), fc.ipV6())), ([source, destination]) => {
      const line = `PROXY TCP${source.includes(':') ? 6 : 4} ${source} ${destination} 1 2\r\n`;
      fc.pre(line.length <= 107);
      const asText = readProxyHeader(Buffer.from(line));
      const asNumbers = readProxyHeader(announce(source, destination));
      assert.ok(asText.type === 'complete' && asNumbers.type === 'complete');
      assert.deepEqual(asText.announcement, asNumbers.announcement);
    }),
  );
});

test('CRC-32C is that of RFC 3720 §B.4', () => {
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
  assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43);
  assert.equal(crc32c(Buffer.from(Array.from({ length: 32 }, (_, octet) => octet))), 0x46dd794e);
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
});
