import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { LmtpClient } from '../testing/lmtp-client.ts';
import { Pop3Client } from '../testing/pop3-client.ts';
import { readMetrics } from '../testing/read-metrics.ts';
import { RunningOffice, temporaryFolder } from '../testing/running-office.ts';

const LETTER = Buffer.from('Subject: one\r\n\r\n1\r\n');

async function office(): Promise<RunningOffice> {
  const office = await RunningOffice.start({ data: temporaryFolder(), more: ['--metrics', '127.0.0.1:0'] });
  await office.addAccount('anna', 'secret');
  return office;
}

async function workDay(at: RunningOffice): Promise<void> {
  const sender = await LmtpClient.connect(at.lmtp);
  await sender.send({ to: ['anna'], octets: LETTER });
  await sender.send({ to: ['anna'], octets: Buffer.from('Subject: nul\r\n\r\n\0\r\n') });
  await assert.rejects(sender.begin('', ['nobody-of-this-name']));
  await sender.quit();
  for (const password of ['secret', 'wrong', 'secret']) {
    const client = await Pop3Client.connect(at.place('plain'));
    const login = client.login('anna', password);
    if (password === 'wrong') await assert.rejects(login);
    else await login;
    await client.command('XYZZY anna').catch(() => {});
    if (password === 'secret') await client.retrieve(1);
    await client.quit();
  }
}

test('all that happened is counted, once', async (t) => {
  const at = await office();
  t.after(() => at.close());
  await workDay(at);
  const idle = await Pop3Client.connect(at.place('TLS'));
  const metrics = await readMetrics(at.health);
  const expected: Record<string, number> = {
    restante_ready: 1,
    'restante_sessions_open{protocol="pop3"}': 1,
    'restante_sessions_total{protocol="pop3",end="quit"}': 2,
    'restante_sessions_total{protocol="pop3",end="quit-unauthenticated"}': 1,
    'restante_sessions_total{protocol="lmtp",end="quit"}': 1,
    'restante_logins_total{outcome="verified"}': 1,
    'restante_logins_total{outcome="cached"}': 1,
    'restante_logins_total{outcome="wrong-password"}': 1,
    restante_login_seconds_count: 2,
    'restante_commands_total{protocol="pop3",command="RETR",outcome="ok"}': 2,
    'restante_commands_total{protocol="pop3",command="PASS",outcome="err"}': 1,
    'restante_commands_total{protocol="pop3",command="other",outcome="err"}': 3,
    'restante_commands_total{protocol="lmtp",command="RCPT",outcome="permanent"}': 1,
    'restante_command_seconds_count{protocol="pop3",command="RETR"}': 2,
    'restante_deliveries_total{protocol="lmtp",outcome="placed"}': 1,
    'restante_deliveries_total{protocol="lmtp",outcome="nul"}': 1,
    'restante_letters_received_total{protocol="lmtp"}': 1,
    'restante_letters_received_bytes_total{protocol="lmtp"}': LETTER.length,
    restante_letters_retrieved_total: 2,
    restante_letters_deleted_total: 0,
    'restante_recipients_refused_total{protocol="lmtp"}': 1,
    restante_delivery_seconds_count: 1,
    // The letter that waits for the first account, and ours.
    restante_commit_letters_sum: 2,
    restante_accounts: 2,
    restante_maildrop_letters: 2,
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(metrics.get(name), value, name);
  const positive = [
    'restante_disk_free_bytes',
    'restante_disk_reserve_bytes',
    'restante_store_segments',
    'restante_store_bytes{state="live"}',
    'restante_commit_seconds_sum',
    'restante_received_bytes_total{protocol="pop3"}',
    'restante_sent_bytes_total{protocol="lmtp"}',
    'restante_event_loop_delay_seconds{thread="network",percentile="99"}',
    'process_cpu_seconds_total',
  ];
  for (const name of positive) assert.ok((metrics.get(name) ?? -1) >= 0, name);
  const ends = metrics.get('restante_certificate_end_timestamp_seconds') ?? 0;
  assert.ok(ends * 1000 > Date.now() && Number.isInteger(ends));
  await idle.quit();
});

test('nothing in it tells of an account, an address, a peer or a word of theirs', async (t) => {
  const at = await office();
  t.after(() => at.close());
  await workDay(at);
  const text = await (await fetch(`${at.health}/metrics`)).text();
  for (const word of ['anna', 'nobody', 'XYZZY', '127.0.0.1', 'localhost', at.data]) {
    assert.ok(!text.includes(word), word);
  }
});

test('it is ready while it is open, and gone when it is closed', async () => {
  const at = await office();
  const client = await Pop3Client.connect(at.place('plain'));
  await client.login('anna', 'secret');
  assert.equal((await fetch(`${at.health}/readyz`)).status, 200);
  await client.quit();
  await at.close();
  await assert.rejects(fetch(`${at.health}/healthz`));
});

test('every metric that docs/operations.md names is there', async (t) => {
  const at = await office();
  t.after(() => at.close());
  await workDay(at);
  const names = new Set([...(await readMetrics(at.health)).keys()].map((series) => series.replace(/\{.*/, '')));
  const page = readFileSync(new URL('../../../../docs/operations.md', import.meta.url), 'utf8');
  const named = new Set(page.match(/\b(?:restante|process|nodejs)_[a-z0-9_]+/g));
  assert.ok(named.size > 10);
  for (const name of named) assert.ok(names.has(name) || names.has(`${name}_count`), name);
});
