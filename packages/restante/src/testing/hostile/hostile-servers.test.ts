import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { inspect } from 'node:util';
import { temporaryFolder } from '../running-office.ts';
import { BEFORE_LOGIN } from './before-login.ts';
import { DELETIONS } from './deletions.ts';
import type { HostileCase } from './hostile-case.ts';
import { HostileRun } from './hostile-run.ts';
import { PASSWORD } from './hostile-server.ts';
import { LETTERS } from './letters.ts';
import { LISTINGS } from './listings.ts';

const folder = temporaryFolder();
const suites = {
  'before login': BEFORE_LOGIN,
  listings: LISTINGS,
  letters: LETTERS,
  deletions: DELETIONS,
};

for (const [title, cases] of Object.entries(suites)) {
  suite(`the collector at servers with failings: ${title}`, () => {
    for (const hostile of cases) test(`${hostile.name} (${hostile.source})`, { timeout: 30_000 }, () => play(hostile));
  });
}

async function play(hostile: HostileCase): Promise<void> {
  const { name, source, result, afterwards = 'delete' } = hostile;
  const run = new HostileRun(mkdtempSync(join(folder, 'case-')), hostile);
  const all = run.allNames();
  if (hostile.before !== undefined) {
    assert.equal((await run.call('keep')).result, 'done');
    assert.equal(run.storedNames(), all);
  }

  run.server.failings = hostile;
  const report = await run.call(afterwards);
  const told = () => inspect({ report, name, source, heard: run.server.heard, events: run.events }, { depth: 5 });
  assert.ok([result].flat().includes(report.result), told());
  sound(run, hostile, told);
  if (hostile.noLogin === true) {
    assert.deepEqual(
      run.server.heard.filter(({ line }) => /^(USER|PASS|AUTH|APOP)/.test(line)),
      [],
    );
  }
  if (hostile.tls !== undefined)
    assert.ok(
      run.server.heard.every(({ line, secure }) => secure || /^(CAPA|STLS|QUIT)$/.test(line)),
      told(),
    );
  if (hostile.stored !== '*') assert.equal(run.storedNames(), run.known(hostile.stored), told());
  const left = hostile.left ?? (afterwards === 'keep' ? all : missing(all, hostile.stored));
  if (left !== '*' && hostile.tls === undefined) assert.equal(run.known(run.leftNames()), left, told());
  assert.equal(report.kept, run.storedNames().length - (hostile.before === undefined ? 0 : all.length), told());

  run.server.failings = hostile.later ?? {};
  if (hostile.again !== undefined) run.server.letters = run.held(hostile.again);
  for (let calls = hostile.calls ?? 2; calls > 0; calls -= 1) {
    await run.wait();
    await run.call(afterwards);
    sound(run, hostile, told);
  }
  const stored = hostile.mayRepeat === undefined ? run.storedNames() : [...new Set(run.storedNames())].join('');
  assert.equal(stored, run.known(hostile.inTheEnd ?? all), told());
  assert.equal(run.known(run.leftNames()), hostile.leftInTheEnd ?? (afterwards === 'keep' ? all : ''), told());
}

/** What holds whatever a server does. */
function sound(run: HostileRun, { mayRepeat }: HostileCase, told: () => string): void {
  const counts = Map.groupBy(run.storedNames(), (name) => name);
  const there = Map.groupBy(run.allNames(), (name) => name);
  for (const [name, copies] of counts) {
    assert.notEqual(name, '?', `something is stored that is no letter\n${told()}`);
    const most = (there.get(name)?.length ?? 0) + (name === mayRepeat ? 1 : 0);
    assert.ok(copies.length <= most, `${name} is stored ${copies.length} times\n${told()}`);
  }
  assert.deepEqual(run.violations, [], told());
  const events = JSON.stringify(run.events);
  assert.ok(!events.includes(PASSWORD), 'the password is in an event');
  // JSON writes them \u001b and the like: what is printed of an event has none.
  assert.ok(
    !/\\u00[01][0-9a-f]/.test(events.replaceAll(/"uniqueId":"[^"]*"/g, '')),
    `a control character is in an event: ${events}`,
  );
}

function missing(all: string, stored: string): string {
  return [...all].filter((name) => !stored.includes(name)).join('');
}
