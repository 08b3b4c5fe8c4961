import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { inspect } from 'node:util';
import { temporaryFolder } from '../running-office.ts';
import type { HostileCase } from './hostile-case.ts';
import { HostileRun } from './hostile-run.ts';
import type { Failings } from './hostile-server.ts';

const folder = temporaryFolder();
const thorough = process.env['RESTANTE_LONG'] === '1';
/** A session that fetches three letters and deletes them says about so many octets, and is told about so many commands. */
const OCTETS = 1_400;
const COMMANDS = 16;
const plain: HostileCase = {
  name: 'vanishes',
  source: 'issue: a vanished network at every step',
  result: 'network',
  stored: '*',
};

suite('the network vanishes, and comes back: each letter comes once, and none is deleted that did not come (P3-69)', () => {
  for (const afterwards of ['keep', 'delete'] as const) {
    test(`after any number of octets, with ${afterwards}`, async () => {
      const seen = new Set<string>();
      for (let octets = 0; octets <= OCTETS; octets += thorough ? 1 : 23)
        seen.add(await vanish(afterwards, { octets }));
      assert.ok(seen.size > 3, `it vanished at several stages: ${[...seen]}`);
    });

    test(`after any number of commands, with ${afterwards}`, async () => {
      for (let commands = 0; commands <= COMMANDS; commands += 1) await vanish(afterwards, { commands });
    });
  }
});

/** Answers what was stored and left when it had vanished. */
async function vanish(afterwards: 'keep' | 'delete', failings: Failings): Promise<string> {
  const run = new HostileRun(mkdtempSync(join(folder, 'case-')), plain);
  run.server.failings = failings;
  const first = await run.call(afterwards);
  const told = () => inspect({ failings, first, heard: run.server.heard, events: run.events }, { depth: 5 });
  assert.ok(['done', 'network', 'partly'].includes(first.result), told());
  assert.deepEqual(run.violations, [], told());
  const stage = `${run.storedNames()}/${run.leftNames()}`;
  assert.ok(!/(.).*\1/.test(run.storedNames()), told());
  run.server.failings = {};
  await run.wait();
  const second = await run.call(afterwards);
  assert.equal(second.result, 'done', told());
  assert.deepEqual(run.violations, [], told());
  assert.equal(run.storedNames(), 'abc', told());
  assert.equal(run.leftNames(), afterwards === 'keep' ? 'abc' : '', told());
  return stage;
}
