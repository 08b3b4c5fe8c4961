import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkOf, placeOf } from './place.ts';

test('an IPv4 address is a place of its own, an IPv6 address is its /64', () => {
  for (const [address, place, network] of [
    ['192.0.2.7', '192.0.2.7', '192.0.2.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['2001:db8::1', '2001:db8:0:0::/64', '2001:db8:0::/48'],
    ['2001:DB8:0001::9', '2001:db8:1:0::/64', '2001:db8:1::/48'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64', 'fe80:0:0::/48'],
    ['::1', '0:0:0:0::/64', '0:0:0::/48'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64', '64:ff9b:0::/48'],
    ['::ffff:192.0.2.7', '192.0.2.7', '192.0.2.0/24'],
    ['local', 'local', 'local'],
  ] as const) {
    assert.equal(placeOf(address), place, address);
    assert.equal(networkOf(address), network, address);
  }
});
