import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { conformance, tables } from './conformance-rows.mjs';

test('every requirement is shown by a transcript or a test that names it', () => {
  assert.ok(tables.length > 0);
  for (const table of tables) {
    const rows = conformance(table);
    assert.deepEqual(
      rows.filter(({ problem }) => problem).map(({ id, problem }) => `${id}: ${problem}`),
      [],
    );
    const ids = rows.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, 'each ID stands once');
  }
});

test('a row that nothing shows is noticed, and so is an ID that no row has', () => {
  const folder = mkdtempSync(join(tmpdir(), 'restante-rows-'));
  try {
    mkdirSync(join(folder, 'list'));
    writeFileSync(
      join(folder, 'list', 'a.txt'),
      '# P3-41, T4: LIST\n# P3-42: more\nS: P3-43\n# P3-44: not at the head\n',
    );
    writeFileSync(join(folder, 'list', 'b.txt'), '# without an ID\nS: x\n');
    writeFileSync(
      join(folder, 'rows.txt'),
      [
        '# words',
        'P3-41 | a | transcript',
        'P3-42 | b | transcript',
        'P3-43 | c | transcript',
        'P3-44 | d | test',
        'P3-45 | e | later: no need',
        'P3-46 | f | somehow',
        'P3-47 | g | test',
        'P3-50..52 | h | later: no need',
        'P3-53..54 | i | test',
        '',
      ].join('\n'),
    );
    const tests = new Map([['P3-47', new Set(['x.test.ts'])]]);
    const wrong = conformance(join(folder, 'rows.txt'), { tests }).filter(({ problem }) => problem);
    assert.deepEqual(
      wrong.map(({ id }) => id),
      ['P3-43', 'P3-44', 'P3-46', 'P3-53..54', 'T4', '(no ID)'],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
