import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../testing/index.ts';
import { Patience } from './patience.ts';

function patient() {
  const clock = new ManualClock();
  const rung: string[] = [];
  const patience = new Patience<string>(clock, (awaited, milliseconds) => rung.push(`${awaited} ${milliseconds}`));
  return { clock, rung, patience };
}

test('it ends when nothing has happened for so long, and not before', async () => {
  const { clock, rung, patience } = patient();
  patience.await('answer', 100);
  await clock.advance(90);
  patience.renew();
  patience.await('answer', 100);
  await clock.advance(99);
  assert.deepEqual(rung, []);
  await clock.advance(1);
  assert.deepEqual(rung, ['answer 100']);
});

test('what is awaited anew has its whole time, and nothing has none', async () => {
  const { clock, rung, patience } = patient();
  patience.await('reader', 1_000);
  await clock.advance(90);
  patience.await('answer', 100);
  await clock.advance(99);
  assert.deepEqual(rung, []);
  patience.await(undefined, 0);
  await clock.advance(10_000);
  assert.deepEqual([rung, clock.pending], [[], 0]);
});

for (const [where, day] of [
  ['forth', 86_400_000],
  ['back', -86_400_000],
] as const) {
  test(`a clock that is set ${where} meanwhile makes nobody's patience shorter or longer`, async () => {
    const { clock, rung, patience } = patient();
    patience.await('answer', 100);
    await clock.advance(50);
    patience.renew();
    clock.step(day);
    await clock.advance(99);
    assert.deepEqual(rung, []);
    await clock.advance(1);
    assert.deepEqual(rung, ['answer 100']);
  });
}
