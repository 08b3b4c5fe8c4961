import { randomUUID } from 'node:crypto';
import type { Entry, Maildrop, Store } from '@restante/pop/maildrop';
import type { AccountIndex } from '../../accounts/account.ts';
import type { AliasIndex } from '../../accounts/alias.ts';
import { KEPT } from './imports.ts';
import { recogniseLetter, writeLetter } from './letter.ts';
import { storeOffice } from './office.ts';
import type { FoundMaildrop, FoundPlacement, Promises, Violation } from './promises.ts';

/** Reads everything that a store holds in these mailboxes. */
export async function inspect(store: Store, maildrops: readonly string[]): Promise<readonly FoundMaildrop[]> {
  const found: FoundMaildrop[] = [];
  for (const name of maildrops) {
    const maildrop = await store.openMaildrop(name);
    try {
      const { count, octets } = maildrop;
      const letters: FoundPlacement[] = [];
      while (letters.length < count) {
        for (const entry of await maildrop.entries(letters.length + 1, count)) {
          const letter = recogniseLetter(await readLetter(maildrop, entry));
          letters.push({ uniqueId: entry.uniqueId, octets: entry.octets, letter });
        }
      }
      found.push({ maildrop: name, count, octets, letters });
    } finally {
      maildrop.close();
    }
  }
  return found;
}

/**
 * Verifies what is in a store that was opened after a crash, and takes it as the truth from there on. With `use`, also
 * that what was expunged and not purged can be brought back whole, and that another letter is taken.
 */
export async function verifyStore(
  store: Store,
  maildrops: readonly string[],
  promises: Promises,
  { use }: { readonly use: boolean },
): Promise<readonly Violation[]> {
  try {
    const found = await inspect(store, maildrops);
    const violations = promises.verify(found);
    promises.settle(found);
    if (violations.length > 0 || !use) return violations;
    for (const maildrop of maildrops) {
      const restorable = promises.restorable(maildrop);
      const letters = [...restorable.values()];
      promises.record({ type: 'restoring', maildrop, letters });
      const restored = await store.undelete(maildrop, { uniqueIds: [...restorable.keys()] }, inspector);
      if (restored !== letters.length)
        return [{ kind: 'not-restored', maildrop, what: `${restored} of ${letters.length}` }];
      promises.record({ type: 'restored', maildrop, letters });
    }
    await deliverOne(store, maildrops, promises);
    return promises.verify(await inspect(store, maildrops));
  } catch (error) {
    return [{ kind: 'unreadable', maildrop: '', what: String(error) }];
  }
}

/** The same for all that an office keeps: aliases and imports too. */
export async function verifyOffice(
  store: Store & Pick<AliasIndex, 'aliases'> & Pick<AccountIndex, 'list'>,
  maildrops: readonly string[],
  promises: Promises,
  how: { readonly use: boolean },
): Promise<readonly Violation[]> {
  const accounts = new Set((await store.list()).map(({ name }) => name));
  return [
    ...promises.aliases.verify(await store.aliases(), accounts),
    ...(await verifyStore(store, [...maildrops, KEPT], promises, how)),
  ];
}

async function deliverOne(store: Store, maildrops: readonly string[], promises: Promises): Promise<void> {
  const { name, content, sha256 } = writeLetter(`inspection-${randomUUID()}`, 1_000);
  for (const maildrop of maildrops) promises.record({ type: 'sending', maildrop, letter: name, sha256 });
  const answers = storeOffice(store).deliver({ name, content, sha256 }, maildrops);
  for (const [index, maildrop] of maildrops.entries()) {
    const answer = await answers[index];
    if (answer?.type !== 'accepted') throw new Error(`a letter is refused: ${answer?.why}`);
    promises.record({ ...answer, maildrop, letter: name });
  }
}

/** A letter's octets, all of them. */
export async function readLetter(maildrop: Maildrop, entry: Entry): Promise<Buffer> {
  const slices: Uint8Array[] = [];
  for (let at = 0; at < entry.octets; ) {
    const slice = await maildrop.read(entry.number, at);
    if (slice.length === 0) throw new Error(`letter ${entry.uniqueId} ends at ${at} of ${entry.octets} octets`);
    slices.push(slice);
    at += slice.length;
  }
  return Buffer.concat(slices);
}

const inspector = { account: 'inspector', session: 'inspection', address: 'local' };
