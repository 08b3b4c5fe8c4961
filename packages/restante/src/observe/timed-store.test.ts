import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrialStore } from '../testing/trial-store.ts';
import { timed } from './timed-store.ts';

const ENVELOPE = {
  returnPath: '',
  recipients: ['pat', 'green'].map((maildrop) => ({ maildrop, trace: Buffer.alloc(0) })),
};

function office() {
  const store = new TrialStore();
  for (const name of ['pat', 'green']) store.addMaildrop(name);
  const commits: number[] = [];
  return { store, commits, watched: timed(store, (milliseconds) => commits.push(milliseconds)) };
}

test('a letter is told of once, when its last recipient is answered, whatever the answer', async () => {
  const { store, commits, watched } = office();
  store.hold('green');
  const delivery = watched.beginDelivery(ENVELOPE);
  await delivery.write(Buffer.from('Subject: x\r\n\r\n'));
  const answers = delivery.commit();
  await answers[0];
  assert.deepEqual(commits, []);
  store.release('green');
  await Promise.all(answers);
  assert.equal(commits.length, 1);
  assert.ok((commits[0] ?? -1) >= 0);
  store.commitFaults.set('green', 'no-room');
  await Promise.all(watched.beginDelivery(ENVELOPE).commit());
  assert.equal(commits.length, 2);
});

test('a letter that is dropped is not told of, and room is asked of the store itself', async () => {
  const { store, commits, watched } = office();
  await watched.beginDelivery(ENVELOPE).abort();
  assert.deepEqual(commits, []);
  store.room = 10;
  assert.equal(await watched.hasRoom?.(11), false);
  assert.equal(await watched.hasRoom?.(10), true);
});
