import type { DatabaseSync } from 'node:sqlite';
import { type Delivery, type MaybePromise, StoreError } from '@restante/pop/maildrop';
import { type DeliveryRoom, IncomingLetter } from './delivery.ts';
import type { ImportedLetter } from './import.ts';
import { ImportLine } from './import-line.ts';
import { GivenIdReads } from './index/sqlite/given-ids.ts';
import { digestOf, ImportReads } from './index/sqlite/imports.ts';
import type { MaildropReads } from './index/sqlite/maildrops.ts';
import { isLikeOurs, isUniqueId } from './unique-ids.ts';
import { storeErrorOf } from './writer/failure.ts';

/** Keys or unique-ids of one question. */
const MOST = 1_000;

/** Takes in what was kept elsewhere before. */
export class ImportDesk {
  readonly #maildrops: MaildropReads;
  readonly #imports: ImportReads;
  readonly #givenIds: GivenIdReads;
  readonly #room: DeliveryRoom;
  readonly #line = new ImportLine();

  constructor(database: DatabaseSync, maildrops: MaildropReads, room: DeliveryRoom) {
    this.#maildrops = maildrops;
    this.#imports = new ImportReads(database);
    this.#givenIds = new GivenIdReads(database);
    this.#room = room;
  }

  imported(maildrop: string, keys: readonly string[]): Set<string> {
    return this.#imports.known(this.#idOf(maildrop), atMost(keys));
  }

  givenUniqueIds(maildrop: string, uniqueIds: readonly string[]): MaybePromise<Set<string>> {
    const id = this.#idOf(maildrop);
    atMost(uniqueIds);
    if (!uniqueIds.some(isLikeOurs)) return this.#givenIds.given(id, uniqueIds);
    return this.#listIds(maildrop)
      .then(() => this.#givenIds.given(id, uniqueIds), rethrow)
      .catch(rethrow);
  }

  begin({ maildrop, arrived, uniqueId, key }: ImportedLetter): Delivery {
    // A file's time may have a fraction.
    const time = Math.trunc(arrived);
    // Before the letter: those of several that come at once are listed together.
    const listed = uniqueId !== undefined && isLikeOurs(uniqueId) ? this.#listIds(maildrop) : undefined;
    // Whether it failed is seen at commit.
    listed?.catch(() => undefined);
    const turn = async () => {
      const end = await this.#line.take(maildrop);
      try {
        if (uniqueId !== undefined && !isUniqueId(uniqueId)) throw noUniqueId(uniqueId);
        if (!Number.isSafeInteger(time)) throw new StoreError('permanent', `${arrived} is no time of arrival`);
        await listed;
        return end;
      } catch (error) {
        end();
        throw error;
      }
    };
    const envelope = { returnPath: '', recipients: [{ maildrop, trace: new Uint8Array(0) }] };
    return new IncomingLetter(this.#room, envelope, {
      import: {
        digest: digestOf(key),
        given: uniqueId !== undefined,
        uniqueId: uniqueId ?? this.#room.uniqueId(),
        arrived: time,
        turn,
      },
    });
  }

  #listIds(maildrop: string): Promise<undefined> {
    return this.#room.link.order<'list-ids'>({ type: 'list-ids', name: maildrop });
  }

  #idOf(maildrop: string): number {
    const row = this.#maildrops.byName(maildrop);
    if (!row) throw new StoreError('no-maildrop', `there is no maildrop ${JSON.stringify(maildrop)}`);
    return row.id;
  }
}

function atMost<T>(all: readonly T[]): readonly T[] {
  if (all.length > MOST) throw new RangeError(`${all.length} at once, where ${MOST} are the most`);
  return all;
}

function noUniqueId(uniqueId: string): StoreError {
  return new StoreError(
    'permanent',
    `${JSON.stringify(uniqueId.slice(0, 100))} cannot be a unique-id: those are 1 to 70 characters of ASCII without spaces`,
  );
}

function rethrow(error: unknown): never {
  throw storeErrorOf(error);
}
