import { DatabaseSync } from 'node:sqlite';

/** The schema as version 1 was released with it. */
export const version1 = `
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
`;

/** Makes an index that version 1 could have written, of one that this program has written. */
export function asVersion1(written: string, made: string): void {
  const database = new DatabaseSync(made, { enableForeignKeyConstraints: false });
  database.exec(version1);
  database.prepare('ATTACH ? AS written').run(written);
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
  for (const { name } of tables.all()) {
    const columns = database.prepare('SELECT group_concat(name) AS names FROM pragma_table_info(?)').get(String(name));
    database.exec(`INSERT INTO ${name} (${columns?.['names']}) SELECT ${columns?.['names']} FROM written.${name}`);
  }
  database.exec(`PRAGMA application_id = ${0x72657374}; PRAGMA user_version = 1`);
  database.close();
}
