import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { journalPath } from './file-name.ts';
import type { Change, Journal } from './journal.ts';
import { memoryJournal, openJournal } from './open.ts';

const MAILBOX = 'Anna@pop.example.org:995';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'restante-journal-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return join(path, 'collect');
}

function listed(key: string): Change {
  return { type: 'listed', key, uniqueId: key, declaredOctets: undefined, at: 1 };
}

function keptWhole(key: string): Change[] {
  return [
    listed(key),
    { type: 'fetching', key },
    {
      type: 'staged',
      key,
      octets: 99,
      sha256: 'a1'.repeat(32),
      fingerprint: 'f',
      headersOnly: false,
      place: 'new/1',
      destination: 'maildir:/m',
    },
    { type: 'kept', key, at: 2 },
  ];
}

test('what is written is there when the journal is opened again', (t) => {
  const path = folder(t);
  const journal = openJournal(path, MAILBOX);
  journal.write([listed('u1'), listed('u2'), { ...listed('shared#1'), uniqueId: undefined } as Change], {
    begun: 5,
    destination: 'maildir:/m',
    doubted: 6,
    lastListed: 7,
    pipeliningDistrusted: true,
    lastLogin: 8,
    failures: 9,
    notBefore: 10,
  });
  journal.write([...keptWhole('u3'), { type: 'rebound', key: 'u2', to: 'u4', uniqueId: 'u4' }]);
  journal.write([{ type: 'gone', key: 'u1', at: 3 }]);
  journal.write([{ type: 'forgotten', key: 'u1' }], { doubted: undefined });
  const letters = new Map([...journal.letters()].map((letter) => [letter.key, letter]));
  const { facts } = journal;
  journal.close();

  const again = openJournal(path, MAILBOX);
  t.after(() => again.close());
  assert.deepEqual([...letters.keys()].sort(), ['shared#1', 'u3', 'u4']);
  assert.deepEqual(new Map([...again.letters()].map((letter) => [letter.key, letter])), letters);
  assert.deepEqual(again.letter('u3'), letters.get('u3'));
  assert.equal(again.letter('u1'), undefined);
  assert.deepEqual(again.facts, facts);
  assert.deepEqual([facts.doubted, facts.notBefore], [undefined, 10]);
});

test('what a server says of sizes and waiting is kept as far as it can be true', (t) => {
  const path = folder(t);
  const journal = openJournal(path, MAILBOX);
  journal.write(
    [
      { type: 'listed', key: 'u1', uniqueId: 'u1', declaredOctets: 1e20, at: 1.5 },
      { type: 'failed', key: 'u1', why: '', givenUp: false, counts: false, notBefore: 1e300 },
    ],
    { notBefore: 1e17, lastLogin: 2.25 },
  );
  const { facts } = journal;
  const record = journal.letter('u1');
  assert.deepEqual([record?.declaredOctets, record?.listed, record?.notBefore], [undefined, 2, 8.64e15]);
  assert.deepEqual([facts.notBefore, facts.lastLogin], [8.64e15, 2]);
  journal.close();
  const again = openJournal(path, MAILBOX);
  t.after(() => again.close());
  assert.deepEqual(again.letter('u1'), record);
  assert.deepEqual(again.facts, facts);
});

test('changes are written all or none: one that cannot be leaves nothing behind', (t) => {
  const path = folder(t);
  const journal = openJournal(path, MAILBOX);
  journal.write([listed('u1')]);
  assert.throws(
    () =>
      journal.write([listed('u2'), { type: 'fetching', key: 'u1' }, { type: 'kept', key: 'u1', at: 1 }], { begun: 1 }),
    { name: 'ImpossibleChange', message: /kept cannot become true of "u1": it is fetching/ },
  );
  assert.throws(() => journal.write([listed('u2'), { type: 'rebound', key: 'u2', to: 'u1', uniqueId: 'u1' }]), {
    name: 'ImpossibleChange',
  });
  assert.deepEqual(
    [...journal.letters()].map(({ key, state }) => [key, state]),
    [['u1', 'listed']],
  );
  assert.equal(journal.facts.begun, undefined);
  // A mistake of the program, not of the journal: it goes on.
  journal.write([listed('u2')]);
  journal.close();
  const again = openJournal(path, MAILBOX);
  t.after(() => again.close());
  assert.deepEqual(
    [...again.letters()].map(({ key }) => key),
    ['u1', 'u2'],
  );
});

