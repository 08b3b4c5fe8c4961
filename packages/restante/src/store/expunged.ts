import type { UndeleteChoice } from '@restante/pop/maildrop';
import type { DepartedReads, ExpungedRow } from './index/sqlite/departed.ts';
import type { MaildropRow } from './index/sqlite/maildrops.ts';
import type { Turns } from './turns.ts';

/** A letter that has left its maildrop and can be brought back. */
export interface ExpungedLetter {
  readonly uniqueId: string;
  readonly octets: number;
  /** Milliseconds since 1970; so is {@link expunged}. */
  readonly arrived: number;
  readonly expunged: number;
  /** Who expunged it, in which session, and from where. */
  readonly account: string;
  readonly session: string;
  readonly address: string;
}

export interface ExpungedLetters {
  readonly count: number;
  readonly octets: number;
  /** In the order in which they left: the first ten thousand. */
  readonly letters: readonly ExpungedLetter[];
}

/** Letters that are told of one by one. */
const LISTED = 10_000;
/** Rows of one look at the index. */
const SLICE = 1_000;

export interface ExpungedRoom {
  /** Reads what one look answers; throws a StoreError. */
  read<T>(look: (departed: DepartedReads) => T): T;
  readonly turns: Turns;
}

/** What an undelete with this choice would bring back now. */
export async function expungedLetters(
  { read, turns }: ExpungedRoom,
  { id, change }: MaildropRow,
  choice: Omit<UndeleteChoice, 'newUniqueIds'>,
): Promise<ExpungedLetters> {
  const wanted = choice.uniqueIds && new Set(choice.uniqueIds);
  const letters: ExpungedLetter[] = [];
  let count = 0;
  let octets = 0;
  let departed = 0;
  let ordinal = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const rows = read((reads) => reads.expunged(id, departed, ordinal, change, SLICE));
    for (const row of rows) {
      [departed, ordinal] = row;
      if (!fits(row, choice, wanted)) continue;
      count += 1;
      octets += row[5];
      if (letters.length < LISTED) letters.push(letterOf(row));
    }
    if (rows.length < SLICE) return { count, octets, letters };
    await turns.next();
  }
}

function fits(
  [, , left, restored, uniqueId, , , , session]: ExpungedRow,
  choice: UndeleteChoice,
  wanted: ReadonlySet<string> | undefined,
): boolean {
  if (restored === 1 || left < (choice.since ?? left)) return false;
  return (wanted?.has(uniqueId) ?? true) && session === (choice.session ?? session);
}

function letterOf([, , expunged, , uniqueId, octets, arrived, account, session, address]: ExpungedRow): ExpungedLetter {
  return { uniqueId, octets, arrived, expunged, account, session, address };
}
