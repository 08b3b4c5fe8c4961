import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pop3Error, type Pop3ErrorCode } from '@restante/pop/client';
import { asEnding, Ending, endingOf } from './ending.ts';

test('what somebody can do about it stands behind what went wrong', () => {
  for (const [code, result, remedy] of [
    ['AUTH_FAILED', 'login', /check the user in the URL and the password/],
    ['NO_MECHANISM', 'login', /--auth METHOD/],
    ['INSECURE', 'network', /--tls none is the consent/],
    ['TLS_UNAVAILABLE', 'network', /try pops:\/\/.*--tls none is the consent/],
    ['TLS_CERTIFICATE', 'network', /--ca FILE.*--pin SHA256/],
    ['TLS_HANDSHAKE', 'network', /pops:\/\/ is TLS from the start/],
    ['TLS_INJECTED', 'network', /another network/],
    ['NETWORK', 'network', /check the host, the port/],
    ['TIMEOUT', 'network', /--timeout/],
    ['IN_USE', 'later', /the other program/],
    ['LOGIN_DELAY', 'later', /less often/],
    ['SYS_TEMP', 'later', /later/],
    ['SYS_PERM', 'failed', /whoever runs the server/],
  ] as const satisfies readonly (readonly [Pop3ErrorCode, Ending['result'], RegExp])[]) {
    const ending = endingOf(new Pop3Error(code, 'it went wrong'), 'pop.example.org');
    assert.equal(ending.result, result, code);
    assert.match(ending.message, /^pop\.example\.org: it went wrong: /);
    assert.match(ending.message, remedy, code);
  }
});

test('a server that says nothing may wait for TLS; a certificate that was not pinned is nothing to consent to at once', () => {
  const said = (code: Pop3ErrorCode, message: string) => endingOf(new Pop3Error(code, message), 'h').message;
  assert.match(said('TIMEOUT', 'no greeting came for 5000 ms'), /begins with pops:\/\/; else --timeout/);
  assert.doesNotMatch(said('TIMEOUT', 'no answer came for 5000 ms'), /pops:/);
  const pinned = said('TLS_CERTIFICATE', 'the certificate of h is none of those that were pinned');
  assert.match(pinned, /ask whoever runs the server, then name it with --pin$/);
  assert.doesNotMatch(pinned, /--ca/);
});

test('a host that the message names is not named twice, and what Node advises its own users is left out', () => {
  const words =
    'self-signed certificate; if the root CA is installed locally, try running Node.js with --use-system-ca';
  const error = new Pop3Error('TLS_CERTIFICATE', `the certificate of h.example is not to be trusted: ${words}`);
  assert.match(
    endingOf(error, 'h.example').message,
    /^the certificate of h\.example is not .*: self-signed certificate: if it/,
  );
});

test('what the server says may end with a full stop, and the remedy follows it all the same', () => {
  const { message } = endingOf(new Pop3Error('AUTH_FAILED', 'the login was refused: Authentication failed.'), 'h');
  assert.match(message, /Authentication failed: check the user/);
});

test('RC-07: a refusal that may pass by itself is no failure', () => {
  const refused = (retryable: boolean) => endingOf(new Pop3Error('REFUSED', 'no', { retryable }), 'h').result;
  assert.deepEqual([refused(true), refused(false)], ['later', 'failed']);
});

test('an ending stays what it is; what nobody foresaw is a failure', () => {
  const ending = new Ending('login', 'the variable X is not set');
  assert.equal(asEnding(ending, 'h'), ending);
  assert.deepEqual(
    [asEnding(new Error('odd'), 'h').result, asEnding(new Error('odd'), 'h').message],
    ['failed', 'odd'],
  );
});
