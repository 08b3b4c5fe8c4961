import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Change, Journal, LetterState } from './journal.ts';
import { openJournal } from './open.ts';

/** What is true of a letter, put in other words than the journal's: three questions that are answered one by one. */
interface Letter {
  /** Is it at the server? */
  readonly at: 'server' | 'being-deleted' | 'nobody-knows' | 'gone';
  /** Is it safe, and by what? */
  readonly safe: 'no' | 'whole' | 'header' | 'unproved';
  /** If it is neither: what has been tried, or decided? */
  readonly otherwise:
    | 'nothing'
    | 'fetching'
    | 'whole-letter-staged'
    | 'header-staged'
    | 'skipped'
    | 'held'
    | 'given-up';
}

const NEW: Letter = { at: 'server', safe: 'no', otherwise: 'nothing' };

function stateOf({ at, safe, otherwise }: Letter): LetterState {
  if (at === 'gone') return 'gone';
  if (at === 'being-deleted') return 'delete-sent';
  if (at === 'nobody-knows') return 'unknown';
  if (safe !== 'no') return 'kept';
  if (otherwise === 'nothing') return 'listed';
  return otherwise === 'whole-letter-staged' || otherwise === 'header-staged' ? 'staged' : otherwise;
}

/** What the change makes of the letters; undefined where it must be refused. */
function follow(letters: ReadonlyMap<string, Letter>, change: Change): Map<string, Letter> | undefined {
  const letter = letters.get(change.key);
  const put = (changed: Partial<Letter>) => new Map(letters).set(change.key, { ...(letter ?? NEW), ...changed });
  if (letter === undefined) {
    if (change.type === 'listed') return put({});
    return change.type === 'adopted' ? put({ safe: change.proof === undefined ? 'unproved' : 'whole' }) : undefined;
  }
  const { at, safe, otherwise } = letter;
  const unsafe = at === 'server' && safe === 'no';
  const staged = otherwise === 'whole-letter-staged' || otherwise === 'header-staged';
  const decided = otherwise === 'skipped' || otherwise === 'held' || otherwise === 'given-up';
  const when = (holds: boolean, changed: Partial<Letter>) => (holds ? put(changed) : undefined);
  switch (change.type) {
    case 'listed':
      return put(at === 'gone' ? { at: 'server' } : {});
    case 'fetching':
      return when(unsafe && !decided && !staged, { otherwise: 'fetching' });
    case 'staged':
      return when(unsafe && otherwise === 'fetching', {
        otherwise: change.headersOnly ? 'header-staged' : 'whole-letter-staged',
      });
    case 'kept':
      return when(unsafe && staged, { safe: otherwise === 'header-staged' ? 'header' : 'whole', otherwise: 'nothing' });
    case 'adopted':
      return when(unsafe && !staged, {
        safe: change.proof === undefined ? 'unproved' : 'whole',
        otherwise: 'nothing',
      });
    case 'failed':
      return when(unsafe && !decided, { otherwise: change.givenUp ? 'given-up' : 'nothing' });
    case 'skipped':
      return when(unsafe && !staged, { otherwise: 'skipped' });
    case 'held':
      return when(unsafe, { otherwise: 'held' });
    case 'wanted':
      return when(at === 'server' && safe !== 'whole' && !staged && otherwise !== 'fetching', NEW);
    case 'delete-sent':
      return when(at === 'server' && (safe === 'whole' || (safe === 'unproved' && change.adopted === true)), {
        at: 'being-deleted',
      });
    case 'gone':
      return when(at !== 'gone' && !(unsafe && staged), {
        at: 'gone',
        otherwise: otherwise === 'fetching' ? 'nothing' : otherwise,
      });
    case 'unknown':
      return when(at === 'being-deleted', { at: 'nobody-knows' });
    case 'still-there':
      return when(at !== 'server', { at: 'server' });
    case 'rebound': {
      if ((unsafe && staged) || (letters.has(change.to) && change.to !== change.key)) return undefined;
      const moved = new Map(letters);
      moved.delete(change.key);
      return moved.set(change.to, letter);
    }
    case 'forgotten': {
      if (at !== 'gone') return undefined;
      const without = new Map(letters);
      without.delete(change.key);
      return without;
    }
  }
}

