import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { LmtpClient } from '../testing/lmtp-client.ts';
import { Pop3Client } from '../testing/pop3-client.ts';
import { RunningOffice, runVerb, temporaryFolder, type VerbResult } from '../testing/running-office.ts';
import { SmtpClient } from '../testing/smtp-client.ts';
import { done, refused } from '../testing/verb-results.ts';

type Run = (words: readonly string[], input?: string) => Promise<VerbResult>;

/** The same is asked of an office that is open, over its control socket, and of one that is closed, under its lock. */
function verbs(run: Run): void {
  test('add --generate prints the password and nothing else; list and show have the account', async () => {
    const password = await done(run(['account', 'add', 'Anna', '--address', 'Anna@Example.ORG', '--generate']));
    assert.match(password, /^[a-z2-9-]{23}\n$/);
    const { policy, ...anna } = JSON.parse(await done(run(['account', 'show', 'anna', '--json'])));
    assert.deepEqual(policy.requireTls, { value: false, from: 'settings' });
    assert.deepEqual(
      { ...anna, created: typeof anna.created },
      {
        name: 'anna',
        addresses: ['anna@example.org'],
        aliases: [],
        state: 'enabled',
        letters: 0,
        octets: 0,
        quota: { octets: null, letters: null, percent: null, own: { octets: false, letters: false } },
        created: 'string',
      },
    );
    assert.match(await done(run(['account', 'list'])), /^anna +enabled +0 +0 +anna@example\.org$/m);
    const list = JSON.parse(await done(run(['account', 'list', '--json']))) as { name: string }[];
    assert.ok(list.some(({ name }) => name === 'anna'));
  });

  test('quota sets limits of its own, none, or those of all; what is no limit is refused', async () => {
    const quota = async (...words: readonly string[]) =>
      JSON.parse(await done(run(['account', 'quota', 'anna', '--json', ...words])));
    assert.deepEqual(await quota('--octets', '500M', '--letters', '1000'), {
      octets: 500 * 2 ** 20,
      letters: 1000,
      percent: 0,
      own: { octets: true, letters: true },
    });
    assert.match(await done(run(['account', 'show', 'anna'])), /^quota +0 % of 500 MiB, 1,000 letters$/m);
    assert.match(await done(run(['account', 'list'])), /^anna +enabled +0 +0 +0 % +anna@example\.org$/m);
    assert.match(await done(run(['account', 'quota', 'anna'])), /^octets +0 of 500 MiB \(the account's own\)$/m);
    const none = await quota('--octets', 'none', '--letters', 'default');
    assert.deepEqual([none.octets, none.letters, none.own], [null, null, { octets: true, letters: false }]);
    assert.deepEqual((await quota('--octets', 'default')).own, { octets: false, letters: false });
    assert.match(await refused(run(['account', 'quota', 'anna', '--octets', 'much']), 2), /500M.*none, or default/);
    assert.match(await refused(run(['account', 'quota', 'anna', '--letters', '-1']), 2), /none, or default/);
    assert.match(await refused(run(['account', 'quota', 'nobody'])), /there is no account nobody/);
  });

  test('options may stand before, between and behind', async () => {
    const added = JSON.parse(
      await done(
        run(['--json', 'account', 'add', '--generate', 'bert', '--address', 'b@x.example', '--address', 'b@y.example']),
      ),
    );
    assert.deepEqual(added.addresses, ['b@x.example', 'b@y.example']);
    assert.match(added.password, /^[a-z2-9-]{23}$/);
  });

  test('what is taken is refused, and so is what cannot be', async () => {
    assert.match(await refused(run(['account', 'add', 'ANNA', '--generate'])), /there is an account anna already/);
    assert.match(
      await refused(run(['account', 'add', 'c', '--generate', '--address', 'anna@example.org'])),
      /belongs to/,
    );
    assert.match(
      await refused(run(['account', 'add', 'c', '--generate', '--address', 'anna@localhost'])),
      /reaches .* anna/,
    );
    assert.match(await refused(run(['account', 'add', 'c', '--generate', '--address', 'c'])), /NAME@DOMAIN/);
    assert.match(await refused(run(['account', 'add', 'a b', '--generate'])), /"a b" cannot be/);
    assert.match(await refused(run(['account', 'add', 'c', '--password-stdin'], '\n')), /the password is empty/);
    assert.match(await refused(run(['account', 'show', 'nobody'])), /there is no account nobody/);
    assert.match(await refused(run(['account', 'disable', 'nobody'])), /there is no account nobody/);
    assert.match(await refused(run(['account', 'remove', 'nobody'])), /there is no account nobody/);
    assert.match(await refused(run(['account', 'password', 'nobody', '--generate'])), /there is no account nobody/);
  });

  test('without a terminal, and without being told, no password is asked for', async () => {
    assert.match(await refused(run(['account', 'add', 'c']), 2), /--generate or --password-stdin/);
    assert.match(await refused(run(['account', 'add', 'c', '--generate', '--password-stdin']), 2), /one of them/);
  });

  test('password, disable and enable', async () => {
    assert.match(await done(run(['account', 'password', 'anna', '--generate'])), /^[a-z2-9-]{23}\n$/);
    assert.equal(await done(run(['account', 'password', 'anna', '--password-stdin'], 'x\n')), '');
    assert.equal(await done(run(['account', 'disable', 'anna'])), '');
    assert.match(await done(run(['account', 'show', 'anna'])), /^state +disabled$/m);
    assert.equal(JSON.parse(await done(run(['account', 'enable', 'anna', '--json']))).state, 'enabled');
  });

  test('remove takes the account away, and its name is free again', async () => {
    await done(run(['account', 'remove', 'bert']));
    assert.match(await refused(run(['account', 'show', 'bert'])), /no account bert/);
    await done(run(['account', 'add', 'bert', '--generate']));
  });

  test('status', async () => {
    const status = JSON.parse(await done(run(['status', '--json'])));
    for (const name of ['accounts', 'letters', 'octets', 'sessions']) assert.equal(typeof status[name], 'number', name);
    assert.match(await done(run(['status'])), /^accounts +\d+\nletters +\d+\noctets +[\d,]+\nsessions +\d+$/m);
    assert.deepEqual([status.sessions, status.sessionsByProtocol], [0, { pop3: 0, smtp: 0, lmtp: 0 }]);
  });
}

describe('closed', () => {
  const data = join(temporaryFolder(), 'new', 'data');
  verbs((words, input) => runVerb([...words, '--data', data], input));

  test('account add makes the office; nothing else does', async () => {
    const none = join(temporaryFolder(), 'none');
    assert.match(await refused(runVerb(['account', 'list', '--data', none])), /no post office in .*restante serve/);
    assert.match(await refused(runVerb(['status', '--data', temporaryFolder()])), /no post office in/);
    assert.ok(!existsSync(none));
  });

  test('an account that was made before the first start is not joined by another', async () => {
    const office = await RunningOffice.start({ data });
    try {
      assert.match(await refused(office.verb(['account', 'show', 'mail'])), /no account mail/);
      assert.ok(!office.log.includes('first time'));
    } finally {
      await office.stop();
    }
  });
});

describe('open', () => {
  let office: RunningOffice;
  before(async () => {
    office = await RunningOffice.start();
  });
  after(() => office.close());
  verbs((words, input) => office.verb(words, input));

  async function mayLogIn(name: string, password: string): Promise<boolean> {
    const client = await Pop3Client.connect(office.place('plain'));
    try {
      await client.login(name, password);
      return true;
    } catch {
      return false;
    } finally {
      await client.drop();
    }
  }

  test('the first line of stdin is the password, spaces and all, less its line end', async () => {
    for (const [name, input, password] of [
      ['spaces', '  a  b  \nsecond line\n', '  a  b  '],
      ['carriage', 'secret\r\n', 'secret'],
      ['unended', 'no line end', 'no line end'],
      ['umlaut', 'grüße\n', 'grüße'],
    ] as const) {
      await done(office.verb(['account', 'add', name, '--password-stdin'], input));
      assert.ok(await mayLogIn(name, password), name);
      assert.ok(!(await mayLogIn(name, password.trim() === password ? `${password} ` : password.trim())), name);
    }
  });

  test('a change counts from the next login on, by name or full address: password, disable, enable, remove (TLS-26)', async () => {
    await office.addAccount('dora', 'one');
    assert.ok(await mayLogIn('dora', 'one'));
    assert.ok(await mayLogIn('DORA@localhost', 'one'), 'by full address');
    await done(office.verb(['account', 'password', 'dora', '--password-stdin'], 'two\n'));
    assert.ok(!(await mayLogIn('dora', 'one')));
    assert.ok(await mayLogIn('dora', 'two'));
    await done(office.verb(['account', 'disable', 'dora']));
    assert.ok(!(await mayLogIn('dora', 'two')));
    await done(office.verb(['account', 'enable', 'dora']));
    assert.ok(await mayLogIn('dora', 'two'));
    await done(office.verb(['account', 'remove', 'dora']));
    assert.ok(!(await mayLogIn('dora', 'two')));
  });

  test('an account is reached by its name, at each domain, and by its own addresses; nobody else is', async () => {
    await done(office.verb(['account', 'add', 'emil', '--address', 'chef@kitchen.example', '--generate']));
    const sender = await LmtpClient.connect(office.lmtp);
    const to = [
      'emil',
      'EMIL@localhost',
      'chef@Kitchen.example',
      'postmaster',
      'nobody',
      'x@kitchen.example',
      'emil@elsewhere.example',
    ];
    const outcome = await sender.send({ to, octets: Buffer.from('Subject: x\r\n\r\nx\r\n') });
    assert.deepEqual(
      outcome.map(({ code }) => code),
      [250, 250, 250, 250, 550, 550, 550],
    );
    await sender.quit();
    const { letters } = JSON.parse(await done(office.verb(['account', 'show', 'emil', '--json'])));
    assert.equal(letters, 1, 'three addresses of one account, one letter');
    assert.equal(JSON.parse(await done(office.verb(['account', 'remove', 'emil', '--json']))).letters, 1);
  });

  test('status has the connections of each protocol', async () => {
    const pop3 = await Pop3Client.connect(office.place('plain'));
    const senders = [await LmtpClient.connect(office.lmtp), await LmtpClient.connect(office.lmtp)];
    const smtp = await SmtpClient.connect(office.smtp);
    const { sessions, sessionsByProtocol } = JSON.parse(await done(office.verb(['status', '--json'])));
    assert.deepEqual([sessions, sessionsByProtocol], [4, { pop3: 1, smtp: 1, lmtp: 2 }]);
    const text = await done(office.verb(['status']));
    assert.match(text, /^sessions +4\npop3 sessions +1\nsmtp sessions +1\nlmtp sessions +2$/m);
    await Promise.all([...senders, smtp].map((each) => each.quit()));
    await pop3.quit();
  });

  test('verbs that come at once wait for each other', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `crowd-${index}`);
    await Promise.all(names.map((name) => done(office.verb(['account', 'add', name, '--generate']))));
    const list = JSON.parse(await done(office.verb(['account', 'list', '--json']))) as { name: string }[];
    assert.deepEqual(
      list.map(({ name }) => name).filter((name) => name.startsWith('crowd-')),
      names,
    );
  });
});
