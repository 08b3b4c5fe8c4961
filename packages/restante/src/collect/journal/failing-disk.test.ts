import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { MAILBOX, program, transaction, transactionsIn } from './crash.test.kit.ts';
import { journalPath } from './file-name.ts';
import { openJournal } from './open.ts';
import { SqliteJournal } from './sqlite-journal.ts';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'restante-journal-disk-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test('a journal with no room left says so, keeps what was durable, and takes nothing more until it is opened again', (t) => {
  const path = folder(t);
  openJournal(path, MAILBOX).close();
  const database = new DatabaseSync(journalPath(path, MAILBOX));
  // SQLite's own word for a full disk, SQLITE_FULL.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA max_page_count = 12');
  const journal = new SqliteJournal('anna.journal', database);
  const full = {
    name: 'Failure',
    message: /anna\.journal could not be written: no space left on the disk\..*make room/,
  };
  let number = 0;
  const writeUntilFull = () => {
    for (;;) {
      journal.write(transaction(number + 1), { lastListed: number + 1 });
      number += 1;
    }
  };
  assert.throws(writeUntilFull, full);
  assert.ok(number > 20, `${number} transactions`);
  assert.equal(transactionsIn(journal), number, 'what did not come to be written is not believed');
  assert.throws(() => journal.write([], { failures: 1 }), full, 'nothing may go on');
  journal.close();

  const again = openJournal(path, MAILBOX);
  t.after(() => again.close());
  assert.equal(transactionsIn(again), number);
  again.write(transaction(number + 1), { lastListed: number + 1 });
});

test('a write that the system refuses is a Failure, and what was durable before is there', (t) => {
  const path = folder(t);
  // The shell lets no file become larger than this: write(2) fails with EFBIG.
  const limited = `trap '' XFSZ; ulimit -f 80; exec "$0" "$@"`;
  const { stdout, stderr, status } = spawnSync('bash', ['-c', limited, process.execPath, program, path, '1000000'], {
    encoding: 'utf8',
  });
  assert.equal(status, 1, stderr);
  assert.match(stderr, /\[?Failure.*journal could not be written or read: disk I\/O error/s);
  const durable = stdout.trim().split('\n').length;
  assert.ok(durable > 3);
  const journal = openJournal(path, MAILBOX);
  t.after(() => journal.close());
  assert.equal(transactionsIn(journal), durable);
});

test('a journal that may only be read is not opened', (t) => {
  const path = folder(t);
  openJournal(path, MAILBOX).close();
  const file = journalPath(path, MAILBOX);
  const before = readFileSync(file);
  const database = new DatabaseSync(file, { readOnly: true });
  const journal = new SqliteJournal('anna.journal', database);
  assert.throws(() => journal.write([], { failures: 1 }), {
    name: 'Failure',
    message: /anna\.journal could not be written or read: /,
  });
  journal.close();
  assert.deepEqual(readFileSync(file), before);
});
