import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNetwork, Networks } from './network.ts';

test('addresses and networks of both families, and nothing else', () => {
  for (const text of ['192.0.2.7', '192.0.2.0/24', '0.0.0.0/0', '2001:db8::/32', '::1', '::/0'])
    assert.ok(isNetwork(text), text);
  for (const text of [
    '',
    'localhost',
    '192.0.2',
    '192.0.2.0/33',
    '192.0.2.0/',
    '192.0.2.0/-1',
    '::/129',
    '1.2.3.4/8/8',
    'fe80::1%eth0',
  ]) {
    assert.ok(!isNetwork(text), text);
    assert.throws(() => new Networks([text]), RangeError);
  }
});

test('an address is in a network, however it is written', () => {
  const networks = new Networks(['192.0.2.0/24', '2001:db8::/32']);
  for (const address of ['192.0.2.9', '::ffff:192.0.2.9', '::FFFF:c000:209', '2001:DB8::1', '2001:db8:ffff::%eth0']) {
    assert.ok(networks.has(address), address);
  }
  for (const address of ['192.0.3.1', '::ffff:192.0.3.1', '2001:db9::', 'local', ''])
    assert.ok(!networks.has(address), address);
});
