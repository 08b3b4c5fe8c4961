import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HEADER, readHeader, writeHeader } from './record.ts';

const headers = fc.record(
  {
    traces: fc.nat(0xffffffff),
    octets: fc.nat(2 ** 40),
    tracesCheck: fc.nat(0xffffffff),
    sha256: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  },
  { noNullPrototype: true },
);

test('a header is read as it was written, and none is read once any octet of it has changed', () => {
  fc.assert(
    fc.property(headers, fc.nat(HEADER - 1), fc.integer({ min: 1, max: 255 }), (header, at, change) => {
      const octets = Buffer.alloc(HEADER, 0xff);
      writeHeader(octets, header);
      const read = readHeader(octets);
      assert.deepEqual(read && { ...read, sha256: new Uint8Array(read.sha256) }, header);
      octets[at] = (octets[at] ?? 0) ^ change;
      assert.equal(readHeader(octets), undefined);
      assert.equal(readHeader(octets.subarray(0, HEADER - 1)), undefined);
    }),
  );
});
