import type { Account } from '../accounts/account.ts';
import {
  announcedDays,
  DAY,
  keptUntil,
  type PastRetention,
  type Retention,
  retentionOf,
} from '../accounts/retention.ts';
import type { OwnTerms } from './index/sqlite/accounts.ts';
import type { MaildropRow } from './index/sqlite/maildrops.ts';
import type { RetentionReads } from './index/sqlite/retention.ts';
import { actor } from './ledger/entry.ts';
import type { Turns } from './turns.ts';
import type { WriterLink } from './writer/link.ts';

export interface ExpiryRoom {
  readonly link: WriterLink;
  readonly settings: Retention;
  /** Reads what one look answers; throws a StoreError. */
  read<T>(look: (index: ExpiryReads) => T): T;
  readonly turns: Turns;
  now(): number;
}

export interface ExpiryReads {
  readonly retention: RetentionReads;
  /** The next accounts by name. */
  accounts(after: string, limit: number): readonly Account[];
  maildrop(name: string): MaildropRow | undefined;
  /** What accounts have of their own, each once. */
  terms(): readonly OwnTerms[];
}

/** Accounts of one look, and letters of one: the first is short, since most often none is due. */
const ACCOUNTS = 100;
const FIRST = 16;
const LETTERS = 1_000;

/** Who expunges letters whose time has come: the account, and this instead of a session. */
const EXPIRE = { session: 'expire', address: 'office' };

/** What the ledger says of it. */
const RETENTION = { kind: 'retention', end: '', parts: [], again: false } as const;

/**
 * Expunges the letters whose days are over (EXT-26): as if their owner had, so that they can be brought back for a while, and a session
 * that sees them goes on seeing them. In slices, with turns for others between.
 */
export async function expire(room: ExpiryRoom): Promise<number> {
  // Most offices remove nothing: they need not look at each account to know.
  const terms = room.read((index) => index.terms());
  if (terms.every((own) => announcedDays(retentionOf(own, room.settings)) === null)) return 0;
  let expired = 0;
  let last = '';
  for (;;) {
    const accounts = room.read((index) => index.accounts(last, ACCOUNTS));
    for (const account of accounts) {
      last = account.name;
      const retention = retentionOf(account.policy, room.settings);
      const { expire: days, expireFetched: daysFetched } = retention;
      const announced = announcedDays(retention);
      // With 0 a letter leaves at QUIT only.
      if (days !== null && days > 0) expired += await expireAged(room, account.name, days);
      if (announced !== null && daysFetched !== null && daysFetched > 0)
        expired += await expireFetched(room, account.name, daysFetched, announced);
    }
    if (accounts.length < ACCOUNTS) return expired;
    await room.turns.next();
  }
}

/** Letters come in the order of their ordinals: behind a slice of which none is due there is none, unless a clock stood wrong. */
async function expireAged(room: ExpiryRoom, name: string, days: number): Promise<number> {
  let expired = 0;
  let after = 0;
  for (let limit = FIRST; ; limit = LETTERS) {
    const found = room.read(({ maildrop, retention }) => {
      const row = maildrop(name);
      return row && { id: row.id, past: retention.past(row.id), letters: retention.aged(row.id, after, limit) };
    });
    if (found === undefined) return expired;
    const due = dueOf(found.letters, days, found.past, room.now());
    after = found.letters.at(-1)?.[0] ?? after;
    if (due.length > 0) {
      await expunge(room, name, found.id, due);
      expired += due.length;
    }
    if (due.length === 0 || found.letters.length < limit) return expired;
    await room.turns.next();
  }
}

/** Those whose days count from when they were fetched, but never before what is announced for every letter. */
async function expireFetched(room: ExpiryRoom, name: string, days: number, announced: number): Promise<number> {
  let expired = 0;
  let after: readonly [fetched: number, ordinal: number] = [Number.MIN_SAFE_INTEGER, 0];
  for (;;) {
    const now = room.now();
    const found = room.read(({ maildrop, retention }) => {
      const row = maildrop(name);
      const letters = row && retention.fetched(row.id, after, now - days * DAY, LETTERS);
      return row && letters && { id: row.id, past: retention.past(row.id), letters };
    });
    if (found === undefined) return expired;
    const due = dueOf(found.letters, announced, found.past, now);
    if (due.length > 0) await expunge(room, name, found.id, due);
    expired += due.length;
    const last = found.letters.at(-1);
    if (last === undefined || found.letters.length < LETTERS) return expired;
    after = [last[2], last[0]];
    await room.turns.next();
  }
}

async function expunge(room: ExpiryRoom, name: string, maildrop: number, due: readonly number[]): Promise<void> {
  const by = { account: name, ...EXPIRE };
  const ordinals = Float64Array.from(due);
  const time = room.now();
  const entry = { ...RETENTION, by: actor(by), began: time, ended: time };
  await room.link.order<'expunge'>({ type: 'expunge', maildrop, ordinals, time, by, entry });
}

function dueOf(
  letters: readonly (readonly [ordinal: number, arrived: number, ...rest: number[]])[],
  days: number,
  past: readonly PastRetention[],
  now: number,
): number[] {
  return letters.filter(([, arrived]) => keptUntil(arrived, days, past) <= now).map(([ordinal]) => ordinal);
}
