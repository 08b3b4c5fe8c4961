import type { DatabaseSync } from 'node:sqlite';
import type { Device, DeviceRow, NotedUse } from '../../../accounts/device.ts';
import { Statement } from './statement.ts';

type Row = [
  account: string,
  label: string,
  keyId: string,
  made: number,
  expires: number | null,
  used: number | null,
  address: string | null,
  over: string | null,
];

const columns = 'account, label, key_id, made, expires, used, address, over_what';

export class DeviceReads {
  readonly #byDigest: Statement<Row>;
  readonly #of: Statement<Row>;

  constructor(database: DatabaseSync) {
    this.#byDigest = new Statement(database, `SELECT ${columns} FROM devices WHERE digest = ?`);
    this.#of = new Statement(database, `SELECT ${columns} FROM devices WHERE account = ? ORDER BY label`);
  }

  byDigest(digest: string): Device | undefined {
    const row = this.#byDigest.get(digest);
    return row && device(row);
  }

  of(account: string): readonly Device[] {
    return this.#of.all(account).map(device);
  }
}

export class DeviceWrites {
  readonly #taken: Statement<[number]>;
  readonly #add: Statement<[]>;
  readonly #revoke: Statement<[]>;
  readonly #note: Statement<[]>;
  readonly #removeAllOf: Statement<[]>;

  constructor(database: DatabaseSync) {
    this.#taken = new Statement(database, 'SELECT 1 FROM devices WHERE account = ? AND label = ?');
    this.#add = new Statement(
      database,
      'INSERT INTO devices (digest, account, label, key_id, made, expires) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#revoke = new Statement(database, 'DELETE FROM devices WHERE account = ? AND label = ?');
    this.#note = new Statement(
      database,
      'UPDATE devices SET used = ?, address = ?, over_what = ? WHERE account = ? AND label = ?',
    );
    this.#removeAllOf = new Statement(database, 'DELETE FROM devices WHERE account = ?');
  }

  isTaken(account: string, label: string): boolean {
    return this.#taken.get(account, label) !== undefined;
  }

  add({ digest, account, label, keyId, made, expires }: DeviceRow): void {
    this.#add.run(digest, account, label, keyId, made, expires ?? null);
  }

  /** Answers whether there was one. */
  revoke(account: string, label: string): boolean {
    return this.#revoke.run(account, label) > 0;
  }

  note({ at, address, over, account, label }: NotedUse): void {
    this.#note.run(at, address, over, account, label);
  }

  removeAllOf(account: string): void {
    this.#removeAllOf.run(account);
  }
}

function device([account, label, keyId, made, expires, used, address, over]: Row): Device {
  return {
    account,
    label,
    keyId,
    made,
    ...(expires !== null && { expires }),
    ...(used !== null && { used: { at: used, address: address ?? '', over: over ?? '' } }),
  };
}
