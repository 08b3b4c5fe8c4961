import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountUnderTest, LARGEST, TrialOffice } from './account.test-support.ts';
import { destinationConformance } from './conformance.test.kit.ts';
import { incoming, place, sent, several, stage, typeOf } from './conformance-letters.test.kit.ts';
import { recordOf } from './dying.test.kit.ts';

destinationConformance('an account', accountUnderTest, { promise: 'exactly-once', has: ['breaks'] });

test('a letter is in the maildrop as it came, at the time when it was listed first, and its place says its unique-id', async (t) => {
  const office = await TrialOffice.start('anna');
  t.after(() => office.close());
  const destination = office.destination();
  const letter = sent('one');
  const staged = await stage(destination, letter);
  assert.equal(staged.place, 'account:anna');
  await destination.prepare([staged]);
  const [placing] = await destination.place([staged]);
  const maildrop = office.store.openMaildrop('anna');
  const [entry] = await maildrop.entries(1, 1);
  assert.deepEqual(placing, { type: 'placed', place: `account:anna ${entry?.uniqueId}` });
  assert.deepEqual(await maildrop.arrivals(1, 1), [letter.letter.listed]);
  maildrop.close();
  await destination.close();
  assert.equal(office.open, 0);
});

test('a letter that was placed when we died is there, and is there once when it is fetched again all the same', async (t) => {
  const office = await TrialOffice.start('anna');
  t.after(() => office.close());
  const letters = several(5);
  const dead = office.destination();
  const staged = await place(dead, letters);
  const records = staged.map((one, index) => recordOf(one, letters[index]?.octets ?? Buffer.alloc(0)));
  const unstaged = recordOf(
    { type: 'staged', letter: incoming('never'), place: 'account:anna', octets: 0 },
    Buffer.alloc(0),
  );
  const destination = office.destination();
  assert.deepEqual((await destination.settle([...records, unstaged])).map(typeOf), [
    ...records.map(() => 'there'),
    'not-there',
  ]);
  const found = await destination.find([...letters.map(({ letter }) => letter), incoming('never')]);
  assert.deepEqual([...found.keys()].sort(), letters.map(({ letter }) => letter.key).sort());
  await place(destination, letters);
  await destination.close();
  assert.equal((await office.letters()).length, letters.length);
});

test('more keys than one question holds are asked for in several', async (t) => {
  const office = await TrialOffice.start('anna');
  t.after(() => office.close());
  const destination = office.destination();
  const letters = several(2_500);
  const some = [letters[0], letters[1_500], letters[2_499]].filter((letter) => letter !== undefined);
  await place(destination, some);
  const found = await destination.find(letters.map(({ letter }) => letter));
  assert.deepEqual(
    [...found.keys()],
    some.map(({ letter }) => letter.key),
  );
  await destination.close();
});

test('a letter that the owner has removed does not come back', async (t) => {
  const office = await TrialOffice.start('anna');
  t.after(() => office.close());
  const destination = office.destination();
  const letters = several(2);
  await place(destination, letters);
  const maildrop = office.store.openMaildrop('anna');
  await maildrop.expunge([1, 2], { account: 'anna', session: 's', address: '192.0.2.1' });
  maildrop.close();
  await place(destination, letters);
  await destination.close();
  assert.deepEqual(await office.letters(), []);
});

test('an account that is not there is said before a letter comes, and is to blame when letters come', async (t) => {
  const office = await TrialOffice.start('anna');
  t.after(() => office.close());
  const destination = office.destination('bert');
  await assert.rejects(destination.check(), /^Failure: there is no account bert: restante account list/);
  const staged = await stage(destination, sent('one'));
  const [placing] = await destination.place([staged]);
  assert.ok(placing?.type === 'refused');
  assert.equal(placing.blame, 'destination');
  assert.match(placing.why, /there is no account bert/);
  await assert.rejects(destination.settle([recordOf(staged, Buffer.alloc(0))]), { name: 'Failure' });
  await destination.close();
});

test('a letter above the limit is its own fault, and those beside it are placed', async (t) => {
  const office = await TrialOffice.start('anna');
  t.after(() => office.close());
  const destination = office.destination();
  const letters = [
    sent('one'),
    { letter: incoming('large'), octets: Buffer.alloc(LARGEST + 2, 'line\r\n') },
    sent('two'),
  ];
  const staged = [];
  for (const letter of letters) staged.push(await stage(destination, letter));
  const placings = await destination.place(staged);
  assert.deepEqual(placings.map(typeOf), ['placed', 'refused', 'placed']);
  const [, refusal] = placings;
  assert.ok(refusal?.type === 'refused' && refusal.blame === 'letter');
  assert.match(refusal.why, /limits\.letter_size/);
  await destination.close();
});

test('an office that is closed and opened in the middle: letters are brought again, each is there once', async (t) => {
  const office = await TrialOffice.start('anna');
  t.after(() => office.close());
  const destination = office.destination();
  await destination.check();
  office.fault = 'lost';
  const opened = office.opened;
  const staged = [];
  for (const letter of several(3)) staged.push(await stage(destination, letter));
  const original = office.openIntake.bind(office);
  office.openIntake = async (name) => {
    office.fault = undefined;
    return original(name);
  };
  assert.deepEqual((await destination.place(staged)).map(typeOf), ['placed', 'placed', 'placed']);
  assert.equal(office.opened, opened + 1);
  await destination.close();
  assert.equal((await office.letters()).length, 3);
});

test('nothing is left open when nothing is done: an office can open meanwhile', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const office = await TrialOffice.start('anna');
  t.after(() => office.close());
  const destination = office.destination();
  await place(destination, several(2));
  assert.equal(office.open, 1);
  t.mock.timers.tick(1_000);
  await new Promise(setImmediate);
  assert.equal(office.open, 0);
  await place(destination, several(3));
  assert.equal(office.open, 1);
  await destination.close();
  assert.equal(office.open, 0);
});
