import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings } from '../config/read-settings.ts';
import type { Settings } from '../config/settings.ts';
import { type Circumstances, warnings } from './warnings.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2027, 0, 1);

function settingsOf(text: string): Settings {
  const read = readSettings({ text, folder: '/' });
  assert.ok(read.type === 'settings');
  return read.settings;
}

function warned(
  changes: Partial<Circumstances> & { readonly validUntil?: number; keyIsOpen?: boolean; ours?: boolean },
): string {
  const { validUntil = NOW + 365 * DAY, keyIsOpen = false, ours = false, ...rest } = changes;
  const files = { cert: 'cert.pem', key: 'key.pem' };
  const certificates = [{ files, validUntil, keyIsOpen, ours }];
  const usual = { settings: settingsOf(''), certificates, doors: [], postmaster: undefined, now: NOW };
  return [...warnings({ ...usual, ...rest })].join('\n');
}

test('an office as it comes gives no cause', () => {
  const doors = [{ door: 'lmtp', address: { type: 'tcp', host: '127.0.0.1', port: 1024 } }] as const;
  assert.equal(warned({ doors }), '');
});

test('a certificate that runs out is told of a month ahead', () => {
  assert.equal(warned({ validUntil: NOW + 31 * DAY }), '');
  assert.match(warned({ validUntil: NOW + 29 * DAY }), /cert\.pem runs out on 2027-01-30/);
  assert.match(warned({ validUntil: NOW + 29 * DAY, ours: true }), /a new one is made a week before/);
  assert.match(warned({ validUntil: NOW - DAY }), /cert\.pem ran out on 2026-12-31/);
});

test('a key that others can read', () => {
  assert.match(warned({ keyIsOpen: true }), /can read the key key\.pem: chmod/);
});

test('LMTP that strangers can reach, a postmaster who is not there, passwords in the clear', () => {
  const doors = [
    { door: 'lmtp', address: { type: 'tcp', host: '0.0.0.0', port: 24 } },
    { door: 'lmtp', address: { type: 'unix', path: '/run/lmtp' } },
    { door: 'pop3', address: { type: 'tcp', host: '0.0.0.0', port: 110 } },
  ] as const;
  assert.match(warned({ doors }), /^whoever reaches 0\.0\.0\.0:24 can deliver.*$/);
  assert.match(warned({ settings: settingsOf('postmaster = "anna"') }), /no account anna/);
  assert.match(warned({ settings: settingsOf('cleartext = "always"') }), /can be read/);
});

test('proxies: too many of them, and a mail server on this machine that would have to be one', () => {
  const doors = [{ door: 'lmtp', address: { type: 'tcp', host: '127.0.0.1', port: 1024 } }] as const;
  const about = (text: string) => warned({ doors, settings: settingsOf(text) });
  assert.equal(about('proxy.trusted = ["192.0.2.1", "198.51.100.0/24", "2001:db8::/112", "unix"]'), '');
  assert.match(about('proxy.trusted = ["0.0.0.0/0"]'), /everybody in 0\.0\.0\.0\/0 may say/);
  assert.match(about('proxy.trusted = ["2001:db8::/64"]'), /everybody in 2001:db8::\/64 may say/);
  assert.match(
    about('proxy.trusted = ["127.0.0.0/8"]'),
    /^[^\n]*127\.0\.0\.1:1024 has to send[^\n]*proxy\.listeners = \["pop3", "pop3s", "smtp"\]$/,
  );
  assert.match(about('proxy.trusted = ["::1"]'), /has to send/);
  assert.equal(about('proxy.trusted = ["127.0.0.1"]\nproxy.listeners = ["pop3s"]'), '');
});
