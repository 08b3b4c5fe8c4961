import assert from 'node:assert/strict';
import test from 'node:test';
import { StoreError } from '../maildrop/store-error.ts';
import { type FaultyMethod, FaultyStore } from './faulty-store.ts';
import { MemoryStore } from './memory-store.ts';
import { deliver, failsWith, find, owner, placed, to } from './store-cases/steps.ts';

const letter = 'A: b\r\n\r\nx\r\n';

function open(method: FaultyMethod, call: number, failure: 'temporary' | 'no-room' | 'unforeseen', atOnce = false) {
  const store = new MemoryStore({ maildrops: ['one', 'two'] });
  return { store, faulty: new FaultyStore(store, { method, call, failure, atOnce }) };
}

test('the named call fails, and no other', async () => {
  const { faulty } = open('openMaildrop', 2, 'no-room');
  await faulty.openMaildrop('one');
  await failsWith('no-room', () => faulty.openMaildrop('one'));
  await faulty.openMaildrop('one');
  assert.equal(faulty.calls, 3);
});

test('reading, listing and removing fail as the store’s methods do', async () => {
  for (const method of ['read', 'entries', 'expunge'] as const) {
    const { faulty } = open(method, 1, 'temporary');
    placed((await deliver(faulty, [to('one')], letter))[0]);
    const maildrop = await faulty.openMaildrop('one');
    await failsWith('temporary', () =>
      method === 'read'
        ? maildrop.read(1, 0)
        : method === 'entries'
          ? maildrop.entries(1, 1)
          : maildrop.expunge([1], owner),
    );
    assert.equal((await maildrop.entries(1, 1)).length, 1);
    assert.deepEqual(Buffer.from(await maildrop.read(1, 0)).toString(), letter);
  }
});

test('a failure at once is thrown; an unforeseen one is no StoreError', async () => {
  const { faulty } = open('openMaildrop', 1, 'unforeseen', true);
  assert.throws(() => faulty.openMaildrop('one'), TypeError);
});

test('one recipient fails at commit and the other gets the letter', async () => {
  const { store, faulty } = open('commit', 2, 'no-room');
  const [one, two] = await deliver(faulty, [to('one'), to('two')], letter);
  placed(one);
  assert.ok(two instanceof StoreError && two.kind === 'no-room');
  assert.deepEqual((await find(store, 'one')).letters, [letter]);
  assert.equal((await find(store, 'two')).count, 0);
});

test('a mailbox that fails at commit takes its group with it, and another group gets the letter', async () => {
  for (const call of [1, 2, 3]) {
    const { store, faulty } = open('commit', call, 'no-room');
    store.addMaildrop('three');
    const recipients = [{ ...to('one'), group: 1 }, { ...to('two'), group: 1 }, to('three'), to('one')];
    const [one, two, three, again] = await deliver(faulty, recipients, letter);
    const grouped = call === 3 ? [] : [one, two];
    const failed = call === 1 ? [...grouped, again] : call === 2 ? grouped : [three];
    for (const answer of [one, two, three, again]) {
      if (failed.includes(answer)) assert.ok(answer instanceof StoreError && answer.kind === 'no-room');
      else placed(answer);
    }
    assert.equal((await find(store, 'one')).count, call === 1 ? 0 : 1);
    assert.equal((await find(store, 'two')).count, call === 3 ? 1 : 0);
    assert.equal((await find(store, 'three')).count, call === 3 ? 0 : 1);
    assert.equal(faulty.calls, 3);
  }
});

test('a store that fails when room is to be kept answers so', async () => {
  const { faulty } = open('hold', 2, 'temporary');
  const reservation = faulty.reserve(1_000);
  assert.equal(await reservation.hold('one'), undefined);
  const answer = await reservation.hold('two');
  assert.ok(answer instanceof StoreError && answer.kind === 'temporary');
  assert.throws(() => open('hold', 1, 'unforeseen').faulty.reserve(1_000).hold('one'), TypeError);
});

test('after a write that failed, commit answers the failure to every recipient', async () => {
  const { store, faulty } = open('write', 2, 'no-room');
  const delivery = faulty.beginDelivery({ returnPath: '', recipients: [to('one'), to('two'), to('one')] });
  await delivery.write(Buffer.from(letter));
  await failsWith('no-room', () => delivery.write(Buffer.from(letter)));
  await delivery.write(Buffer.from(letter));
  const answers = await Promise.all(delivery.commit());
  assert.equal(answers.filter((answer) => answer instanceof StoreError).length, 3);
  assert.equal((await find(store, 'one')).count + (await find(store, 'two')).count, 0);
});