test('a letter that is forgotten, rebound and heard of again in one transaction is there once', (t) => {
  const path = folder(t);
  const journal = openJournal(path, MAILBOX);
  journal.write([listed('u1'), listed('u2'), { type: 'gone', key: 'u2', at: 1 }]);
  journal.write([
    { type: 'forgotten', key: 'u2' },
    { type: 'rebound', key: 'u1', to: 'u2', uniqueId: 'u2' },
    listed('u1'),
  ]);
  journal.close();
  const again = openJournal(path, MAILBOX);
  t.after(() => again.close());
  assert.deepEqual([...again.letters()].map(({ key, uniqueId }) => [key, uniqueId]).sort(), [
    ['u1', 'u1'],
    ['u2', 'u2'],
  ]);
});

test('folder and files are for the owner alone; a folder that somebody has given is left as it is', (t) => {
  const path = folder(t);
  const journal = openJournal(path, MAILBOX);
  journal.write([listed('u1')]);
  assert.equal(statSync(path).mode & 0o777, 0o700);
  assert.ok(readdirSync(path).length >= 2, 'the log and who has it lie beside it');
  for (const name of readdirSync(path)) assert.equal(statSync(join(path, name)).mode & 0o777, 0o600, name);
  journal.close();
  assert.deepEqual(readdirSync(path), ['%41nna@pop.example.org%3a995.journal']);

  chmodSync(journalPath(path, MAILBOX), 0o644);
  chmodSync(path, 0o750);
  openJournal(path, MAILBOX).close();
  assert.equal(statSync(journalPath(path, MAILBOX)).mode & 0o777, 0o600, 'one that comes from a backup');
  assert.equal(statSync(path).mode & 0o777, 0o750);
});

test('a journal is open once; whoever comes second is told who has it', (t) => {
  const path = folder(t);
  const journal = openJournal(path, MAILBOX);
  t.after(() => journal.close());
  assert.throws(() => openJournal(path, MAILBOX), {
    name: 'Failure',
    message: new RegExp(`is in use by process ${process.pid}, .*kill ${process.pid}`),
  });
  journal.write([listed('u1')]);
  openJournal(path, 'bert@pop.example.org:995').close();
  // Opening and closing a file frees the locks that the process has on it, where nobody sees to that.
  const open = new URL(`./open${extname(import.meta.url)}`, import.meta.url).href;
  const program = `const { openJournal } = await import(${JSON.stringify(open)});
    openJournal(${JSON.stringify(path)}, ${JSON.stringify(MAILBOX)});`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  });
  assert.notEqual(status, 0);
  assert.match(stderr, new RegExp(`is in use by process ${process.pid}`));
});

