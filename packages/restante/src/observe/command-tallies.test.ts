import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandTallies } from './command-tallies.ts';

test('commands are counted by protocol, keyword and outcome, those of no known keyword together', () => {
  const tallies = new CommandTallies();
  const pop3 = tallies.recorder('pop3');
  pop3({ keyword: 'STAT', outcome: 'ok', milliseconds: 1 });
  pop3({ keyword: 'STAT', outcome: 'err', milliseconds: 3 });
  pop3({ keyword: 'STAT', outcome: 'ok', milliseconds: 2 });
  pop3({ outcome: 'err', milliseconds: 0 });
  tallies.recorder('lmtp')({ keyword: 'DATA', outcome: 'ok', milliseconds: 0 });
  const lines = [...tallies.counts()].map(({ labels, value }) => `${Object.values(labels).join(' ')} ${value}`);
  assert.deepEqual(lines, ['pop3 STAT ok 2', 'pop3 STAT err 1', 'pop3 other err 1', 'lmtp DATA ok 1']);
  const [stat] = tallies.latencies();
  assert.deepEqual(
    [stat?.labels, stat?.reading.count, stat?.reading.sum],
    [{ protocol: 'pop3', command: 'STAT' }, 3, 6],
  );
});
