import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { compare, median } from './bench.ts';
import { shown } from './report.ts';

suite('benchmarks', () => {
  test('each is measured as often, the first round not counted, and in another order each round', async () => {
    const order: string[] = [];
    const contestants = ['a', 'b', 'c'].map((name) => ({
      name,
      version: '1',
      run: async () => {
        order.push(name);
        return order.length;
      },
    }));
    const results = await compare(contestants, { runs: 3, note: () => {} });
    assert.deepEqual(order.join(''), 'abcbcacababc');
    assert.deepEqual(
      results.map(({ seconds }) => seconds),
      [
        [6, 8, 10],
        [4, 9, 11],
        [5, 7, 12],
      ],
    );
  });

  test('what takes very long is measured once, and counted', async () => {
    let times = 0;
    const slow = {
      name: 'slow',
      version: '1',
      run: async () => {
        times += 1;
        return 60;
      },
    };
    assert.deepEqual((await compare([slow], { runs: 5, note: () => {} }))[0]?.seconds, [60]);
    assert.equal(times, 1);
  });

  test('the median of an odd number and of an even one', () => {
    assert.deepEqual([median([3, 1, 2]), median([4, 1, 2, 3])], [2, 2.5]);
  });

  test('a table has the ratio to ours beside each', () => {
    const result = (contestant: string, ...seconds: number[]) => ({ contestant, version: '1', seconds });
    const text = shown({ name: 'n', what: 'w', results: [result('restante', 2, 2, 2), result('other', 5, 6, 7)] });
    assert.match(text, /^other +1 +6\.00 +5\.00-7\.00 +3\.00 /m);
  });
});
