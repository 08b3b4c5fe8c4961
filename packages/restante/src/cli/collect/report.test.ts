import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccountReport } from '../../collect/event.ts';
import type { Step } from '../../collect/plan/plan.ts';
import { statusOfAll, statusOfOne } from './exit-status.ts';
import { closingTable, planTable, reportLine, troubles } from './report.ts';

const DONE: AccountReport = {
  result: 'done',
  kept: 0,
  octets: 0,
  deleted: 0,
  left: 0,
  failed: 0,
  held: 0,
  seconds: 0.25,
};

test('the closing table has a row an account, and what went wrong is said below it', () => {
  const reports = [
    { account: 'anna', report: { ...DONE, kept: 1234, octets: 5_000_000, left: 3 } },
    { account: 'bert', report: { ...DONE, result: 'network', left: undefined, error: 'h cannot be reached' } as const },
  ];
  assert.equal(
    closingTable(reports),
    'ACCOUNT   KEPT     OCTETS  DELETED  LEFT  FAILED  HELD  SECONDS  RESULT\n' +
      'anna     1,234  5,000,000        0  3          0     0  0.3      done\n' +
      'bert         0          0        0  ?          0     0  0.3      not reached\n',
  );
  assert.deepEqual(troubles(reports), ['bert: h cannot be reached']);
});

test('who runs for days tells what there is to tell, and nothing else', () => {
  const line = (report: Partial<AccountReport>) => reportLine({ account: 'anna', report: { ...DONE, ...report } });
  assert.equal(line({}), undefined);
  assert.equal(
    line({ kept: 1, octets: 1000, deleted: 2 }),
    'anna: 1 letter kept (1,000 octets), 2 letters deleted at the server',
  );
  assert.equal(line({ result: 'partly', failed: 1, held: 2 }), 'anna: 1 letter not, 2 letters held');
  assert.equal(line({ result: 'later', error: 'not now' }), 'anna: not now');
});

test('the most serious status stands for all: what somebody has to mend first', () => {
  for (const [results, status] of [
    [[], 0],
    [['done', 'done'], 0],
    [['done', 'later'], 75],
    [['later', 'network'], 4],
    [['network', 'partly'], 1],
    [['network', 'failed'], 1],
    [['partly', 'login', 'network', 'later', 'done'], 3],
  ] as const) {
    assert.equal(statusOfAll(results), status, results.join(' '));
  }
});

test('check has another meaning for 1, so no failure has it', () => {
  for (const result of ['partly', 'failed', 'login', 'network', 'later'] as const) {
    assert.ok(statusOfOne(result) > 1, result);
  }
});

test('a plan is a row a letter, with the reason; nothing in it moves the terminal', () => {
  const letter = { number: 1, octets: 100, uniqueId: 'u\u001b[2J' };
  const record = {} as Extract<Step, { type: 'delete' }>['record'];
  const steps: readonly Step[] = [
    { type: 'fetch', letter, key: 'k', part: 'whole', known: 'by-listing', why: 'new', thenDelete: true },
    { type: 'fetch', letter, key: 'k', part: 'headers', known: 'by-listing', why: 'large', thenDelete: false },
    { type: 'delete', letter, record, why: 'kept for 14 days' },
    { type: 'commit', why: 'a large letter comes next' },
    { type: 'leave', letter: { ...letter, octets: undefined, uniqueId: undefined }, key: 'k', why: 'kept' },
  ];

  assert.equal(
    planTable({ steps }),
    [
      'NUMBER  OCTETS  WHAT              WHY                        UNIQUE-ID',
      '1       100     fetch, delete     new                        u\\u{1b}[2J',
      '1       100     fetch its header  large                      u\\u{1b}[2J',
      '1       100     delete            kept for 14 days           u\\u{1b}[2J',
      '                commit            a large letter comes next',
      '1       ?       leave             kept                       -',
      '',
    ].join('\n'),
  );
  assert.equal(planTable({ steps: [] }), 'there is nothing to do\n');
});
