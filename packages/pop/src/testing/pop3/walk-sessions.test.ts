import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Maildrop } from '../../maildrop/maildrop.ts';
import { MemoryStore } from '../memory-store.ts';
import { SessionModel } from './session-model.ts';
import { walkSessions } from './walk-sessions.ts';

const steps = fc.array(fc.tuple(fc.nat(11), fc.nat(20), fc.nat(65_535)), { maxLength: 60 });

function opened(store: MemoryStore) {
  return { store, addMaildrop: (name: string) => store.addMaildrop(name) };
}

test('whatever several sessions do at once, each reply is what a model of the maildrop says (P3-21, P3-24, P3-40..53, P3-62)', async () => {
  await fc.assert(
    fc.asyncProperty(steps, (walk) => walkSessions(opened(new MemoryStore({ slice: 7 })), walk)),
    { numRuns: 200 },
  );
});

/** A store whose maildrops do something wrong. */
class WrongStore extends MemoryStore {
  readonly #wrong: (maildrop: Maildrop) => Partial<Maildrop>;

  constructor(wrong: (maildrop: Maildrop) => Partial<Maildrop>) {
    super();
    this.#wrong = wrong;
  }

  override openMaildrop(name: string): Maildrop {
    const maildrop = super.openMaildrop(name);
    const { count, octets } = maildrop;
    return {
      count,
      octets,
      entries: (from, to) => maildrop.entries(from, to),
      read: (number, from) => maildrop.read(number, from),
      expunge: (numbers, by) => maildrop.expunge(numbers, by),
      close: () => maildrop.close(),
      ...this.#wrong(maildrop),
    };
  }
}

const wrongs: Readonly<Record<string, (maildrop: Maildrop) => Partial<Maildrop>>> = {
  'forgets to remove': () => ({ expunge: async () => ({ notRemoved: [] }) }),
  'removes the letter before': (maildrop) => ({
    expunge: (numbers, by) =>
      maildrop.expunge(
        numbers.map((number) => Math.max(1, number - 1)),
        by,
      ),
  }),
  'shows the octets of another letter': (maildrop) => ({
    read: (number, from) => maildrop.read(number === 1 ? maildrop.count : number, from),
  }),
  'counts an octet too many': (maildrop) => ({ octets: maildrop.octets + 1 }),
};

for (const [what, wrong] of Object.entries(wrongs)) {
  test(`the walk notices a store that ${what}`, async () => {
    const walks = fc.check(
      fc.asyncProperty(steps, (walk) => walkSessions(opened(new WrongStore(wrong)), walk)),
      {
        numRuns: 200,
        endOnFailure: true,
      },
    );
    assert.ok((await walks).failed);
  });
}

test('the model of a session says what RFC 1939 says', () => {
  const model = new SessionModel([
    { uniqueId: 'whqtswO00WBw418f9t5JxYwZ', text: 'Subject: a\r\n\r\n.\r\n..x\r\n' },
    { uniqueId: 'QhdPYR:00WBw1Ph7x7', text: 'Subject: b\r\n' },
  ]);
  assert.deepEqual(model.answer('STAT'), { ok: true, text: '2 34' });
  assert.deepEqual(model.answer('LIST'), { ok: true, lines: ['1 22', '2 12'] });
  assert.deepEqual(model.answer('UIDL', 2), { ok: true, text: '2 QhdPYR:00WBw1Ph7x7' });
  assert.deepEqual(model.answer('RETR', 1), { ok: true, lines: ['Subject: a', '', '..', '...x'] });
  assert.deepEqual(model.answer('TOP', 1, 0), { ok: true, lines: ['Subject: a', ''] });
  assert.deepEqual(model.answer('TOP', 1, 1), { ok: true, lines: ['Subject: a', '', '..'] });
  assert.deepEqual(model.answer('TOP', 2, 0), { ok: true, lines: ['Subject: b'] });
  assert.deepEqual(model.answer('DELE', 1), { ok: true });
  assert.deepEqual(model.answer('DELE', 1), { ok: false });
  assert.deepEqual(model.answer('RETR', 3), { ok: false });
  assert.deepEqual(model.answer('LIST'), { ok: true, lines: ['2 12'] });
  assert.equal(model.marked.length, 1);
  assert.deepEqual(model.answer('RSET'), { ok: true });
  assert.equal(model.marked.length, 0);
});
