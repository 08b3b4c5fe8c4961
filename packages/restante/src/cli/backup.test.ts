import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LmtpClient } from '../testing/lmtp-client.ts';
import { Pop3Client } from '../testing/pop3-client.ts';
import { RunningOffice, runVerb, temporaryFolder } from '../testing/running-office.ts';

async function deliver(office: RunningOffice, count: number): Promise<void> {
  const sender = await LmtpClient.connect(office.lmtp);
  const letter = (number: number) => ({ to: ['anna'], octets: Buffer.from(`Subject: ${number}\r\n\r\n${number}\r\n`) });
  for (const [reply] of await sender.sendAll(Array.from({ length: count }, (_, number) => letter(number)))) {
    assert.equal(reply?.code, 250);
  }
  await sender.quit();
}

async function mailbox(office: RunningOffice) {
  const client = await Pop3Client.connect(office.place('TLS'));
  await client.login('anna', 'secret');
  const ids = await client.uniqueIds();
  const sizes = await client.list();
  await client.quit();
  return { ids, sizes };
}

test('a backup of an open office, restored elsewhere, is the same office', async (t) => {
  const first = await RunningOffice.start({ data: temporaryFolder() });
  t.after(() => first.close());
  await first.addAccount('anna', 'secret');
  await deliver(first, 20);
  const before = await mailbox(first);
  const copy = join(temporaryFolder(), 'copy');
  const made = await first.verb(['backup', copy, '--json']);
  assert.equal(made.status, 0, made.stderr);
  assert.equal(JSON.parse(made.stdout).letters, 21);
  assert.equal(statSync(copy).mode & 0o777, 0o700);
  await deliver(first, 5);

  const again = await first.verb(['backup', temporaryFolder().replace(/[^/]+$/, '')]);
  assert.deepEqual([again.status, again.stdout], [1, '']);
  assert.match(again.stderr, /^restante: .* is not empty.*\n$/);
  const onTop = await first.verb(['restore', copy]);
  assert.match(onTop.stderr, /^restante: .*in use by process \d+.*\n$/);

  const data = join(temporaryFolder(), 'restored');
  const restored = await runVerb(['restore', copy, '--data', data]);
  assert.equal(restored.status, 0, restored.stderr);
  const second = await RunningOffice.start({ data });
  t.after(() => second.close());
  assert.deepEqual(await mailbox(second), before);
  assert.ok(!second.log.includes('first time'));
  assert.equal(readFileSync(second.certificate, 'utf8'), readFileSync(first.certificate, 'utf8'));
  await deliver(second, 5);
  const { ids } = await mailbox(second);
  const later = await mailbox(first);
  const fresh = [...ids.values()].slice(20);
  assert.ok(
    fresh.every((id) => ![...later.ids.values()].includes(id)),
    'no unique-id is given twice (P3-56)',
  );
});

test('a closed office is backed up too; a folder that is no backup is refused', async (t) => {
  const office = await RunningOffice.start({ data: temporaryFolder() });
  t.after(() => office.close());
  await office.stop();
  const copy = join(temporaryFolder(), 'copy');
  assert.equal((await office.verb(['backup', copy])).status, 0);
  const data = join(temporaryFolder(), 'new');
  const none = await runVerb(['restore', temporaryFolder(), '--data', data]);
  assert.match(none.stderr, /^restante: .* is no backup.*\n$/);
  const onTop = await office.verb(['restore', copy]);
  assert.match(onTop.stderr, /^restante: .*holds mail already.*\n$/);
  assert.equal((await runVerb(['restore', copy, '--data', data])).status, 0, 'and the failure left nothing behind');
});