const key = fc.constantFrom('a', 'b', 'c');
const at = fc.nat();
const why = fc.string();
const sha256 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((octets) => Buffer.from(octets).toString('hex'));
const uniqueId = fc.option(fc.string({ unit: 'binary' }), { nil: undefined });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const type = <T extends string>(text: T) => fc.constant(text);

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ type: type('listed'), key, uniqueId, declaredOctets: maybe(fc.maxSafeNat()), at }),
  fc.record({ type: type('fetching'), key }),
  fc.record({
    type: type('staged'),
    key,
    octets: fc.maxSafeNat(),
    sha256,
    fingerprint: fc.string(),
    headersOnly: fc.boolean(),
    place: fc.string({ unit: 'binary' }),
    destination: fc.string(),
  }),
  fc.record({ type: type('kept'), key, at }),
  fc.record({ type: type('kept'), key, at, place: fc.string() }),
  fc.record({ type: type('adopted'), key, uniqueId, at, why }),
  fc.record({ type: type('adopted'), key, uniqueId, at, why, proof: fc.record({ octets: fc.nat(), sha256 }) }),
  fc.record({ type: type('failed'), key, why, givenUp: fc.boolean(), counts: fc.boolean(), notBefore: at }),
  fc.record({ type: type('skipped'), key, why }),
  fc.record({ type: type('held'), key, why }),
  fc.record({ type: type('wanted'), key }),
  fc.record({ type: type('delete-sent'), key, adopted: fc.boolean() }),
  fc.record({ type: type('gone'), key, at }),
  fc.record({ type: type('unknown'), key }),
  fc.record({ type: type('still-there'), key }),
  fc.record({ type: type('rebound'), key, to: fc.constantFrom('a', 'b', 'c', 'd'), uniqueId }),
  fc.record({ type: type('forgotten'), key }),
);

/** A way to each state for the letter `a`; what may come then is not told in advance. */
const starts: { readonly [State in LetterState]: readonly Change[] } = (() => {
  const key = 'a';
  const listed: Change[] = [{ type: 'listed', key, uniqueId: key, declaredOctets: 1, at: 1 }];
  const fetching: Change[] = [...listed, { type: 'fetching', key }];
  const proof = { octets: 1, sha256: 'ab'.repeat(32) };
  const staged: Change[] = [
    ...fetching,
    { type: 'staged', key, ...proof, fingerprint: 'f', headersOnly: false, place: 'p', destination: 'd' },
  ];
  const kept: Change[] = [...staged, { type: 'kept', key, at: 2 }];
  const deleted: Change[] = [...kept, { type: 'delete-sent', key }];
  return {
    listed,
    fetching,
    staged,
    kept,
    'delete-sent': deleted,
    unknown: [...deleted, { type: 'unknown', key }],
    gone: [...deleted, { type: 'gone', key, at: 3 }],
    skipped: [...listed, { type: 'skipped', key, why: 'large' }],
    held: [...staged, { type: 'held', key, why: 'nobody knows' }],
    'given-up': [...fetching, { type: 'failed', key, why: 'no', givenUp: true, counts: true }],
  };
})();

for (const [state, start] of Object.entries(starts)) {
  test(`from ${state} on a journal does as a model of what is true of letters, and opened again it says the same`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'restante-journal-model-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const written = fc.array(fc.array(change, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 24 });
    let number = 0;
    fc.assert(
      fc.property(written, (transactions) => {
        number += 1;
        compare(folder, `anna@${number}:995`, state, [start, ...transactions]);
      }),
      { numRuns: 8 },
    );
  });
}

function compare(folder: string, mailbox: string, first: string, transactions: readonly (readonly Change[])[]): void {
  let journal = openJournal(folder, mailbox);
  let model = new Map<string, Letter>();
  for (const [index, changes] of transactions.entries()) {
    const before = recordsOf(journal);
    const next = changes.reduce<Map<string, Letter> | undefined>(
      (letters, change) => letters && follow(letters, change),
      model,
    );
    if (next === undefined) {
      assert.throws(() => journal.write(changes), { name: 'ImpossibleChange' });
      assert.deepEqual(recordsOf(journal), before, 'all or none');
      continue;
    }
    journal.write(changes);
    model = next;
    const after = recordsOf(journal);
    assert.deepEqual(
      Object.fromEntries([...after].map(([key, { state }]) => [key, state])),
      Object.fromEntries([...model].map(([key, letter]) => [key, stateOf(letter)])),
    );
    if (index === 0) assert.equal(after.get('a')?.state, first);
    journal.close();
    journal = openJournal(folder, mailbox);
    assert.deepEqual(recordsOf(journal), after, 'opened again');
  }
  journal.close();
}

function recordsOf(journal: Journal) {
  return new Map([...journal.letters()].map((letter) => [letter.key, letter]));
}
