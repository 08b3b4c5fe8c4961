import assert from 'node:assert/strict';
import test from 'node:test';
import { recogniseLetter, writeLetter } from './letter.ts';
import { type FoundMaildrop, type FoundPlacement, type PromiseEvent, Promises } from './promises.ts';

const letter = writeLetter('a', 100);

function promisesOf(...events: readonly PromiseEvent[]): Promises {
  const promises = new Promises();
  for (const event of events) promises.record(event);
  return promises;
}

const sending = (name = 'a', maildrop = 'one'): PromiseEvent => {
  return { type: 'sending', maildrop, letter: name, sha256: writeLetter(name, 100).sha256 };
};
const accepted = (name = 'a'): PromiseEvent => ({
  type: 'accepted',
  maildrop: 'one',
  letter: name,
  uniqueId: `id-${name}`,
});
const about = (type: 'removed' | 'restoring' | 'restored'): PromiseEvent => ({ type, maildrop: 'one', letters: ['a'] });
const removing: PromiseEvent = { type: 'removing', maildrop: 'one', letters: ['a'], at: 1_000 };

function placement(name = 'a', uniqueId = `id-${name}`, octets = writeLetter(name, 100).content): FoundPlacement {
  const found = recogniseLetter(Buffer.concat([Buffer.from('Delivered-To: one\r\n'), octets]));
  return { uniqueId, octets: octets.length, letter: found };
}

function mailbox(...letters: readonly FoundPlacement[]): readonly FoundMaildrop[] {
  const octets = letters.reduce((sum, found) => sum + found.octets, 0);
  return [{ maildrop: 'one', count: letters.length, octets, letters }];
}

function kinds(promises: Promises, found: readonly FoundMaildrop[]): readonly string[] {
  return promises.verify(found).map(({ kind }) => kind);
}

test('a letter is recognised below any trace fields', () => {
  const found = recogniseLetter(Buffer.concat([Buffer.from('Received: x\r\n'), letter.content]));
  assert.deepEqual(found, { name: 'a', sha256: letter.sha256, trace: 'Received: x\r\n' });
  assert.notEqual(writeLetter('b', 100).sha256, letter.sha256);
});

test('a letter that was not answered may be there or not, but whole', () => {
  assert.deepEqual(kinds(promisesOf(sending()), mailbox()), []);
  assert.deepEqual(kinds(promisesOf(sending()), mailbox(placement())), []);
  const half = placement('a', 'id-a', letter.content.subarray(0, 50));
  assert.deepEqual(kinds(promisesOf(sending()), mailbox(half)), ['damaged']);
});

test('a letter that got 250 is there, once and whole (SM-30)', () => {
  const promises = () => promisesOf(sending(), accepted());
  assert.deepEqual(kinds(promises(), mailbox(placement())), []);
  assert.deepEqual(kinds(promises(), mailbox()), ['lost']);
  assert.deepEqual(kinds(promises(), mailbox(placement(), placement('a', 'id-other'))).includes('twice'), true);
  assert.deepEqual(kinds(promises(), mailbox(placement('a', 'id-a', Buffer.from(`${letter.content}x`)))), ['damaged']);
});

test('a letter whose removal was answered is gone; one whose removal was not may be there (P3-63)', () => {
  assert.deepEqual(kinds(promisesOf(sending(), accepted(), removing), mailbox()), []);
  assert.deepEqual(kinds(promisesOf(sending(), accepted(), removing), mailbox(placement())), []);
  const removed = () => promisesOf(sending(), accepted(), removing, about('removed'));
  assert.deepEqual(kinds(removed(), mailbox()), []);
  assert.deepEqual(kinds(removed(), mailbox(placement())), ['came-back']);
});

test('a letter that was refused, or that was not there after a crash, does not come later (LM-12)', () => {
  const refused = promisesOf(sending(), { type: 'refused', maildrop: 'one', letter: 'a' });
  assert.deepEqual(kinds(refused, mailbox(placement())), ['came-back']);
  const unanswered = promisesOf(sending());
  unanswered.settle(mailbox());
  assert.deepEqual(kinds(unanswered, mailbox(placement())), ['came-back']);
});

test('the owner may remove a letter before its sender has his answer', () => {
  const early = { type: 'retrieved', maildrop: 'one', letter: 'a', uniqueId: 'id-a', sha256: letter.sha256 } as const;
  assert.deepEqual(kinds(promisesOf(sending(), early, removing, accepted()), mailbox()), []);
  const removed = promisesOf(sending(), early, removing, about('removed'), accepted());
  assert.deepEqual(kinds(removed, mailbox(placement())), ['came-back']);
});

