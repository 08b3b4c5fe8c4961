import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LmtpClient } from '../testing/lmtp-client.ts';
import { Pop3Client } from '../testing/pop3-client.ts';
import { RunningOffice, temporaryFolder } from '../testing/running-office.ts';

async function deliver(office: RunningOffice, count: number): Promise<void> {
  const sender = await LmtpClient.connect(office.lmtp);
  const letter = (number: number) => ({
    from: 'sender@example.net',
    to: ['anna'],
    octets: Buffer.from(`Subject: secret ${number}\r\n\r\n${number}\r\n`),
  });
  for (const [reply] of await sender.sendAll(Array.from({ length: count }, (_, number) => letter(number)))) {
    assert.equal(reply?.code, 250);
  }
  await sender.quit();
}

async function login(office: RunningOffice, over: 'TLS' | 'STLS'): Promise<Pop3Client> {
  const client = await Pop3Client.connect(office.place(over));
  await client.login('anna', 'secret');
  return client;
}

type Entry = Record<string, unknown> & {
  readonly letters: readonly { readonly deed: string; readonly uniqueId: string }[];
};

for (const state of ['open', 'closed'] as const) {
  test(`who emptied a mailbox is seen, to the letter, with the office ${state}`, async (t) => {
    const office = await RunningOffice.start({ data: temporaryFolder() });
    t.after(() => office.close());
    await office.addAccount('anna', 'secret');
    await deliver(office, 4);

    const looker = await login(office, 'TLS');
    const ids = [...(await looker.uniqueIds()).values()];
    await looker.quit();
    const reader = await login(office, 'TLS');
    await reader.retrieve(1);
    await reader.top(2, 9_999);
    await reader.top(3, 0);
    await reader.quit();
    const emptier = await login(office, 'TLS');
    await emptier.retrieve(1);
    for (const number of [1, 2, 3]) await emptier.delete(number);
    await emptier.quit();
    const broken = await login(office, 'TLS');
    await broken.retrieve(1);
    await broken.delete(1);
    await broken.drop();
    if (state === 'closed') await office.stop();

    const verb = async (...words: string[]) => {
      const { status, stdout, stderr } = await office.verb(words);
      assert.equal(status, 0, stderr);
      return { stdout, stderr };
    };
    const ledger = async () => JSON.parse((await verb('sessions', 'anna', '--json')).stdout);
    let { entries, polls }: { entries: Entry[]; polls: Record<string, unknown>[] } = await ledger();
    // A session that broke off is written behind its end.
    while (entries.length < 3) ({ entries, polls } = await ledger());
    assert.deepEqual(
      entries.map(({ end, retrieved, viewed, removed, account, login: name, address }) => [
        [end, retrieved, viewed, removed],
        [account, name, address],
      ]),
      [
        [
          ['quit', 1, 1, 0],
          ['anna', 'anna', '127.0.0.1'],
        ],
        [
          ['quit', 1, 0, 3],
          ['anna', 'anna', '127.0.0.1'],
        ],
        [
          ['closed', 1, 0, 0],
          ['anna', 'anna', '127.0.0.1'],
        ],
      ],
    );
    for (const { tls, mechanism } of entries) assert.match(`${tls} ${mechanism}`, /^TLSv1\.3 (PLAIN|USER)$/);
    assert.deepEqual(
      entries[1]?.letters.map(({ deed, uniqueId }) => [deed, uniqueId]),
      [
        ['retrieved', ids[0]],
        ['removed', ids[0]],
        ['removed', ids[1]],
        ['removed', ids[2]],
      ],
    );
    assert.deepEqual(
      polls.map(({ sessions, address }) => [sessions, address]),
      [[1, '127.0.0.1']],
    );

    const { stdout, stderr } = await verb('sessions', 'anna');
    assert.match(stdout, /^WHEN +WHAT +FROM +LOGIN +OVER +ENDED BY +SESSION\n/);
    assert.match(stdout, / fetched 1, deleted 3 +127\.0\.0\.1 +anna +TLSv1\.3 /);
    assert.match(stderr, /1 session looked and took nothing, from 127\.0\.0\.1\./);
    assert.match(stderr, /comes back with: restante undelete anna --session/);
    assert.doesNotMatch(stdout + stderr, /secret/, 'the ledger knows nothing of what is in a letter');
    assert.match((await verb('sessions', 'anna', '--since', '2200-01-01')).stderr, /^No session/);

    const [first = '', , , last = ''] = ids;
    const one = JSON.parse((await verb('letter', 'anna', first, '--json')).stdout);
    assert.deepEqual(
      [one.state, one.events.map(({ deed, by }: { deed: string; by: Entry }) => [deed, by['session']])],
      [
        'deleted',
        [
          ['retrieved', entries[0]?.['session']],
          ['retrieved', entries[1]?.['session']],
          ['removed', entries[1]?.['session']],
        ],
      ],
    );
    assert.equal(one.arrivals[0].from, 'sender@example.net');
    const shown = await verb('letter', 'anna', first);
    assert.match(shown.stdout, /^state +deleted, and can be brought back$/m);
    assert.match(shown.stderr, new RegExp(`restante undelete anna --unique-id '${first}'`));
    assert.match((await verb('letter', 'anna', last)).stdout, /^state +in the mailbox$/m);

    await verb('undelete', 'anna', '--unique-id', first);
    await verb('purge', 'anna', '--now');
    const back = JSON.parse((await verb('letter', 'anna', first, '--json')).stdout);
    assert.deepEqual([back.state, back.events.at(-1).deed], ['present', 'restored']);
    const gone = JSON.parse((await verb('letter', 'anna', ids[1] ?? '', '--json')).stdout);
    assert.equal(gone.state, 'destroyed');
    assert.ok(gone.events.at(-1).destroyed);
    const unknown = await office.verb(['letter', 'anna', 'nothing']);
    assert.deepEqual([unknown.status, unknown.stderr.includes('nothing is known of')], [1, true]);
  });
}
