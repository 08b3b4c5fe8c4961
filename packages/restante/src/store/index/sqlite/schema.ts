import type { DatabaseSync } from 'node:sqlite';
import { StoreError } from '@restante/pop/maildrop';

/** 'rest' in ASCII: tells this database from any other SQLite file. */
const APPLICATION_ID = 0x72_65_73_74;

/**
 * One step each from a version to the next. A released step is never changed.
 *
 * - `placements` are clustered by (maildrop, departed, ordinal). What is present (`departed` = 0) lies together in the
 *   order of its message-numbers, so that a listing reads that and nothing else; what has left lies behind it in the order in which
 *   it left, so that a snapshot finds what left after it by one range, and a purge takes whole ranges. Expunging moves
 *   the row. No second index is kept.
 * - `departures` has a row for each step of an expunge, not for each letter: a placement's `departed` is the change
 *   number of its departure. `view` 0 is the maildrop itself; other views (a device's) will keep their own lists.
 * - `trace_distance` is how far in front of the content the trace fields begin. It is relative, so that moving a record
 *   changes one row of `contents` and no placement.
 * - `ascii_octets` is the size in ASCII mode of a letter that needed SMTPUTF8 (RFC 6856 §2.1), once there are such.
 * - `given_ids` has the unique-ids that another server had given. Ours are not in it, so that a delivery costs nothing for
 *   them: `listed_ids` says up to which arrival a maildrop's have been entered after all (see `given-ids.ts`).
 * - The ledger is clustered by maildrop, and has a row for each session and for a thousand letters of it, not for each
 *   letter: a row that is found by its unique-id would cost a page for each letter fetched, and another for each removed.
 *   Who asks for one letter has the parts of that one maildrop looked through, and no other's.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE maildrops (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given again: a session may still hold a removed one's
    name TEXT UNIQUE,              -- NULL while a removed one is being emptied
    epoch INTEGER NOT NULL,        -- for doors that must say when numbering began anew
    change INTEGER NOT NULL,       -- the last change number given
    ordinal INTEGER NOT NULL,      -- the last arrival ordinal given
    count INTEGER NOT NULL,
    octets INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE placements (
    maildrop INTEGER NOT NULL,
    departed INTEGER NOT NULL,     -- the change number at which it left, 0 while it is there
    ordinal INTEGER NOT NULL,
    arrived INTEGER NOT NULL,      -- the change number at which it came
    unique_id TEXT NOT NULL,
    octets INTEGER NOT NULL,       -- trace fields and content
    body INTEGER NOT NULL,
    dotted INTEGER NOT NULL,
    time INTEGER NOT NULL,         -- of arrival, milliseconds since 1970
    content INTEGER NOT NULL,
    trace_distance INTEGER NOT NULL,
    trace_octets INTEGER NOT NULL,
    trace_check INTEGER NOT NULL,
    restored INTEGER NOT NULL DEFAULT 0,  -- 1 once an undelete has made a new arrival of it
    ascii_octets INTEGER,
    PRIMARY KEY (maildrop, departed, ordinal)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE contents (
    id INTEGER PRIMARY KEY,
    segment INTEGER NOT NULL REFERENCES segments (number), -- so that none goes while a letter is in it
    offset INTEGER NOT NULL,       -- of the content's first octet in the segment
    traces INTEGER NOT NULL,       -- octets of all trace fields in front of it
    octets INTEGER NOT NULL,
    body INTEGER NOT NULL,
    dotted INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    checks BLOB NOT NULL,          -- a CRC-32 for each block, little-endian
    placements INTEGER NOT NULL    -- how many refer to it
  ) STRICT;
  CREATE INDEX contents_by_segment ON contents (segment, offset);
  CREATE INDEX contents_free ON contents (id) WHERE placements = 0;

  CREATE TABLE segments (
    number INTEGER PRIMARY KEY,
    octets INTEGER NOT NULL,       -- up to the end of the last committed record
    dead INTEGER NOT NULL,         -- of those, in records that nothing refers to
    damaged INTEGER NOT NULL DEFAULT 0  -- 1 once a record in it could not be moved: it stays where it is
  ) STRICT;

  CREATE TABLE departures (
    id INTEGER PRIMARY KEY,
    view INTEGER NOT NULL,
    maildrop INTEGER NOT NULL,
    change INTEGER NOT NULL,
    time INTEGER NOT NULL,
    letters INTEGER NOT NULL,
    octets INTEGER NOT NULL,
    account TEXT NOT NULL,
    session TEXT NOT NULL,
    address TEXT NOT NULL,
    UNIQUE (view, maildrop, change)
  ) STRICT;
  CREATE INDEX departures_by_time ON departures (time, id);

  CREATE TABLE accounts (
    name TEXT PRIMARY KEY,
    password_hash TEXT NOT NULL,
    credential_version INTEGER NOT NULL,
    disabled INTEGER NOT NULL,
    created INTEGER NOT NULL,
    place INTEGER NOT NULL UNIQUE  -- in the order of creation, whatever the clock said
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE addresses (
    address TEXT PRIMARY KEY,
    domain TEXT NOT NULL,
    account TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX addresses_by_domain ON addresses (domain);
  CREATE INDEX addresses_by_account ON addresses (account);

  CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE aliases (
    address TEXT NOT NULL,         -- '@domain' is the domain's catch-all
    place INTEGER NOT NULL,        -- in the order in which the accounts were given
    account TEXT NOT NULL,
    domain TEXT NOT NULL,
    PRIMARY KEY (address, place)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX aliases_by_domain ON aliases (domain);
  CREATE INDEX aliases_by_account ON aliases (account);

  CREATE TABLE imports (
    maildrop INTEGER NOT NULL,
    key BLOB NOT NULL,             -- SHA-256 of what makes it the same letter
    unique_id TEXT NOT NULL,       -- for who asks again when the letter has long left
    octets INTEGER NOT NULL,
    PRIMARY KEY (maildrop, key)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE given_ids (
    maildrop INTEGER NOT NULL,
    unique_id TEXT NOT NULL,
    PRIMARY KEY (maildrop, unique_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE listed_ids (
    maildrop INTEGER PRIMARY KEY,
    ordinal INTEGER NOT NULL,
    change INTEGER NOT NULL        -- the maildrop's when that ordinal was its last
  ) STRICT;
  `,
  `
  ALTER TABLE accounts ADD COLUMN policy TEXT NOT NULL DEFAULT '{}'; -- JSON, see accounts/policy.ts

  CREATE TABLE devices (
    digest TEXT PRIMARY KEY,       -- of account and password, under DATA/device-key
    account TEXT NOT NULL,
    label TEXT NOT NULL,
    key_id TEXT NOT NULL,          -- which key that was
    made INTEGER NOT NULL,
    expires INTEGER,
    used INTEGER,                  -- the last use, where it is known: written now and then
    address TEXT,
    over_what TEXT,
    UNIQUE (account, label)
  ) STRICT, WITHOUT ROWID;

  ALTER TABLE maildrops ADD COLUMN kept_octets INTEGER NOT NULL DEFAULT 0; -- of what has left and can be brought back
  UPDATE maildrops SET kept_octets = coalesce((SELECT sum(octets) FROM placements
    WHERE maildrop = maildrops.id AND departed > 0 AND restored = 0), 0);

  CREATE TABLE quota_levels (      -- of maildrops that have reached one
    maildrop INTEGER PRIMARY KEY,
    level INTEGER NOT NULL,        -- the highest that it has reached, in percent
    told INTEGER NOT NULL          -- the one that its owner was written about since it was last below; 0 for none
  ) STRICT;

  ALTER TABLE placements ADD COLUMN placed INTEGER; -- when an imported letter came here; NULL: at its time of arrival

  ALTER TABLE placements ADD COLUMN fetched INTEGER; -- when it was first retrieved, where days count from that
  CREATE INDEX placements_by_fetched ON placements (maildrop, fetched, ordinal) WHERE fetched IS NOT NULL AND departed = 0;

  CREATE TABLE past_retention (    -- what sessions were told before (EXPIRE), see accounts/retention.ts
    maildrop INTEGER NOT NULL,     -- 0: by the settings, to whoever has no own policy
    days INTEGER NOT NULL,         -- -1: that nothing is removed
    last INTEGER NOT NULL,         -- until when, milliseconds since 1970
    PRIMARY KEY (maildrop, days)
  ) STRICT, WITHOUT ROWID;

  CREATE INDEX accounts_by_terms ON accounts (coalesce(policy -> '$.expire', '') || ',' ||
    coalesce(policy -> '$.expireFetched', '') || ',' || coalesce(policy -> '$.loginDelay', ''));
  CREATE TABLE ledger (
    maildrop INTEGER NOT NULL,
    id INTEGER NOT NULL,           -- grows within the maildrop
    kind TEXT NOT NULL,            -- see ledger/entry.ts, for all that follows
    began INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    "end" TEXT NOT NULL,
    octets INTEGER NOT NULL,
    retrieved INTEGER NOT NULL,
    viewed INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    restored INTEGER NOT NULL,
    destroyed INTEGER NOT NULL,
    change INTEGER NOT NULL,
    account TEXT NOT NULL,
    session TEXT NOT NULL,
    login TEXT NOT NULL,
    device TEXT NOT NULL,
    mechanism TEXT NOT NULL,
    address TEXT NOT NULL,
    tls TEXT NOT NULL,
    cipher TEXT NOT NULL,
    PRIMARY KEY (maildrop, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX ledger_by_time ON ledger (ended);

  CREATE TABLE ledger_letters (
    maildrop INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    part INTEGER NOT NULL,
    deed TEXT NOT NULL,
    change INTEGER NOT NULL,       -- at which they left, 0 where they did not
    letters TEXT NOT NULL,         -- up to 1,000, see ledger/part.ts
    PRIMARY KEY (maildrop, entry, part)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE ledger_polls (
    maildrop INTEGER NOT NULL,
    hour INTEGER NOT NULL,         -- when it began
    address TEXT NOT NULL,
    sessions INTEGER NOT NULL,
    PRIMARY KEY (maildrop, hour, address)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX ledger_polls_by_time ON ledger_polls (hour);
  `,
];

export const schemaVersion = migrations.length;

/** Brings the index to this program's version in one transaction; refuses one that a newer program has written. */
export function migrate(database: DatabaseSync, path: string, refuseNew?: () => void): void {
  const found = refuseForeign(database, path);
  if (found === 0) refuseNew?.();
  if (found === schemaVersion) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const step of migrations.slice(found)) database.exec(step);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${schemaVersion}`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Refuses what another program, or a newer version of this one, has written. Answers the version, 0 for an empty file. */
export function refuseForeign(database: DatabaseSync, path: string): number {
  const found = pragma(database, 'user_version');
  const application = pragma(database, 'application_id');
  if (found > schemaVersion) {
    throw new StoreError(
      'permanent',
      `${path} has version ${found}, and this program knows versions up to ${schemaVersion}: use the newer program that wrote it, or restore an older backup`,
    );
  }
  const tables = Number(database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.['tables']);
  if (found === 0 ? tables > 0 : application !== APPLICATION_ID) {
    throw new StoreError('permanent', `${path} is a database of another program: choose another data folder`);
  }
  return found;
}

function pragma(database: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
}
