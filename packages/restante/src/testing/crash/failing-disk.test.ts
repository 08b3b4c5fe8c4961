import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { StoreError } from '@restante/pop/maildrop';
import { type FaultPlan, faultSteps } from '../../store/faults.ts';
import { type DurableStore, openStore } from '../../store/store.ts';
import { runClients } from '../oracle/clients.ts';
import { readLetter, verifyStore } from '../oracle/inspect.ts';
import { recogniseLetter, writeLetter } from '../oracle/letter.ts';
import { storeOffice } from '../oracle/office.ts';
import { type PromiseEvent, Promises } from '../oracle/promises.ts';
import { Random } from '../oracle/random.ts';

const thorough = process.env['RESTANTE_LONG'] === '1';
const maildrops = ['one', 'two'];
const limits = { inline: 64 * 1024, segment: 256 * 1024 };

/** The steps at which something is done that can fail: behind a commit or an unlink nothing is left to do. */
const failing = faultSteps.filter((step) => !/\.(after-commit|before-answer|committed|unlinked)$/u.test(step));

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'restante-failing-disk-'));
});
after(() => rm(folder, { recursive: true }));

describe('a disk that fails at one step breaks no promise: not while the store runs, nor when it is opened again', () => {
  for (const step of failing) {
    // What takes letters out may use the room that is kept for it: then a full disk is no failure.
    const takesOut = /^(expunge|purge|remove)\./u.test(step);
    for (const action of ['ENOSPC', 'EIO'] as const) {
      // The short run has every step with one of the two.
      if (!thorough && takesOut !== (action === 'EIO')) continue;
      const comesToPass = action === 'EIO' || !takesOut;
      test(`${action} at ${step} (SM-30, P3-61)`, () => fail({ [step]: { action, visit: 1 } }, comesToPass));
    }
  }
});

describe('a disk that fails now and then, at any step, breaks no promise', () => {
  const random = new Random(2);
  for (let time = 1; time <= (thorough ? 150 : 6); time += 1) {
    const steps = failing.filter(() => random.oneIn(6));
    const faults = Object.fromEntries(
      steps.map((step) => [step, { action: 'EIO', visit: 1 + random.below(12) } as const]),
    );
    const told = Object.entries(faults).map(([step, { visit }]) => `${step} ${visit}`);
    test(`EIO at ${told.join(', ')} (SM-30, P3-61)`, () => fail(faults, false));
  }
});

async function fail(faults: FaultPlan, comesToPass: boolean): Promise<void> {
  const data = await mkdtemp(join(folder, 'data-'));
  const promises = new Promises();
  let failures = 0;
  const record = (event: PromiseEvent) => {
    promises.record(event);
    if (event.type === 'refused') failures += 1;
  };
  const refused = (error: unknown) => {
    assert.ok(error instanceof StoreError, String(error));
    failures += 1;
  };
  {
    await using store = await openStore({ data, limits, faults });
    for (const name of maildrops) await store.add({ name, addresses: [], passwordHash: '$none$' });
    const office = storeOffice(store, () => store.compact(0.3));
    const clients = { office, maildrops, promises, record, refused, name: 'letter', senders: 3, times: 8 };
    await runClients({ ...clients, random: new Random(1), large: limits.inline });
    await deliverLarge(store, record);
    await emptyAndCompact(store, promises, record).catch(refused);
    await removeAccount(store).catch(refused);
    if (comesToPass) assert.ok(failures > 0, 'the failure came to pass');
    // Of failures that are planted by chance some are still to come: then what is there is read, and nothing asked for.
    assert.deepEqual(await verifyStore(store, maildrops, promises, { use: comesToPass }), []);
    if (comesToPass) await removeAccount(store);
  }
  await using store = await openStore({ data, limits });
  assert.deepEqual(await verifyStore(store, maildrops, promises, { use: true }), []);
}

/** Chance alone may have sent no letter that gets a file of its own. */
async function deliverLarge(store: DurableStore, record: (event: PromiseEvent) => void): Promise<void> {
  const letter = writeLetter('surely-large', 2 * limits.inline);
  const { name, sha256 } = letter;
  record({ type: 'sending', maildrop: 'two', letter: name, sha256 });
  for (const { type } of await Promise.all(storeOffice(store).deliver(letter, ['two']))) {
    record({ type, maildrop: 'two', letter: name });
  }
}

/** Removes every letter of a mailbox for good, and gives their room back. */
async function emptyAndCompact(
  store: DurableStore,
  promises: Promises,
  record: (event: PromiseEvent) => void,
): Promise<void> {
  const maildrop = store.openMaildrop('one');
  const numbers = Array.from({ length: maildrop.count }, (_, index) => index + 1);
  const entries = await Promise.all(numbers.map(async (number) => (await maildrop.entries(number, number))[0]));
  const letters: string[] = [];
  for (const entry of entries) {
    const known = promises.letterOf('one', entry?.uniqueId ?? '');
    // One that came behind the owner's last session is known by what it says.
    letters.push(known ?? (entry && recogniseLetter(await readLetter(maildrop, entry))?.name) ?? '');
  }
  record({ type: 'removing', maildrop: 'one', letters, at: Date.now() });
  await maildrop
    .expunge(numbers, { account: 'one', session: 'last', address: 'local' })
    .finally(() => maildrop.close());
  record({ type: 'removed', maildrop: 'one', letters });
  const before = Number.MAX_SAFE_INTEGER;
  record({ type: 'purging', before });
  await store.purge(before);
  await store.compact(0.05);
}

/** Makes an account with a letter, if it is not there, and removes it. */
async function removeAccount(store: DurableStore): Promise<void> {
  const [name, letter] = ['brief', writeLetter('brief', 500)];
  if (!store.byName(name)) await store.add({ name, addresses: [], passwordHash: '$none$' });
  await Promise.all(storeOffice(store).deliver(letter, [name]));
  await store.remove(name);
  assert.equal(store.byName(name), undefined);
}
