import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LmtpClient } from '../testing/lmtp-client.ts';
import { Pop3Client } from '../testing/pop3-client.ts';
import { RunningOffice, temporaryFolder } from '../testing/running-office.ts';

async function deliver(office: RunningOffice, count: number): Promise<void> {
  const sender = await LmtpClient.connect(office.lmtp);
  const letter = (number: number) => ({ to: ['anna'], octets: Buffer.from(`Subject: ${number}\r\n\r\n${number}\r\n`) });
  for (const [reply] of await sender.sendAll(Array.from({ length: count }, (_, number) => letter(number)))) {
    assert.equal(reply?.code, 250);
  }
  await sender.quit();
}

async function session<T>(office: RunningOffice, work: (client: Pop3Client) => Promise<T>): Promise<T> {
  const client = await Pop3Client.connect(office.place('TLS'));
  await client.login('anna', 'secret');
  const done = await work(client);
  await client.quit();
  return done;
}

const ids = (office: RunningOffice) => session(office, async (client) => [...(await client.uniqueIds()).values()]);

for (const state of ['open', 'closed'] as const) {
  test(`deleted letters are shown, brought back and destroyed, with the office ${state}`, async (t) => {
    const data = temporaryFolder();
    let office = await RunningOffice.start({ data });
    t.after(() => office.close());
    await office.addAccount('anna', 'secret');
    await deliver(office, 5);
    const before = await ids(office);
    for (const numbers of [[1], [1, 2]]) {
      await session(office, async (client) => {
        for (const number of numbers) await client.command(`DELE ${number}`);
      });
    }
    if (state === 'closed') await office.stop();
    const verb = async (...words: string[]) => {
      const { status, stdout, stderr } = await office.verb(words);
      assert.equal(status, 0, stderr);
      return { stdout, stderr };
    };
    const shown = JSON.parse((await verb('undelete', 'anna', '--dry-run', '--json')).stdout);
    assert.equal(shown.count, 3);
    assert.deepEqual(
      shown.letters.map(({ uniqueId }: { uniqueId: string }) => uniqueId),
      before.slice(0, 3),
    );
    assert.match((await verb('undelete', 'anna', '--dry-run')).stdout, /^DELETED +BY SESSION/);
    const [first, second] = shown.letters;
    assert.notEqual(first.session, second.session);
    assert.match((await verb('undelete', 'anna', '--session', first.session)).stderr, /^1 letter came back to anna/);
    assert.match(
      (await verb('undelete', 'anna', '--since', '1 h', '--unique-id', first.uniqueId)).stderr,
      /^0 letters/,
    );
    const renamed = await verb('undelete', 'anna', '--unique-id', second.uniqueId, '--new-unique-ids', '--json');
    assert.deepEqual(JSON.parse(renamed.stdout), { name: 'anna', count: 1 });
    assert.match((await verb('purge')).stderr, /^0 letters destroyed/, 'the window has not passed');
    assert.match(
      (await verb('purge', 'anna', '--now', '--dry-run')).stderr,
      /^1 letter in \d+ octets would be destroyed/,
    );
    assert.equal(JSON.parse((await verb('purge', 'anna', '--now', '--json')).stdout).count, 1);
    assert.match((await verb('undelete', 'anna')).stderr, /^0 letters came back/);
    const nobody = await office.verb(['undelete', 'nobody']);
    assert.deepEqual([nobody.status, nobody.stderr.includes('there is no account')], [1, true]);
    const wrong = await office.verb(['undelete', 'anna', '--since', 'yesterday']);
    assert.equal(wrong.status, 2);
    if (state === 'closed') office = await RunningOffice.start({ data });
    const after = await ids(office);
    assert.deepEqual(after.slice(0, 3), [before[3], before[4], before[0]]);
    assert.equal(after.length, 4);
    assert.ok(!before.includes(after[3] ?? ''), 'a new unique-id');
  });
}
