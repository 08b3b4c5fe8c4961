import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { LmtpClient } from '../../testing/lmtp-client.ts';
import { Pop3Client } from '../../testing/pop3-client.ts';
import { RunningOffice, runVerb, temporaryFolder, type VerbResult } from '../../testing/running-office.ts';

/** From an office elsewhere into accounts of ours, which is opened and closed between the runs. */
describe('collect into an office', () => {
  let elsewhere: RunningOffice;
  let data: string;
  let folder: string;
  let maildrops = 0;

  before(async () => {
    elsewhere = await RunningOffice.start();
    data = temporaryFolder();
    folder = temporaryFolder();
    writeFileSync(join(folder, 'password'), 'secret\n', { mode: 0o600 });
    const office = await RunningOffice.start({ data, config: 'domains = ["example.org"]\n' });
    for (const name of ['anna', 'bert', 'carl', 'dora', 'emil', 'fred']) await office.addAccount(name, 'secret');
    await office.stop();
    await here('alias', 'add', 'info@example.org', 'dora', 'emil');
    await here('account', 'disable', 'carl');
  });
  after(() => elsewhere.close());

  const here = async (...words: readonly string[]): Promise<VerbResult> => runVerb([...words, '--data', data]);
  const collect = (url: string, ...words: readonly string[]): Promise<VerbResult> => {
    const secret = ['--password-file', join(folder, 'password'), '--ca', elsewhere.certificate];
    return here('collect', url, ...secret, '--json', ...words);
  };

  /** A maildrop elsewhere. */
  async function maildrop(): Promise<{ readonly name: string; readonly url: string }> {
    maildrops += 1;
    const name = `there${maildrops}`;
    await elsewhere.addAccount(name, 'secret');
    return { name, url: `pops://${name}@127.0.0.1:${elsewhere.pop3s.port}` };
  }

  async function send(to: string, ...letters: readonly string[]): Promise<void> {
    const client = await LmtpClient.connect(elsewhere.lmtp);
    for (const letter of letters) {
      const [answer] = await client.send({ from: 'pat@example.net', to: [to], octets: Buffer.from(letter) });
      assert.equal(answer?.code, 250);
    }
    await client.quit();
  }

  async function lettersAt(office: RunningOffice, name: string): Promise<readonly string[]> {
    const client = await Pop3Client.connect(office.place('TLS'));
    await client.login(name, 'secret');
    const { count } = await client.stat();
    const letters: string[] = [];
    for (let number = 1; number <= count; number += 1) letters.push((await client.retrieve(number)).toString('latin1'));
    await client.quit();
    return letters;
  }

  const eventsOf = ({ stdout }: VerbResult) =>
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));

  /** How it ended. */
  const lastOf = (result: VerbResult) => eventsOf(result).at(-1);

  test('closed, open, closed again: each letter is there once, octet for octet', async () => {
    const { name, url } = await maildrop();
    const words = [url, '--to', 'account:anna', '--delete'] as const;
    await send(name, 'Subject: 1\r\n\r\n.\r\n', 'Subject: 2\r\n\r\nFrom here\r\n');
    const sent = [...(await lettersAt(elsewhere, name))];
    assert.deepEqual([lastOf(await collect(...words)).kept], [2]);

    const office = await RunningOffice.start({ data });
    await send(name, `Subject: 3\r\n\r\n${'x'.repeat(70)}\r\n`, `Subject: 4\r\n\r\n${'a line\r\n'.repeat(300_000)}`);
    sent.push(...(await lettersAt(elsewhere, name)));
    const open = await collect(...words);
    assert.equal(lastOf(open).kept, 2, open.stderr);
    const client = await Pop3Client.connect(office.place('TLS'));
    await client.login('anna', 'secret');
    const uniqueIds = [...(await client.uniqueIds()).values()];
    await client.quit();
    const places = eventsOf(open).flatMap(({ event, place }) => (event === 'kept' ? [place] : []));
    assert.deepEqual(
      places,
      uniqueIds.slice(2).map((uniqueId) => `account:anna ${uniqueId}`),
    );
    await office.stop();

    await send(name, 'Subject: 5\r\n\r\n\r\n');
    sent.push(...(await lettersAt(elsewhere, name)));
    assert.equal(lastOf(await collect(...words)).kept, 1);
    assert.equal(lastOf(await collect(...words)).kept, 0);
    const again = await RunningOffice.start({ data });
    assert.deepEqual(await lettersAt(again, 'anna'), sent);
    await again.stop();
  });

  test('without its journal what is to be deleted is fetched again, is there once, and is deleted then', async () => {
    const { name, url } = await maildrop();
    await send(name, 'Subject: 1\r\n\r\none\r\n', 'Subject: 2\r\n\r\ntwo\r\n');
    await collect(url, '--to', 'account:fred', '--state', join(folder, 'before'));
    const again = lastOf(await collect(url, '--to', 'account:fred', '--state', join(folder, 'after'), '--delete'));
    assert.deepEqual([again.result, again.deleted, again.left], ['done', 2, 0]);
    const office = await RunningOffice.start({ data });
    assert.equal((await lettersAt(office, 'fred')).length, 2);
    await office.stop();
  });

  test('without its journal nothing is there twice', async () => {
    const { name, url } = await maildrop();
    await send(name, 'Subject: 1\r\n\r\none\r\n', 'Subject: 2\r\n\r\ntwo\r\n');
    for (const state of ['first', 'second']) {
      const result = await collect(url, '--to', 'account:bert', '--state', join(folder, state));
      assert.equal(result.status, 0, result.stderr);
    }
    const office = await RunningOffice.start({ data });
    assert.equal((await lettersAt(office, 'bert')).length, 2);
    await office.stop();
  });

  test('an account that is not there, or is disabled, is said before anything is fetched', async () => {
    const { name, url } = await maildrop();
    await send(name, 'Subject: 1\r\n\r\none\r\n');
    for (const [account, why] of [
      ['nobody', /there is no account nobody: restante account list shows those there are/],
      ['carl', /the account carl is disabled: restante account enable carl/],
    ] as const) {
      const result = await collect(url, '--to', `account:${account}`);
      assert.notEqual(result.status, 0);
      assert.match(lastOf(result).error, why);
      assert.equal(lastOf(result).kept, 0);
    }
    await here('account', 'enable', 'carl');
    assert.equal(lastOf(await collect(url, '--to', 'account:carl')).kept, 1);
    await here('account', 'disable', 'carl');
  });

  test("one maildrop for several people goes to their accounts, by the office's own routes", async () => {
    const { name, url } = await maildrop();
    const to = (address: string) => `X-Original-To: ${address}\r\nTo: bert@example.org\r\n\r\nfor ${address}\r\n`;
    const addresses = ['dora@example.org', 'info@example.org', '<Emil+list@Example.ORG>', 'nobody@example.org'];
    await send(name, ...addresses.map(to), 'To: dora@example.org\r\n\r\nnobody knows\r\n');
    const words = [url, '--to', 'accounts', '--multidrop', 'X-Original-To', '--delete'] as const;
    const result = await collect(...words);
    const { kept, held, deleted, left } = lastOf(result);
    assert.deepEqual({ kept, held, deleted, left }, { kept: 3, held: 2, deleted: 3, left: 2 }, result.stderr);
    const why = eventsOf(result).flatMap((event) => (event.event === 'held' ? [event.why] : []));
    assert.match(why[0], /nobody@example\.org, which leads to nobody/);
    assert.match(why[1], /no field X-Original-To/);
    assert.equal((await lettersAt(elsewhere, name)).length, 2);

    const secret = ['--password-file', join(folder, 'password'), '--ca', elsewhere.certificate];
    const check = await here('collect', 'check', url, ...secret);
    assert.deepEqual([check.status, check.stdout], [1, `${name}@127.0.0.1: 0 new letters\n`], check.stderr);
    assert.match(check.stderr, /^restante: there\d+@127\.0\.0\.1: 2 held: --dry-run says why\n$/);

    await here('alias', 'add', 'nobody@example.org', 'dora');
    assert.equal(lastOf(await collect(...words)).kept, 0);
    assert.equal(lastOf(await collect(...words, '--retry')).kept, 1);

    const office = await RunningOffice.start({ data });
    const bodies = async (account: string) =>
      (await lettersAt(office, account)).map((letter) => letter.slice(letter.indexOf('\r\n\r\n') + 4).trim());
    assert.deepEqual(await bodies('dora'), ['for dora@example.org', 'for info@example.org', 'for nobody@example.org']);
    assert.deepEqual(await bodies('emil'), ['for info@example.org', 'for <Emil+list@Example.ORG>']);
    await office.stop();
  });

  test('by LMTP to another office, and to a command, once as long as nothing dies', async () => {
    const { name, url } = await maildrop();
    await send(name, 'Subject: 1\r\n\r\none\r\n', 'Subject: 2\r\n\r\ntwo\r\n');
    const { name: other } = await maildrop();
    const { host, port } = elsewhere.lmtp;
    const byLmtp = ['--to', `lmtp:${host}:${port}`, '--recipient', other, '--state', join(folder, 'lmtp')] as const;
    assert.equal(lastOf(await collect(url, ...byLmtp)).kept, 2);
    assert.equal(lastOf(await collect(url, ...byLmtp)).kept, 0);
    const letters = await lettersAt(elsewhere, other);
    assert.deepEqual(
      letters.map((letter) => /^Subject: (\d)\r$/m.exec(letter)?.[1]),
      ['1', '2'],
    );
    assert.match(letters[0] ?? '', /^Return-Path: <pat@example\.net>\r\n/);

    const box = join(folder, 'box');
    mkdirSync(box);
    const line = `cat > '${box}'/"$RESTANTE_UNIQUE_ID"`;
    const byCommand = ['--to', `command:${line}`, '--state', join(folder, 'command')] as const;
    assert.equal(lastOf(await collect(url, ...byCommand)).kept, 2);
    assert.equal(lastOf(await collect(url, ...byCommand)).kept, 0);
    const files = readdirSync(box).map((file) => readFileSync(join(box, file), 'latin1'));
    const expected = (await lettersAt(elsewhere, name)).map((letter) => letter.replaceAll('\r\n', '\n'));
    assert.deepEqual(files.sort(), [...expected].sort());
  });
});
