import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

/** Gives an index its office's number, once: all backups of the office have it, and those of another have another. */
export function nameOffice(database: DatabaseSync): void {
  if (officeNumber(database) !== undefined) return;
  // 52 bits, which a number holds exactly.
  const number = randomBytes(7).readUIntBE(0, 6) * 16 + 1;
  database.prepare("INSERT OR IGNORE INTO counters (name, value) VALUES ('office', ?)").run(number);
}

/** The number of the office that this index, or its backup, is of; undefined when an early program wrote it. */
export function officeNumber(database: DatabaseSync): number | undefined {
  const value = database.prepare("SELECT value FROM counters WHERE name = 'office'").get()?.['value'];
  return value === undefined ? undefined : Number(value);
}
