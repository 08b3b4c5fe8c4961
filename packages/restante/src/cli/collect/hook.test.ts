import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AccountReport } from '../../collect/event.ts';
import { temporaryFolder } from '../../testing/running-office.ts';
import { environmentFor, Hooks } from './hook.ts';

const report = (kept: number): AccountReport => ({
  result: 'partly',
  kept,
  octets: 100 * kept,
  deleted: 1,
  left: 0,
  failed: 2,
  held: 3,
  seconds: 1,
});

test('the command is told what came, of all accounts together', () => {
  const brought = [
    { account: 'anna', report: report(2) },
    { account: 'bert', report: report(5) },
  ];
  assert.deepEqual(environmentFor(brought), {
    RESTANTE_ACCOUNTS: 'anna bert',
    RESTANTE_KEPT: '7',
    RESTANTE_OCTETS: '700',
    RESTANTE_DELETED: '2',
    RESTANTE_FAILED: '4',
    RESTANTE_HELD: '6',
  });
});

test('two are never run at once, and one that fails does not keep the next from being run', async () => {
  const file = join(temporaryFolder(), 'told');
  const said: string[] = [];
  const hooks = new Hooks((line) => said.push(line), { PATH: process.env['PATH'] });
  const slow = `echo "begin $RESTANTE_KEPT" >> '${file}'; sleep 0.1; echo "end $RESTANTE_KEPT" >> '${file}'; kill -9 $$`;
  for (const kept of [1, 2]) hooks.run(slow, [{ account: 'anna', report: report(kept) }]);
  await hooks.done();
  assert.equal(readFileSync(file, 'utf8'), 'begin 1\nend 1\nbegin 2\nend 2\n');
  assert.deepEqual(said, Array(2).fill('the command after new mail ended by SIGKILL'));
});
