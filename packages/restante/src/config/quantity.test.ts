import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration, formatOctets, parseDuration, parseOctets } from './quantity.ts';

test('octets with binary and decimal units', () => {
  assert.equal(parseOctets('150 MiB'), 150 * 1024 * 1024);
  assert.equal(parseOctets('150MB'), 150_000_000);
  assert.equal(parseOctets('1.5 KiB'), 1536);
  assert.equal(parseOctets('12 B'), 12);
  for (const wrong of [
    '150',
    '150 mib',
    '-1 MiB',
    '1 MiB extra',
    'MiB',
    '',
    '1e3 MiB',
    '9999999999 TiB',
    '1 constructor',
  ]) {
    assert.equal(parseOctets(wrong), undefined, wrong);
  }
});

test('durations', () => {
  assert.equal(parseDuration('10 min'), 600_000);
  assert.equal(parseDuration('7 d'), 7 * 86_400_000);
  assert.equal(parseDuration('250 ms'), 250);
  assert.equal(parseDuration('5m'), 300_000, 'as sleep(1) and systemd have it');
  assert.equal(parseDuration('2 months'), undefined);
});

test('what is written can be read again', () => {
  for (const value of [1, 1024, 1536, 64 * 2 ** 20, 2 ** 40]) {
    const text = formatOctets(value).replace(/octets?/, 'B');
    assert.equal(parseOctets(text), value);
  }
  for (const value of [1, 2000, 90_000, 600_000, 86_400_000]) assert.equal(parseDuration(formatDuration(value)), value);
});
