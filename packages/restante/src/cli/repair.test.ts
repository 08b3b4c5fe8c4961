import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LmtpClient } from '../testing/lmtp-client.ts';
import { RunningOffice, runVerb, temporaryFolder } from '../testing/running-office.ts';

test('repair is refused by an open office, mends a closed one, and saves letters whose index is lost', async (t) => {
  const office = await RunningOffice.start({ data: temporaryFolder() });
  t.after(() => office.close());
  for (const name of ['anna', 'bert']) await office.addAccount(name, 'secret');
  const sender = await LmtpClient.connect(office.lmtp);
  for (let sent = 0; sent < 5; sent += 1) {
    const octets = Buffer.from(`Subject: ${sent}\r\n\r\n${'0123456789\r\n'.repeat(100)}`);
    await sender.sendAll([{ to: ['anna', 'bert'], octets }]);
  }
  await sender.quit();
  const open = await office.verb(['repair']);
  assert.equal(open.status, 1);
  assert.match(open.stderr, /^restante: the office has to be closed for this: .*\n$/);
  await office.stop();

  const data = ['--data', office.data];
  const nothing = await runVerb(['repair', ...data]);
  assert.deepEqual([nothing.status, nothing.stdout], [0, ''], nothing.stderr);
  const [name = ''] = readdirSync(join(office.data, 'letters')).slice(-1);
  const path = join(office.data, 'letters', name);
  const segment = readFileSync(path);
  segment[segment.length - 100] = 0;
  writeFileSync(path, segment);
  const not = await runVerb(['repair', ...data]);
  assert.equal(not.status, 3);
  assert.match(not.stdout, /^not mended: segment \d+ at \d+: the content is damaged\n$/);
  const aside = await runVerb(['repair', ...data, '--set-aside', join(office.data, 'damaged')]);
  assert.equal(aside.status, 0, aside.stderr);
  assert.equal(aside.stdout.match(/^set aside: maildrop (anna|bert), unique-id /gm)?.length, 2);
  assert.equal((await runVerb(['verify', ...data])).status, 0);

  rmSync(join(office.data, 'index.sqlite'));
  const lost = await runVerb(['repair', ...data]);
  assert.match(lost.stderr, /^restante: there is no index in .*--salvage DIR.*\n$/);
  const into = join(temporaryFolder(), 'saved');
  const saved = await runVerb(['repair', ...data, '--salvage', into]);
  assert.equal(saved.status, 0, saved.stderr);
  assert.match(saved.stderr, /^9 letters in .*\n1 damaged letter left out\.\n$/);
  assert.deepEqual(readdirSync(into).sort(), ['anna', 'bert', 'mail@localhost']);
  assert.equal(readdirSync(join(into, 'anna', 'new')).length, 4);

  const fresh = temporaryFolder();
  assert.equal((await runVerb(['account', 'add', 'anna', '--generate', '--data', fresh])).status, 0);
  const imported = await runVerb(['import', 'anna', '--maildir', join(into, 'anna'), '--data', fresh]);
  assert.equal(imported.status, 0, imported.stderr);
});
