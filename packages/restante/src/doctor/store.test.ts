import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { readSettings } from '../config/read-settings.ts';
import { openData } from '../office/open-store.ts';
import { deliverWelcome } from '../serve/welcome-letter.ts';
import type { DurableStore } from '../store/store.ts';
import { examineRoutes } from './routes.ts';
import { examineStore } from './store.ts';

const root = mkdtempSync(join(tmpdir(), 'restante-doctor-store-'));
after(() => rmSync(root, { recursive: true }));

function settingsOf(text: string) {
  const read = readSettings({ text, folder: root });
  assert.ok(read.type === 'settings');
  return read.settings;
}

let folders = 0;
/** A store that was filled and closed. */
async function store(fill: (store: DurableStore) => Promise<unknown>): Promise<string> {
  const data = join(root, String(folders++));
  const opened = await openData({ data, settings: settingsOf('') });
  await fill(opened);
  await opened.close();
  return data;
}

function add(to: DurableStore, name: string, ...addresses: readonly string[]) {
  return to.add({
    name,
    addresses,
    passwordHash: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA',
  });
}

function levels(data: string): readonly string[] {
  const { findings, index } = examineStore(data, false);
  index?.close();
  return findings.map(({ level, what }) => `${level} ${what}`);
}

test('a store that is sound, looked at without a trace', async () => {
  const data = await store(async (opened) => {
    await add(opened, 'anna');
    await deliverWelcome(opened, 'anna', 'post.example');
  });
  const before = readdirSync(data).sort();
  assert.match(levels(data).join(), /^ok the store has version \d+,ok the index is sound$/);
  assert.deepEqual(readdirSync(data).sort(), before);
});

test('letters that are missing or cut short, an index that is damaged, newer, or of another program', async () => {
  const data = await store(async (opened) => {
    await add(opened, 'anna');
    await deliverWelcome(opened, 'anna', 'post.example');
  });
  const [segment = ''] = readdirSync(join(data, 'letters'));
  truncateSync(join(data, 'letters', segment), 10);
  assert.match(levels(data).join(), /error files of letters are missing or cut short: .*0+1\.segment/);

  const change = (text: string): void => {
    const database = new DatabaseSync(join(data, 'index.sqlite'));
    database.exec(text);
    database.close();
  };
  change('PRAGMA journal_mode = DELETE; PRAGMA user_version = 999');
  assert.match(levels(data).join(), /error the store has version 999; this program knows versions up to/);
  change('PRAGMA user_version = 1; PRAGMA application_id = 7');
  assert.match(levels(data).join(), /error .* is another program's/);
  truncateSync(join(data, 'index.sqlite'), 200);
  assert.match(levels(data).join(), /error/);
  assert.ok(existsSync(join(data, 'index.sqlite')));
});

test('routes: postmaster, addresses that lead elsewhere, aliases behind which nobody is', async () => {
  const data = await store(async (opened) => {
    await add(opened, 'anna', 'info@example.org');
    await add(opened, 'bert');
    await add(opened, 'carl');
    await opened.setDisabled('carl', true);
    await opened.putAlias({ address: 'bert@example.org', accounts: ['anna'] });
    await opened.putAlias({ address: 'help@example.org', accounts: ['carl'] });
    await opened.putAlias({ address: '@example.org', accounts: ['anna'] });
  });
  const told = async (text: string): Promise<string> => {
    const { index } = examineStore(data, false);
    assert.ok(index);
    const findings = await examineRoutes(index, settingsOf(text));
    index.close();
    return findings.map(({ level, what }) => `${level} ${what}`).join('\n');
  };
  const findings = await told('domains = ["example.org"]');
  assert.match(findings, /^ok mail for postmaster reaches anna$/m);
  assert.match(findings, /^warning mail for bert@example\.org goes to anna, and not to the account bert$/m);
  assert.match(findings, /^warning nobody behind the alias help@example\.org takes mail$/m);
  assert.equal(findings.split('\n').length, 3, findings);
  assert.match(
    await told('postmaster = "carl"'),
    /^error mail for postmaster reaches nobody: the account carl is disabled$/m,
  );
});

test('where there is no account nobody can have mail', async () => {
  const data = await store(async () => {});
  const { index } = examineStore(data, false);
  assert.ok(index);
  assert.deepEqual(
    (await examineRoutes(index, settingsOf(''))).map(({ level }) => level),
    ['warning'],
  );
  index.close();
});
