import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatListen, parseListen } from './listen-address.ts';

const any = { unix: true };

test('an address is HOST:PORT, with brackets round IPv6', () => {
  for (const [text, host, port] of [
    ['127.0.0.1:1110', '127.0.0.1', 1110],
    ['[::1]:110', '::1', 110],
    ['[::]:0', '::', 0],
    ['[fe80::1%eth0]:995', 'fe80::1%eth0', 995],
    ['localhost:65535', 'localhost', 65_535],
    ['mail-1.example.org:995', 'mail-1.example.org', 995],
  ] as const) {
    assert.deepEqual(parseListen(text, any), { type: 'address', address: { type: 'tcp', host, port } }, text);
    assert.equal(formatListen({ type: 'tcp', host, port }), text);
  }
});

test('off and unix:PATH', () => {
  assert.deepEqual(parseListen('off', any), { type: 'off' });
  const address = { type: 'unix', path: '/run/r/lmtp.sock' } as const;
  assert.deepEqual(parseListen('unix:/run/r/lmtp.sock', any), { type: 'address', address });
  assert.equal(formatListen(address), 'unix:/run/r/lmtp.sock');
});

test('what is neither is refused, and the remedy named', () => {
  for (const [text, remedy] of [
    ['1110', /127\.0\.0\.1:1110/],
    ['localhost', /HOST:PORT/],
    ['localhost:', /port/],
    ['localhost:65536', /port from 0 to 65535/],
    ['localhost:-1', /port/],
    ['localhost:1e3', /port/],
    ['localhost:0x10', /port/],
    ['::1:110', /\[::1\]:110/],
    ['[::1:110', /\[::1\]:110/],
    ['[nonsense]:110', /\[::1\]:110/],
    [':110', /host/],
    ['a b:110', /host/],
    ['unix:', /path/],
    ['', /HOST:PORT/],
  ] as const) {
    const parsed = parseListen(text, any);
    assert.equal(parsed.type, 'wrong', text);
    assert.match(parsed.type === 'wrong' ? parsed.message : '', remedy, text);
  }
  assert.equal(parseListen('unix:/x', { unix: false }).type, 'wrong');
});