test('what was expunged can be brought back until it is purged, and not twice', () => {
  const removed = () => promisesOf(sending(), accepted(), removing, about('removed'));
  assert.deepEqual([...removed().restorable('one')], [['id-a', 'a']]);
  const kept = removed();
  kept.record({ type: 'purging', before: 1_000 });
  assert.equal(kept.restorable('one').size, 1);
  kept.record({ type: 'purging', before: 1_001 });
  assert.equal(kept.restorable('one').size, 0);
  const restored = removed();
  restored.record(about('restoring'));
  assert.deepEqual(kinds(restored, mailbox()), []);
  restored.record(about('restored'));
  assert.deepEqual(kinds(restored, mailbox()), ['lost']);
  assert.equal(restored.restorable('one').size, 0);
});

test('a unique-id never changes and never belongs to another letter (P3-55, P3-56)', () => {
  const promises = () => promisesOf(sending('a'), accepted('a'), sending('b'), accepted('b'));
  assert.deepEqual(kinds(promises(), mailbox(placement('a'), placement('b'))), []);
  assert.deepEqual(kinds(promises(), mailbox(placement('a', 'id-new'), placement('b'))), ['renamed']);
  const swapped = kinds(promises(), mailbox(placement('a', 'id-b'), placement('b', 'id-a')));
  assert.deepEqual(new Set(swapped), new Set(['renamed']));
  const later = promises();
  later.record({ type: 'retrieved', maildrop: 'one', letter: 'a', uniqueId: 'id-new', sha256: letter.sha256 });
  assert.ok(kinds(later, mailbox(placement('a', 'id-new'), placement('b'))).includes('renamed'));
});

test('a letter that comes back under another unique-id has one that nobody had, and keeps it', () => {
  const back = (...events: readonly PromiseEvent[]) => {
    const renamed: PromiseEvent = { type: 'restoring', maildrop: 'one', letters: ['a'], renamed: true };
    return promisesOf(
      sending('b'),
      accepted('b'),
      sending(),
      accepted(),
      removing,
      about('removed'),
      renamed,
      ...events,
    );
  };
  const fresh = mailbox(placement('b'), placement('a', 'id-new'));
  assert.deepEqual(kinds(back(about('restored')), fresh), []);
  assert.deepEqual(kinds(back(), fresh), [], 'whether it came back was not answered');
  assert.deepEqual(kinds(back(about('restored')), mailbox(placement('b'), placement('a'))), ['renamed']);
  assert.ok(kinds(back(about('restored')), mailbox(placement('b'), placement('a', 'id-b'))).includes('renamed'));
  const settled = back();
  settled.settle(fresh);
  assert.deepEqual(kinds(settled, mailbox(placement('b'), placement('a', 'id-third'))), ['renamed']);
  const stayed = back();
  stayed.settle(mailbox(placement('b')));
  assert.deepEqual([...stayed.restorable('one')], [['id-a', 'a']]);
});

test('nothing is there that was never sent, or sent to somebody else', () => {
  assert.deepEqual(kinds(promisesOf(), mailbox(placement())), ['never-sent']);
  assert.deepEqual(kinds(promisesOf(), mailbox({ uniqueId: 'x', octets: 3, letter: undefined })), ['never-sent']);
  assert.deepEqual(kinds(promisesOf(sending('a', 'two')), mailbox(placement())), ['wrong-mailbox']);
  const found = recogniseLetter(Buffer.concat([Buffer.from('Delivered-To: two\r\n'), letter.content]));
  const mixed = mailbox({ uniqueId: 'id-a', octets: 100, letter: found });
  assert.deepEqual(kinds(promisesOf(sending()), mixed), ['wrong-mailbox']);
});

test('what a session fetched is whole too', () => {
  const fetched = promisesOf(sending(), {
    type: 'retrieved',
    maildrop: 'one',
    letter: 'a',
    uniqueId: 'i',
    sha256: 'other',
  });
  assert.deepEqual(kinds(fetched, mailbox()), ['damaged']);
});

test('a listed letter that a session cannot fetch is a broken promise', () => {
  assert.deepEqual(kinds(promisesOf({ type: 'unreadable', maildrop: 'one', what: 'damage' }), mailbox()), [
    'unreadable',
  ]);
});

test('count and octets are the sums', () => {
  const [found] = mailbox(placement());
  assert.ok(found);
  assert.deepEqual(kinds(promisesOf(sending()), [{ ...found, count: 2 }]), ['sums']);
  assert.deepEqual(kinds(promisesOf(sending()), [{ ...found, octets: found.octets + 1 }]), ['sums']);
});
