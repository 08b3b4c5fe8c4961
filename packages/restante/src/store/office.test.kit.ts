import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Maildrop, Placed, StoreError } from '@restante/pop/maildrop';
import { type DurableStore, openStore, type StoreOptions } from './store.ts';

export const by = { account: 'anna', session: 's1', address: '192.0.2.1' };

/** A folder that is gone after the test. */
export function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'restante-store-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A store with these accounts, closed after the test. */
export async function office(
  t: TestContext,
  names: readonly string[],
  options: Partial<StoreOptions> = {},
): Promise<DurableStore> {
  const store = await reopen(t, options.data ?? folder(t), options);
  for (const name of names) await store.add({ name, addresses: [], passwordHash: '$none$' });
  return store;
}

/** A store as it is, closed after the test. */
export async function reopen(t: TestContext, data: string, options: Partial<StoreOptions> = {}): Promise<DurableStore> {
  const { limits, ...others } = options;
  const store = await openStore({ ...others, data, limits: { reserveFile: 0, ...limits } });
  // Tests' hooks run in the order of their making: the folder's comes first, so closing has to be forgiving.
  t.after(() => store.close().catch(() => undefined));
  return store;
}

export function traceOf(name: string): Buffer {
  return Buffer.from(`Delivered-To: ${name}\r\n`);
}

/** A letter of exactly so many octets, whose lines are numbered so that a misplaced octet shows. */
export function letterOf(octets: number, subject = 'x'): Buffer {
  const letter = Buffer.alloc(octets, 'the quick brown fox\r\n');
  letter.write(`Subject: ${subject}\r\n\r\n`);
  for (let at = 1_024; at + 16 < octets; at += 1_024) letter.write(`\r\n${at}\r\n`, at);
  letter.write('\r\n', octets - 2);
  return letter;
}

/** Delivers the letter, with trace fields for each, in pieces of 60,000 octets. */
export async function deliver(
  store: DurableStore,
  to: readonly string[],
  letter: Uint8Array | string,
): Promise<readonly (Placed | StoreError)[]> {
  const octets = Buffer.from(letter as string);
  const recipients = to.map((maildrop) => ({ maildrop, trace: traceOf(maildrop) }));
  const delivery = store.beginDelivery({ returnPath: '', recipients });
  try {
    for (let at = 0; at < octets.length; at += 60_000) await delivery.write(octets.subarray(at, at + 60_000));
  } catch {
    // Commit says it again.
  }
  return Promise.all(delivery.commit());
}

/** Delivers to one who is there, and answers where it was put. */
export async function place(store: DurableStore, to: string, letter: Uint8Array | string): Promise<Placed> {
  const [answer] = await deliver(store, [to], letter);
  if (!answer || answer instanceof Error) throw answer ?? new Error('no answer');
  return answer;
}

/** The letter, read in order to its end. */
export async function whole(maildrop: Maildrop, number: number): Promise<Buffer> {
  const slices: Uint8Array[] = [];
  for (let at = 0; ; ) {
    const slice = await maildrop.read(number, at);
    if (slice.length === 0) return Buffer.concat(slices);
    slices.push(slice);
    at += slice.length;
  }
}

/** All unique-ids, in order. */
export async function idsOf(store: DurableStore, name: string): Promise<string[]> {
  const maildrop = store.openMaildrop(name);
  const ids: string[] = [];
  while (ids.length < maildrop.count) {
    for (const { uniqueId } of await maildrop.entries(ids.length + 1, maildrop.count)) ids.push(uniqueId);
  }
  maildrop.close();
  return ids;
}

/** Removes these letters in a session of its own. */
export async function expunge(store: DurableStore, name: string, numbers: readonly number[]): Promise<void> {
  const maildrop = store.openMaildrop(name);
  await maildrop.expunge(numbers, by);
  maildrop.close();
}
