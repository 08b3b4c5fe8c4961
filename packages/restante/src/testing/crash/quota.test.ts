import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import type { FaultPlan } from '../../store/faults.ts';
import type { QuotaRules } from '../../store/quota.ts';
import { openStore } from '../../store/store.ts';
import { LmtpClient } from '../lmtp-client.ts';
import { quotaViolations } from '../oracle/quotas.ts';
import { Random } from '../oracle/random.ts';
import { Pop3Client } from '../pop3-client.ts';
import { OfficeProcess } from './office-process.ts';

const quota: QuotaRules = { octets: 60_000, letters: 40, grace: 10, levels: [50, 80, 95] };
const limits = { quota, inline: 4_000 };
const HOST = '127.0.0.1';
const seed = Number(process.env['RESTANTE_SEED'] ?? 1);

let data = '';
before(async () => {
  data = await mkdtemp(join(tmpdir(), 'restante-quota-'));
});
after(() => rm(data, { recursive: true }));

/** Letters of many sizes to both mailboxes at once, which their owners empty now and then, until the office is gone. */
async function work(office: OfficeProcess, random: Random, onReply: (code: number) => void): Promise<void> {
  const send = async () => {
    const sender = await LmtpClient.connect({ host: HOST, port: office.lmtp });
    for (;;) {
      const octets = Buffer.from(`Subject: x\r\n\r\n${'x'.repeat(70).concat('\r\n').repeat(random.below(120))}`);
      for (const { code } of await sender.send({ to: ['one', 'two'], octets })) onReply(code);
    }
  };
  const empty = async (name: string) => {
    for (;;) {
      const owner = await Pop3Client.connect({ address: { host: HOST, port: office.pop3 }, mode: 'plain' });
      await owner.login(name, 'x');
      const { count } = await owner.stat();
      for (let number = 1; number <= count - random.below(30); number += 1) await owner.delete(number);
      await owner.quit();
    }
  };
  const ignore = () => undefined;
  await Promise.all([send(), send(), send(), empty('one'), empty('two')].map((each) => each.catch(ignore)));
}

test('after SIGKILL at any step no mailbox holds more than its quota, and what is counted is what is there (SM-31, SM-35)', async (t) => {
  t.diagnostic(`RESTANTE_SEED=${seed}`);
  const random = new Random(seed);
  const store = await openStore({ data, limits });
  for (const name of ['one', 'two']) await store.add({ name, addresses: [], passwordHash: '$none$' });
  await store.close();
  const steps = [
    'deliver.before-commit',
    'deliver.after-commit',
    'deliver.before-answer',
    'expunge.after-slice',
  ] as const;
  const codes = new Set<number>();
  for (let life = 0; life < 12; life += 1) {
    const step = steps[life % steps.length] ?? 'deliver.after-commit';
    const faults: FaultPlan = { [step]: { action: 'kill', visit: 1 + random.below(step.startsWith('d') ? 40 : 6) } };
    const office = await OfficeProcess.start({ data, limits, faults });
    let replies = 0;
    await work(office, random, (code) => {
      codes.add(code);
      replies += 1;
      if (replies === 2_000) office.kill();
    });
    await office.gone();
    // Opened again, so that what the log still holds is seen too.
    await (await openStore({ data, limits })).close();
    assert.deepEqual(quotaViolations(join(data, 'index.sqlite'), quota), [], `killed at ${step}`);
  }
  assert.ok(codes.has(250) && codes.has(452), `the mailboxes were filled: ${[...codes]}`);
});

test('a count, a quota or a level that is not exact is noticed', async () => {
  const index = join(data, 'index.sqlite');
  const kinds = (rules: QuotaRules) => quotaViolations(index, rules).map(({ kind }) => kind);
  const change = (sql: string) => {
    const database = new DatabaseSync(index);
    database.exec(sql);
    database.close();
  };
  change("DELETE FROM quota_levels; UPDATE maildrops SET count = 0, octets = 0 WHERE name = 'one'");
  change("DELETE FROM placements WHERE departed = 0 AND maildrop = (SELECT id FROM maildrops WHERE name = 'one')");
  change("UPDATE maildrops SET count = 41 WHERE name = 'one'");
  const found = kinds(quota);
  for (const kind of ['miscounted', 'over-quota', 'level'] as const) assert.ok(found.includes(kind), kind);
});
