import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { shown } from './report.ts';
import { soak } from './soak.ts';

suite('a short run of npm run soak', () => {
  test('of mixed traffic nothing is lost, leaked or left behind', async (t) => {
    const report = await soak({ seconds: 10, seed: 1, every: 0.5 });
    t.diagnostic(shown(report));
    assert.deepEqual(report.violations, []);
    assert.deepEqual(report.errors, []);
    assert.deepEqual(
      report.verdicts.filter(({ holds }) => !holds),
      [],
    );
    for (const what of ['letters by LMTP', 'letters by SMTP', 'letters deleted', 'polls', 'certificates renewed']) {
      assert.ok((report.happened[what] ?? 0) > 0, what);
    }
  });
});
