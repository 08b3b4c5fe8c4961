import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '@restante/pop/sasl';
import type { Device, NotedUse } from './device.ts';
import { deviceCharacters, deviceFingerprint, generateDevicePassword } from './device-password.ts';
import { DeviceKey, Devices } from './devices.ts';
import { generatePassword } from './generate-password.ts';

const key = new DeviceKey(Buffer.alloc(32, 7));

function fingerprint(password: string): string {
  return deviceFingerprint(deviceCharacters(new Secret(password)) ?? '');
}

function house() {
  const rows = new Map<string, Device>();
  const noted: NotedUse[] = [];
  let time = 1_000;
  const index = {
    deviceByDigest: (digest: string) => rows.get(digest),
    noteDeviceUse: async (uses: readonly NotedUse[]) => void noted.push(...uses),
  };
  const devices = new Devices(index, key, () => time);
  const add = (account: string, label: string, expires?: number) => {
    const password = generateDevicePassword();
    const digest = key.digest(account, fingerprint(password));
    rows.set(digest, { account, label, keyId: key.id, made: 0, ...(expires !== undefined && { expires }) });
    return { password, digest };
  };
  return {
    devices,
    rows,
    noted,
    add,
    at: (now: number) => {
      time = now;
    },
  };
}

test('a device’s password is easy to type: in groups, without what is taken for something else', () => {
  for (let index = 0; index < 100; index++) {
    const password = generateDevicePassword();
    assert.match(password, /^([a-km-np-z2-9]{5}-){5}[a-km-np-z2-9]{5}$/);
    const characters = deviceCharacters(new Secret(password));
    assert.equal(characters, password.replaceAll('-', ''));
    for (const typed of [password.toUpperCase(), password.replaceAll('-', ' '), characters ?? '']) {
      assert.equal(deviceCharacters(new Secret(typed)), characters);
    }
  }
});

test('no other password has its form, and a slip of the finger is told apart', () => {
  const password = generateDevicePassword();
  const slip = `${password[0] === 'a' ? 'b' : 'a'}${password.slice(1)}`;
  for (const other of [
    generatePassword(),
    '',
    'secret',
    `${password}x`,
    password.slice(1),
    'a'.repeat(200),
    '\u0000'.repeat(30),
  ]) {
    assert.equal(deviceCharacters(new Secret(other)), undefined, other);
  }
  // The check has ten bits.
  const passed = Array.from({ length: 200 }, () => generateDevicePassword().replace(/^./, 'o'));
  assert.ok(
    passed.every((text) => deviceCharacters(new Secret(text)) === undefined),
    'o is not among the characters',
  );
  assert.notEqual(slip, password);
});

test('it is good for its own account, until it is revoked or its time is over', () => {
  const { devices, rows, add, at } = house();
  const phone = add('anna', 'phone');
  const laptop = add('anna', 'laptop', 5_000);
  const of = (account: string, password: string) => devices.deviceOf(account, new Secret(password));
  assert.equal(of('anna', phone.password), 'phone');
  assert.equal(of('anna', phone.password.toUpperCase()), 'phone');
  assert.equal(of('bert', phone.password), undefined);
  assert.equal(of('anna', generateDevicePassword()), undefined);
  assert.equal(of('anna', laptop.password), 'laptop');
  at(5_000);
  assert.equal(of('anna', laptop.password), undefined);
  rows.delete(phone.digest);
  assert.equal(of('anna', phone.password), undefined);
});

test('under another key none is good', () => {
  const { rows, add } = house();
  const { password } = add('anna', 'phone');
  const index = { deviceByDigest: (digest: string) => rows.get(digest), noteDeviceUse: async () => {} };
  const others = new Devices(index, new DeviceKey(Buffer.alloc(32, 8)));
  assert.equal(others.deviceOf('anna', new Secret(password)), undefined);
});

test('the last use of each is written down together, once', async () => {
  const { devices, noted } = house();
  const peer = { address: '192.0.2.1', localAddress: '192.0.2.250', loopback: false };
  const visit = { session: 's', peer, login: 'anna', mechanism: 'PLAIN' };
  devices.used('anna', { ...visit, at: 1 });
  devices.used('anna', { ...visit, device: 'phone', at: 2 });
  devices.used('anna', {
    ...visit,
    device: 'phone',
    at: 3,
    peer: { ...peer, tls: { version: 'TLSv1.3', cipher: 'x' } },
  });
  await devices.write();
  await devices.write();
  assert.deepEqual(noted, [
    { account: 'anna', label: 'phone', at: 3, address: '192.0.2.1', over: 'PLAIN over TLSv1.3' },
  ]);
});
