import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Ending, errorLines, judgeUse } from './judge.ts';
import type { Sample } from './sample.ts';

const MIB = 2 ** 20;
const quiet: Sample = {
  at: 0,
  resident: 150 * MIB,
  proportional: 140 * MIB,
  heap: 30 * MIB,
  threads: 12,
  descriptors: 50,
  sockets: 7,
  segmentsOpen: 1,
  sessions: 0,
  files: 20,
  stored: 90 * MIB,
  letters: 60 * MIB,
  index: 5 * MIB,
  log: 4 * MIB,
  delay: 10,
};
const over = (change: (at: number) => Partial<Sample>): readonly Sample[] =>
  Array.from({ length: 70 }, (_, index) => ({ ...quiet, at: index * 10, ...change(index * 10) }));
const sound: Ending = { samples: over(() => ({})), before: quiet, after: quiet, cleaned: quiet, live: 10 * MIB };
const broken = (ending: Partial<Ending>): readonly string[] =>
  judgeUse({ ...sound, ...ending })
    .filter(({ holds }) => !holds)
    .map(({ what }) => what);

suite('the judge of a long run', () => {
  test('finds nothing where there is nothing, nor in what a run grows by when it begins', () => {
    assert.deepEqual(broken({}), []);
    const short = over((at) => ({ at: at / 10, resident: (150 + at / 5) * MIB }));
    assert.deepEqual(broken({ samples: short }), [], 'a short run is all warming up');
    const warming = over((at) => ({ resident: (at < 200 ? 100 + at : 300) * MIB }));
    assert.deepEqual(broken({ samples: warming }), []);
  });

  test('finds a leak of memory, of sockets, of descriptors, of sessions, and files that stay', () => {
    const leaking = over((at) => ({ resident: (150 + at / 5) * MIB }));
    assert.deepEqual(broken({ samples: leaking }), ['growth of resident memory']);
    assert.deepEqual(broken({ after: { ...quiet, sockets: 8, descriptors: 51 } }), ['sockets at the end']);
    assert.deepEqual(broken({ after: { ...quiet, descriptors: 80 } }), ['other descriptors']);
    assert.deepEqual(broken({ after: { ...quiet, sessions: 1 } }), ['sessions at the end']);
    assert.deepEqual(broken({ cleaned: { ...quiet, letters: 200 * MIB } }), ['MiB of letters, cleaned up']);
    assert.deepEqual(broken({ samples: over((at) => ({ files: 20 + at })) }), ['growth of files']);
    assert.deepEqual(broken({ samples: over((at) => ({ log: at * MIB })) }), ['MiB of the log']);
  });

  test('only errors are errors', () => {
    const lines = [
      '{"level":"warn","msg":"a"}',
      '{"level":"error","msg":"b"}',
      'not JSON',
      '{"level":"fatal","msg":"c"}',
    ];
    assert.deepEqual(errorLines(lines.join('\n')), [lines[1], lines[3]]);
  });
});
