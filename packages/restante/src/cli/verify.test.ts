import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LmtpClient } from '../testing/lmtp-client.ts';
import { RunningOffice, runVerb, temporaryFolder } from '../testing/running-office.ts';

test('verify looks through an office, open and closed, and says whom a damage hits', async (t) => {
  const office = await RunningOffice.start({ data: temporaryFolder() });
  t.after(() => office.close());
  await office.addAccount('anna', 'secret');
  const sender = await LmtpClient.connect(office.lmtp);
  const octets = Buffer.from(`Subject: one\r\n\r\n${'0123456789\r\n'.repeat(500)}`);
  for (let sent = 0; sent < 10; sent += 1) await sender.sendAll([{ to: ['anna'], octets }]);
  await sender.quit();

  const open = await office.verb(['verify', '--rate', '50M']);
  assert.equal(open.status, 0, open.stderr);
  assert.equal(open.stdout, '');
  assert.match(open.stderr, /^11 stored letters read, [\d,]+ octets: all sound\.\n$/);

  await office.stop();
  const closed = await runVerb(['verify', '--data', office.data, '--json']);
  assert.deepEqual([closed.status, closed.stderr], [0, '']);
  assert.deepEqual(JSON.parse(closed.stdout).found, []);

  const [name = ''] = readdirSync(join(office.data, 'letters')).slice(-1);
  const path = join(office.data, 'letters', name);
  const segment = readFileSync(path);
  segment[segment.length - 100] = 0;
  writeFileSync(path, segment);
  const bent = await runVerb(['verify', '--data', office.data]);
  assert.equal(bent.status, 1);
  assert.match(
    bent.stdout,
    /^PROBLEM {2}the content is damaged\n {9}maildrop anna, unique-id [\w-]{22}, arrived .*Z, segment \d+ at [\d,]+\n {9}close the office and run restante repair --from BACKUP\n$/,
  );
  assert.match(bent.stderr, /: 1 problem\.\n$/);
});

test('verify says what is wrong with its options, and that there is no office', async () => {
  const wrong = await runVerb(['verify', '--rate', 'fast']);
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /write so many octets a second as 50M/);
  const none = await runVerb(['verify', '--data', temporaryFolder()]);
  assert.equal(none.status, 1);
  assert.match(none.stderr, /^restante: there is no post office in .*\n$/);
});
