import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from './exit-code.ts';
import { formatMoment, parseMoment } from './moment.ts';

const NOW = Date.UTC(2026, 10, 24, 12);

test('a moment is a date, a date and time, or a time back from now', () => {
  const read = (text: string) => parseMoment(text, NOW, '--since');
  assert.equal(read('2026-11-24'), new Date(2026, 10, 24).getTime());
  assert.equal(read('2026-11-24T10:30'), new Date(2026, 10, 24, 10, 30).getTime());
  assert.equal(read('2026-11-24 10:30:15'), new Date(2026, 10, 24, 10, 30, 15).getTime());
  assert.equal(read('2026-11-24T10:30Z'), Date.UTC(2026, 10, 24, 10, 30));
  assert.equal(read('2026-11-24T10:30+02:00'), Date.UTC(2026, 10, 24, 8, 30));
  assert.equal(read('3 d'), NOW - 3 * 86_400_000);
  assert.equal(read('90min'), NOW - 5_400_000);
  for (const wrong of ['', 'yesterday', '2026-13-01', '24.11.2026', '2026-11-24T25:00', '3']) {
    assert.throws(() => read(wrong), UsageError, wrong);
  }
});

test('what is shown can be read again', () => {
  assert.equal(parseMoment(formatMoment(NOW), 0, '--since'), NOW);
});
