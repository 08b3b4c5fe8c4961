import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, minute, octetsInWords } from './words.ts';

test('octets are said exactly', () => {
  const said = [20 * 2 ** 20, 5e6, 2 ** 30, 10_240, 3_000, 1_500, 0].map(octetsInWords);
  assert.deepEqual(said, ['20 MiB', '5 MB', '1 GiB', '10 KiB', '3 kB', '1500 octets', '0 octets']);
});

test('days and minutes are said in UTC, whatever their order', () => {
  const days = [0, 86_399_999, 86_400_000, -1, 0, 8.64e15, Number.MAX_VALUE].map(day);
  assert.deepEqual(days, [
    '1970-01-01',
    '1970-01-01',
    '1970-01-02',
    '1969-12-31',
    '1970-01-01',
    '+275760-09',
    'a day beyond all calendars',
  ]);
  assert.equal(minute(Date.UTC(2026, 10, 24, 13, 5, 59)), '2026-11-24 13:05');
  assert.equal(minute(Number.MAX_VALUE), 'a day beyond all calendars');
});
