import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { examineClock } from './clock.ts';

const NOW = Date.UTC(2027, 4, 1, 12);
const DAY = 86_400_000;
const root = mkdtempSync(join(tmpdir(), 'restante-doctor-clock-'));
after(() => rmSync(root, { recursive: true }));

const kept = (right: boolean | undefined) => async () => right;
const none = join(root, 'none');

async function said(data: string, now: number, right: boolean | undefined): Promise<string> {
  const findings = await examineClock(data, now, kept(right));
  return findings.map(({ level, what }) => `${level} ${what}`).join('\n');
}

test('a clock that is kept right, one that is not, and one of which nobody can tell', async () => {
  assert.equal(await said(none, NOW, true), 'ok the clock says 2027-05-01T12:00:00Z and is kept right');
  assert.equal(await said(none, NOW, false), 'warning the clock says 2027-05-01T12:00:00Z, and nothing keeps it right');
  assert.match(await said(none, NOW, undefined), /^ok .*cannot be told here$/);
});

test('a clock that is behind this program cannot be right, whoever keeps it', async () => {
  assert.match(await said(none, 0, true), /^error the clock says 1970-01-01T00:00:00Z, but this program is of 2026-/);
});

test('nor one that is behind what the office has done: its first start, or the last letter', async () => {
  writeFileSync(join(root, 'opened'), `${new Date(NOW).toISOString()}\n`);
  assert.match(await said(root, NOW - DAY, true), /^error .*, but the first start of the office is of 2027-05-01$/);
  const index = join(root, 'index.sqlite');
  writeFileSync(index, '');
  utimesSync(index, new Date(NOW + DAY), new Date(NOW + DAY));
  assert.match(await said(root, NOW, true), /^error .*, but .*index\.sqlite is of 2027-05-02$/);
  // Clocks of file systems and of the office are not the same to the second.
  assert.match(await said(root, NOW + DAY - 59_000, true), /^ok /);
  assert.match(await said(root, NOW + 2 * DAY, true), /^ok /);
});
