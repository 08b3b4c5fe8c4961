import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { LmtpClient } from '../testing/lmtp-client.ts';
import { Pop3Client } from '../testing/pop3-client.ts';
import { RunningOffice, runVerb, temporaryFolder, type VerbResult } from '../testing/running-office.ts';
import { done, refused } from '../testing/verb-results.ts';

type Run = (words: readonly string[], input?: string) => Promise<VerbResult>;

/** The same is asked of an office that is open, over its control socket, and of one that is closed, under its lock. */
function verbs(run: Run): void {
  const json = async (...words: readonly string[]) => JSON.parse(await done(run([...words, '--json'])));

  before(async () => {
    for (const name of ['anna', 'bert', 'carl']) await done(run(['account', 'add', name, '--generate']));
  });

  test('alias add, list and remove', async () => {
    assert.equal(await done(run(['alias', 'add', 'Info@example.org', 'anna'])), '');
    assert.match(
      (await run(['alias', 'add', 'info@example.org', 'bert', 'anna'])).stderr,
      /leads to anna and bert\.\n$/,
    );
    assert.match((await run(['alias', 'add', '@new.example', 'carl'])).stderr, /new\.example was not taken before/);
    assert.equal(
      await done(run(['alias', 'list'])),
      'ADDRESS           ACCOUNTS\ninfo@example.org  anna bert\n@new.example      carl\n',
    );
    assert.deepEqual(await json('alias', 'add', 'info@example.org', 'carl'), {
      address: 'info@example.org',
      accounts: ['anna', 'bert', 'carl'],
    });
    assert.match(await done(run(['account', 'show', 'carl'])), /^aliases +info@example\.org @new\.example$/m);
    assert.match((await run(['alias', 'remove', 'info@example.org', 'carl'])).stderr, /leads to anna and bert\.\n$/);
    assert.match((await run(['alias', 'remove', '@new.example'])).stderr, /@new\.example is gone\.\n$/);
    assert.deepEqual(await json('alias', 'list'), [{ address: 'info@example.org', accounts: ['anna', 'bert'] }]);
  });

  test('what would give an address a second reader is refused, and so is what leads away', async () => {
    assert.match(await refused(run(['alias', 'add', 'anna@localhost', 'bert'])), /reaches the account anna/);
    assert.match(
      await refused(run(['account', 'address', 'carl', '--add', 'info@example.org'])),
      /an alias for anna, bert/,
    );
    assert.match(await refused(run(['alias', 'add', 'x@example.org', 'x@elsewhere.example'])), /nothing is passed on/);
    assert.match(await refused(run(['alias', 'add', 'x', 'anna'])), /@DOMAIN for the domain's catch-all/);
    assert.match(await refused(run(['alias', 'remove', 'x@example.org'])), /there is no alias x@example\.org/);
    assert.match((await run(['alias', 'add', 'x@example.org'])).stderr, /^restante: missing required argument/);
  });

  test('account address lists, adds and removes', async () => {
    assert.equal(await done(run(['account', 'address', 'anna'])), '');
    await done(run(['account', 'address', 'anna', '--add', 'a@example.org', '--add', 'b@example.org']));
    const { addresses } = await json(
      'account',
      'address',
      'anna',
      '--add',
      'c@example.org',
      '--remove',
      'b@example.org',
    );
    assert.deepEqual(addresses, ['a@example.org', 'c@example.org']);
    assert.equal(await done(run(['account', 'address', 'ANNA'])), 'a@example.org\nc@example.org\n');
    assert.match(await refused(run(['account', 'address', 'anna', '--remove', 'b@example.org'])), /no own address/);
  });

  test('route test: status 0 and the way there', async () => {
    const shown = await done(run(['route', 'test', 'Info+News@example.org']));
    for (const line of [
      /^address +info\+news@example\.org$/m,
      /^goes to +anna bert$/m,
      /^because +there is the alias info@example\.org, and "news" is a tag$/m,
      /^reply +250 2\.1\.5 /m,
      /^1\. +domain +example\.org +served/m,
      /^5\. +alias, less the tag "news" +info@example\.org +anna bert$/m,
    ]) {
      assert.match(shown, line);
    }
    const { result, accounts } = await json('route', 'test', 'postmaster');
    assert.deepEqual({ result, accounts: accounts.length }, { result: 'maildrops', accounts: 1 });
  });

  test('route test: status 4 and the reason, when nobody would get it', async () => {
    const test = (address: string) => run(['route', 'test', address]);
    for (const [address, reply, more] of [
      ['amna@localhost', /^reply +550 5\.1\.1 /m, /^perhaps +anna@localhost/m],
      ['anna@exampel.org', /^reply +550 5\.7\.1 /m, /^served +.*example\.org/m],
      ['x@example.org', /^reply +550 5\.1\.1 /m, /^5\. +catch-all|^4\. +catch-all/m],
    ] as const) {
      const { status, stdout, stderr } = await test(address);
      assert.deepEqual({ status, stderr }, { status: 4, stderr: '' }, address);
      assert.match(stdout, reply);
      assert.match(stdout, more);
    }
    await done(run(['account', 'disable', 'bert']));
    assert.match((await test('bert+x')).stdout, /^goes to +nobody: disabled$/m);
    assert.match(await done(test('info@example.org')), /^goes to +anna$/m);
    await done(run(['account', 'enable', 'bert']));
    assert.match(await refused(test('a b')), /"a b" is not an address/);
  });

  test('account remove says what becomes of its aliases', async () => {
    await done(run(['alias', 'add', 'last@example.org', 'bert']));
    const { stderr } = await run(['account', 'remove', 'bert']);
    assert.match(stderr, /^These aliases lead to others still: info@example\.org\.$/m);
    assert.match(stderr, /^These led to nobody else, and are gone too: last@example\.org\.$/m);
    assert.match(stderr, /^Mail for bert@localhost, .*last@example\.org is refused from now on\.$/m);
    assert.deepEqual(await json('alias', 'list'), [{ address: 'info@example.org', accounts: ['anna'] }]);
  });
}

describe('closed', () => {
  const data = join(temporaryFolder(), 'data');
  verbs((words, input) => runVerb([...words, '--data', data], input));

  test('the configuration decides: postmaster, the separator, the domains', async () => {
    const config = join(temporaryFolder(), 'restante.toml');
    writeFileSync(config, 'domains = ["münchen.example"]\npostmaster = "carl"\naddresses.separator = "-"\n');
    const test = async (address: string) =>
      JSON.parse((await runVerb(['route', 'test', address, '--data', data, '--config', config, '--json'])).stdout);
    assert.deepEqual((await test('postmaster@MÜNCHEN.example')).accounts, ['carl']);
    assert.deepEqual((await test('anna-x@xn--mnchen-3ya.example')).accounts, ['anna']);
    assert.equal((await test('anna+x@münchen.example')).result, 'unknown-user');
    assert.equal((await test('anna@localhost')).result, 'not-served');
  });
});

test('an office whose domains have come to hold an alias of another says so when it opens', async () => {
  const data = join(temporaryFolder(), 'data');
  for (const words of [
    ['account', 'add', 'anna', '--generate'],
    ['account', 'add', 'bert', '--generate'],
    ['alias', 'add', 'anna@new.example', 'bert'],
  ]) {
    await done(runVerb([...words, '--data', data]));
  }
  const office = await RunningOffice.start({ data, config: 'domains = ["localhost", "new.example"]\n' });
  try {
    assert.match(
      office.log,
      /mail for anna@new\.example goes to bert, .* not to the account anna: restante alias remove/,
    );
  } finally {
    await office.stop();
  }
});

describe('open', () => {
  let office: RunningOffice;
  before(async () => {
    office = await RunningOffice.start();
  });
  after(() => office.close());
  verbs((words, input) => office.verb(words, input));

  test('a letter goes where the route test says, from the next one on', async () => {
    await office.addAccount('dora', 'secret');
    await office.addAccount('emil', 'secret');
    await done(office.verb(['alias', 'add', 'team@team.example', 'dora', 'emil']));
    await done(office.verb(['alias', 'add', '@team.example', 'emil']));
    const to = ['team@team.example', 'Team+x@team.example', 'whoever@team.example', 'dora+x', 'emil+y@localhost', 'x'];
    const sender = await LmtpClient.connect(office.lmtp);
    const outcome = await sender.send({ to, octets: Buffer.from('Subject: x\r\n\r\nx\r\n') });
    await sender.quit();
    assert.deepEqual(
      outcome.map(({ code }) => code),
      [250, 250, 250, 250, 250, 550],
    );
    for (const [index, address] of to.entries()) {
      const { reply } = JSON.parse((await office.verb(['route', 'test', address, '--json'])).stdout);
      assert.equal(Number(reply.slice(0, 3)), outcome[index]?.code, address);
    }
    for (const name of ['dora', 'emil']) {
      const { letters } = JSON.parse(await done(office.verb(['account', 'show', name, '--json'])));
      assert.equal(letters, 1, `${name}: however many addresses lead there, one letter`);
    }
  });

  test('nobody logs in by an alias, a tag or a catch-all', async () => {
    await done(office.verb(['account', 'address', 'dora', '--add', 'dora@team.example']));
    await done(office.verb(['alias', 'add', 'alone@team.example', 'dora']));
    const mayLogIn = async (name: string): Promise<boolean> => {
      const client = await Pop3Client.connect(office.place('plain'));
      try {
        await client.login(name, 'secret');
        return true;
      } catch {
        return false;
      } finally {
        await client.drop();
      }
    };
    for (const name of ['dora', 'dora@localhost', 'dora@team.example']) assert.ok(await mayLogIn(name), name);
    for (const name of ['alone@team.example', 'dora+x@localhost', 'emil@team.example']) {
      assert.ok(!(await mayLogIn(name)), name);
    }
  });
});
