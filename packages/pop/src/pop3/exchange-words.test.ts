import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Capabilities } from './exchange-capabilities.ts';
import { parseDropListing, parseScanListing, parseUniqueIdListing } from './exchange-listing.ts';
import { type ClientKeyword, request } from './exchange-request.ts';
import { knownCode, parseStatus } from './exchange-status.ts';

const status = (line: string) => parseStatus(Buffer.from(line, 'latin1'));

test('a status indicator may be all there is, and in any case (OBS-02)', () => {
  assert.deepEqual(status('+OK'), { ok: true, text: '' });
  assert.deepEqual(status('+OK '), { ok: true, text: '' });
  assert.deepEqual(status('-err no'), { ok: false, text: 'no' });
  for (const line of ['', 'OK', '+', '*', '-', '- ERR', ' +OK', '250 OK']) {
    assert.ok(!('ok' in (status(line) ?? {})), line);
  }
});

test('text is UTF-8 where it can be, and octets where not', () => {
  assert.deepEqual(status('+OK \xc3\xa9'), { ok: true, text: 'é' });
  assert.deepEqual(status('+OK \xe9'), { ok: true, text: 'é' });
});

test('a response code is read in any case, and only at the front (EXT-16)', () => {
  assert.deepEqual(status('-ERR [in-use] wait'), { ok: false, code: 'IN-USE', text: '[in-use] wait' });
  assert.deepEqual(status('-ERR wait [IN-USE]'), { ok: false, text: 'wait [IN-USE]' });
  assert.deepEqual(status('-ERR [] x'), { ok: false, text: '[] x' });
  assert.deepEqual(status('-ERR [a'), { ok: false, text: '[a' });
});

test('further levels of a code are ignored, unknown ones are none (EXT-16)', () => {
  assert.equal(knownCode('SYS/TEMP/DISK'), 'SYS/TEMP');
  assert.equal(knownCode('AUTH/EXPIRED'), 'AUTH');
  for (const code of ['SYS', 'SYS/WHAT', 'SYSTEM', 'X-OUR/OWN', undefined]) assert.equal(knownCode(code), undefined);
});

test('a challenge is what stands behind +, with a blank or without (AUTH-06)', () => {
  assert.deepEqual(status('+ '), { challenge: '' });
  assert.deepEqual(status('+'), { challenge: '' });
  assert.deepEqual(status('+ YWJj'), { challenge: 'YWJj' });
  assert.deepEqual(status('+YWJj'), { challenge: 'YWJj' });
});

test('capabilities: any case, unknown tags and parameters make no difference (EXT-04)', () => {
  const all = new Capabilities([
    ...['top', 'Uidl ', 'SASL plain SCRAM-SHA-256', 'X-FOO bar', '', 'LOGIN-DELAY 900 USER', 'EXPIRE 0'],
    ...['IMPLEMENTATION Some  Server 1', 'STLS now', 'PIPELINING', 'TOP again'],
  ]);
  assert.deepEqual([all.listed, all.top, all.uidl, all.user, all.stls], [true, true, true, false, true]);
  assert.deepEqual(all.sasl, ['PLAIN', 'SCRAM-SHA-256']);
  assert.deepEqual([all.loginDelay, all.expire, all.implementation], [900, 0, 'Some Server 1']);
  assert.deepEqual([all.has('x-foo'), all.tags.get('X-FOO')], [true, ['bar']]);
  assert.equal(new Capabilities(['EXPIRE never']).expire, 'never');
  assert.equal(new Capabilities(['EXPIRE soon']).expire, undefined);
});

test('no CAPA is no capability (EXT-05)', () => {
  const none = new Capabilities(undefined);
  assert.deepEqual([none.listed, none.pipelining, none.sasl], [false, false, []]);
});

test('numbers are read, and what stands behind them is not (P3-58)', () => {
  assert.deepEqual(parseDropListing('2 320 and more'), { count: 2, octets: 320 });
  assert.deepEqual(parseDropListing('0 0'), { count: 0, octets: 0 });
  assert.deepEqual(parseScanListing(' 1\t120 x'), { number: 1, octets: 120 });
  for (const text of ['', '2', 'a b', '1 -1', '1.5 3', '1 99999999999999999999']) {
    assert.equal(parseDropListing(text), undefined, text);
  }
  for (const text of ['0 1', '-1 1', '1', 'x 1']) assert.equal(parseScanListing(text), undefined, text);
});

test('a unique-id is visible ASCII, or none', () => {
  assert.deepEqual(parseUniqueIdListing('1 ../../x y'), { number: 1, uniqueId: '../../x' });
  for (const text of ['1', '1 ', '1 \xe9', `1 ${'x'.repeat(513)}`, '1 a\x1bb']) {
    assert.deepEqual(parseUniqueIdListing(text), { number: 1 }, text);
  }
  assert.equal(parseUniqueIdListing('0 a'), undefined);
});

test('no argument can be two commands, and no command is above 255 octets (EXT-10)', () => {
  for (const keyword of ['USER', 'PASS', 'APOP', 'AUTH', 'LIST', 'RETR', 'DELE', 'TOP', 'UIDL'] as ClientKeyword[]) {
    for (const octet of ['\r', '\n', '\0', '\r\nDELE 1']) {
      assert.throws(
        () => request(keyword, `secret${octet}`),
        (error: Error) => {
          assert.ok(error instanceof RangeError);
          assert.ok(!error.message.includes('secret'));
          return true;
        },
      );
    }
  }
  assert.equal(request('PASS', 'x'.repeat(248)).line.length, 253);
  assert.throws(() => request('PASS', 'x'.repeat(249)), RangeError);
  assert.throws(() => request('PASS', 'é'.repeat(125)), RangeError);
});

test('what is shown of a command has no secret in it', () => {
  assert.equal(request('PASS', 'a b').shown, 'PASS [secret]');
  assert.equal(request('AUTH', 'PLAIN AGEAYg==').shown, 'AUTH PLAIN [secret]');
  assert.equal(request('AUTH', 'PLAIN').shown, 'AUTH PLAIN');
  assert.equal(request('APOP', 'ada 0123').shown, 'APOP ada [secret]');
  assert.equal(request('USER', 'ada').shown, 'USER ada');
});