test('another process has it until it dies, however it dies; a pid that is left behind is not believed', async (t) => {
  const path = folder(t);
  const open = new URL(`./open${extname(import.meta.url)}`, import.meta.url).href;
  const program = `const { openJournal } = await import(${JSON.stringify(open)});
    openJournal(${JSON.stringify(path)}, ${JSON.stringify(MAILBOX)});
    console.log('open');
    setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  assert.throws(() => openJournal(path, MAILBOX), { name: 'Failure', message: new RegExp(`process ${child.pid},`) });
  child.kill('SIGKILL');
  await once(child, 'exit');
  const pidFile = `${journalPath(path, MAILBOX)}.pid`;
  assert.equal(readFileSync(pidFile, 'latin1'), `${child.pid}\n`);
  const journal = openJournal(path, MAILBOX);
  t.after(() => journal.close());
  writeFileSync(pidFile, `${child.pid}\n`);
  assert.throws(() => openJournal(path, MAILBOX), /is in use by another process/);
});

test('of several that come at the same moment one has it, also where it has to be made', async (t) => {
  const path = folder(t);
  const open = new URL(`./open${extname(import.meta.url)}`, import.meta.url).href;
  const program = `const { openJournal } = await import(${JSON.stringify(open)});
    console.log('here');
    process.stdin.once('data', () => {
      try {
        openJournal(${JSON.stringify(path)}, ${JSON.stringify(MAILBOX)});
        console.log('has it');
      } catch (error) {
        console.log(error.message);
      }
    });`;
  const children = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  t.after(() => {
    for (const child of children) child.kill('SIGKILL');
  });
  await Promise.all(children.map(({ stdout }) => once(stdout, 'data')));
  const said = children.map(({ stdout }) => once(stdout, 'data'));
  for (const { stdin } of children) stdin.write('now');
  const answers = (await Promise.all(said)).map(String);
  assert.equal(answers.filter((answer) => answer === 'has it\n').length, 1, answers.join(''));
  assert.equal(answers.filter((answer) => answer.includes('is in use by')).length, 3, answers.join(''));
});

test('a journal that is damaged is said to be so, with the remedy, and left as it is', (t) => {
  const path = folder(t);
  const file = journalPath(path, MAILBOX);
  const journal = openJournal(path, MAILBOX);
  journal.write(Array.from({ length: 500 }, (_, number) => listed(`u${number}`)));
  journal.close();
  const whole = readFileSync(file);
  const damages: Record<string, () => void> = {
    'no database at all': () => writeFileSync(file, 'Dear Anna,\n'.repeat(500)),
    'cut short': () => truncateSync(file, 12_288),
    emptied: () => truncateSync(file, 0),
    'pages overwritten': () =>
      writeFileSync(file, Buffer.concat([whole.subarray(0, 8192), Buffer.alloc(whole.length - 8192, 0x5a)])),
    'a row of ours no more': () => {
      const database = new DatabaseSync(file);
      database.exec("UPDATE letters SET state = 'kapt' WHERE id = 7");
      database.close();
    },
    'a letter twice': () => {
      const database = new DatabaseSync(file);
      database.exec("UPDATE letters SET key = 'u3' WHERE id = 7");
      database.close();
    },
    'of no maildrop': () => {
      const database = new DatabaseSync(file);
      database.exec('DELETE FROM mailbox');
      database.close();
    },
  };
  for (const [name, damage] of Object.entries(damages)) {
    writeFileSync(file, whole);
    damage();
    const before = readFileSync(file);
    assert.throws(
      () => openJournal(path, MAILBOX),
      (error: Error) => {
        assert.equal(error.name, 'Failure', name);
        assert.match(
          error.message,
          /is damaged \(.*\), and has been left as it is\. .*from a backup.*--mark-existing/,
          name,
        );
        return true;
      },
    );
    assert.deepEqual(readFileSync(file), before, name);
  }
  writeFileSync(file, whole);
  openJournal(path, MAILBOX).close();
});

test('a quiet listing ends with whatever is written of a letter, or of what plans go by', (t) => {
  const path = folder(t);
  const ends: Record<string, (journal: Journal) => void> = {
    'a new letter': (journal) => journal.write([listed('u3')]),
    'a letter that is known': (journal) => journal.write([{ type: 'fetching', key: 'u2' }]),
    'a letter that leaves': (journal) => journal.write([{ type: 'gone', key: 'u1', at: 3 }]),
    'a letter, and the fact with it': (journal) => journal.write([listed('u4')], { quiet: 'still' }),
    destination: (journal) => journal.write([], { destination: 'mbox:/m' }),
    doubt: (journal) => journal.write([], { doubted: 7 }),
  };
  const first = openJournal(path, MAILBOX);
  first.write([...keptWhole('u1'), listed('u2')], { destination: 'maildir:/m', begun: 5 });
  first.close();
  for (const [name, end] of Object.entries(ends)) {
    const journal = openJournal(path, MAILBOX);
    journal.write([], { quiet: 'so it is', lastListed: 2 });
    journal.write([], { lastLogin: Date.now(), failures: 2, notBefore: 3 });
    journal.write([listed('u2')]);
    assert.equal(journal.facts.quiet, 'so it is', name);
    journal.close();
    const again = openJournal(path, MAILBOX);
    assert.equal(again.facts.quiet, 'so it is', name);
    end(again);
    assert.equal(again.facts.quiet, undefined, name);
    again.close();
    const last = openJournal(path, MAILBOX);
    assert.equal(last.facts.quiet, undefined, name);
    last.close();
  }
});

test('damage that a quiet listing hid is found as soon as a letter is looked at, and nothing is written then', (t) => {
  const path = folder(t);
  const journal = openJournal(path, MAILBOX);
  journal.write([listed('u1'), listed('u2')]);
  journal.write([], { quiet: 'so it is' });
  journal.close();
  const database = new DatabaseSync(journalPath(path, MAILBOX));
  database.exec("UPDATE letters SET state = 'kapt' WHERE id = 1");
  database.close();
  const looks: ((journal: Journal) => unknown)[] = [
    (again) => [...again.letters()],
    (again) => again.letter('u2'),
    (again) => again.write([listed('u3')]),
  ];
  for (const look of looks) {
    const again = openJournal(path, MAILBOX);
    for (const _ of ['first', 'second']) {
      assert.throws(
        () => look(again),
        (error: Error) => error.name === 'Failure' && /is damaged \(.*\).*from a backup/.test(error.message),
      );
    }
    assert.throws(() => again.write([], { failures: 1 }), /is damaged/);
    again.close();
  }
});

test('a log without its journal is not written into a new one', (t) => {
  const path = folder(t);
  const file = journalPath(path, MAILBOX);
  const journal = openJournal(path, MAILBOX);
  journal.write(keptWhole('u1'));
  copyFileSync(`${file}-wal`, `${file}.log`);
  journal.close();
  renameSync(file, `${file}.moved`);
  renameSync(`${file}.log`, `${file}-wal`);
  assert.throws(() => openJournal(path, MAILBOX), /it is missing, and its log is there/);
  assert.equal(existsSync(file), false);
});

test('a database of another program, of a newer version, or of another maildrop is refused and left alone', (t) => {
  const path = folder(t);
  const file = journalPath(path, MAILBOX);
  openJournal(path, MAILBOX).close();
  renameSync(file, journalPath(path, 'bert@pop.example.org:995'));
  assert.throws(
    () => openJournal(path, 'bert@pop.example.org:995'),
    /is the journal of Anna@pop\.example\.org:995, not of bert@/,
  );

  const foreign = new DatabaseSync(file);
  foreign.exec('CREATE TABLE moz_places (id)');
  foreign.close();
  assert.throws(() => openJournal(path, MAILBOX), /is a database of another program/);

  rmSync(file);
  openJournal(path, MAILBOX).close();
  const newer = new DatabaseSync(file);
  newer.exec('PRAGMA user_version = 1000');
  newer.close();
  assert.throws(() => openJournal(path, MAILBOX), /newer version of this program \(1000, /);
});

test('a folder that cannot be is said in words', (t) => {
  const path = folder(t);
  writeFileSync(path, 'a file');
  assert.throws(() => openJournal(path, MAILBOX), { name: 'Failure', message: /not a directory|is no folder/ });
  assert.throws(() => openJournal('/proc/collect', MAILBOX), {
    name: 'Failure',
    message: /no such file|not permitted|permission/,
  });
});

test('a journal in memory does as one in a file', () => {
  const journal = memoryJournal();
  journal.write(keptWhole('u1'), { begun: 1 });
  assert.equal(journal.letter('u1')?.state, 'kept');
  assert.equal(journal.facts.begun, 1);
  journal.close();
  journal.close();
  assert.throws(() => journal.write([]), /is closed/);
});
