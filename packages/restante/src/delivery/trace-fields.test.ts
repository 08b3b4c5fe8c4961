import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { date, type Trace, traceFields } from './trace-fields.ts';

const TRACE: Trace = {
  returnPath: 'chris@example.org',
  hello: 'mx.example.net',
  address: '192.0.2.7',
  hostname: 'store.example.net',
  protocol: 'LMTP',
  id: 'k3f9.1',
  at: Date.UTC(2026, 10, 4, 6, 2, 9),
  only: true,
};

describe('trace fields', () => {
  it('are Return-Path, Delivered-To and Received, in this order (SM-60, SM-61, SM-62)', () => {
    assert.equal(
      traceFields(TRACE, 'pat@example.net'),
      [
        'Return-Path: <chris@example.org>',
        'Delivered-To: pat@example.net',
        'Received: from mx.example.net ([192.0.2.7])',
        '\tby store.example.net with LMTP id k3f9.1',
        '\tfor <pat@example.net>; Wed, 04 Nov 2026 06:02:09 +0000',
        '',
      ].join('\r\n'),
    );
  });

  it('name no recipient in Received when there are several (SM-60, SM-66)', () => {
    const [, , , ...received] = traceFields({ ...TRACE, only: false }, 'pat@example.net').split('\r\n');
    assert.deepEqual(received, [
      '\tby store.example.net with LMTP id k3f9.1;',
      '\tWed, 04 Nov 2026 06:02:09 +0000',
      '',
    ]);
  });

  it('say by which cipher suite it came inside TLS, behind the recipient (SM-65, RFC 8314 §4.3)', () => {
    const cipher = 'TLS_AES_256_GCM_SHA384';
    const trace = { ...TRACE, protocol: 'ESMTPS', cipher } as const;
    const [, , , by, clauses] = traceFields(trace, 'pat@example.net').split('\r\n');
    assert.equal(by, '\tby store.example.net with ESMTPS id k3f9.1');
    assert.equal(clauses, `\tfor <pat@example.net> tls ${cipher}; Wed, 04 Nov 2026 06:02:09 +0000`);
    const [, , , , alone] = traceFields({ ...trace, only: false }, 'pat@example.net').split('\r\n');
    assert.equal(alone, `\ttls ${cipher}; Wed, 04 Nov 2026 06:02:09 +0000`);
  });

  it('show the null reverse-path as <> (SM-61)', () => {
    assert.match(traceFields({ ...TRACE, returnPath: '' }, 'pat'), /^Return-Path: <>\r\n/);
  });

  it('write an IPv6 address as a literal, and none for a unix socket', () => {
    assert.match(
      traceFields({ ...TRACE, address: '2001:db8::1' }, 'pat'),
      /from mx\.example\.net \(\[IPv6:2001:db8::1\]\)\r/,
    );
    const { address: _, ...local } = TRACE;
    assert.match(traceFields(local, 'pat'), /Received: from mx\.example\.net\r\n/);
  });

  it('let no name or address of the peer add a field, a clause or a comment (SM-67)', () => {
    const text = traceFields(
      { ...TRACE, hello: 'x(y)\r\nEvil: yes;\0é by z', returnPath: 'a\r\nEvil: yes' },
      'b\r\n\r\nEvil: yes\xff',
    );
    assert.match(text, /Received: from x-y---Evil:-yes----by-z \(\[192\.0\.2\.7\]\)\r\n/);
    assert.equal(text.match(/^Evil/m), null);
  });

  it('are five lines of printable ASCII, none longer than 998 octets, whatever comes in (RFC 5322 §2.1.1)', () => {
    const anything = fc
      .uint8Array({ maxLength: 1500, size: 'max' })
      .map((octets) => Buffer.from(octets).toString('latin1'));
    fc.assert(
      fc.property(anything, anything, anything, fc.boolean(), (hello, returnPath, recipient, only) => {
        const lines = traceFields({ ...TRACE, hello, returnPath, only }, recipient).split('\r\n');
        assert.equal(lines.length, 6);
        assert.equal(lines.pop(), '');
        for (const line of lines) assert.match(line, /^[\t ]?[!-~][ -~]{0,996}$/);
        assert.match(lines[2] ?? '', /^Received: from [A-Za-z0-9.:[\]_-]+ \(\[192\.0\.2\.7\]\)$/);
      }),
    );
  });
});

describe('date', () => {
  it('has a numeric zone (SM-60) and the form of RFC 5322 §3.3', () => {
    assert.equal(date(Date.UTC(2026, 0, 31, 23, 59, 60)), 'Sun, 01 Feb 2026 00:00:00 +0000');
    assert.equal(date(0), 'Thu, 01 Jan 1970 00:00:00 +0000');
  });
});
