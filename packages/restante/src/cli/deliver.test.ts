import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Pop3Client } from '../testing/pop3-client.ts';
import { RunningOffice, runVerb, temporaryFolder } from '../testing/running-office.ts';

let office: RunningOffice;
before(async () => {
  office = await RunningOffice.start();
  await office.addAccount('anna', 'secret');
  await office.addAccount('bert', 'secret');
});
after(() => office.close());

const deliver = (words: readonly string[], input = '') => office.verb(['deliver', ...words], input);
const LETTER = 'Subject: x\n\nbody\n';

/** The last letter of an account, without its trace fields. */
async function last(account: string): Promise<string> {
  const client = await Pop3Client.connect(office.place('plain'));
  await client.login(account, 'secret');
  const { count } = await client.stat();
  const octets = (await client.retrieve(count)).toString('latin1');
  await client.quit();
  return octets.replace(/^Return-Path: .*\r\nDelivered-To: .*\r\nReceived: .*\r\n(?:\t.*\r\n)*/, '');
}

test('a letter from standard input, of the office that is open, wherever it listens', async () => {
  const { status, stdout, stderr } = await deliver(['--to', 'anna'], LETTER);
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
  assert.equal(await last('anna'), 'Subject: x\r\n\r\nbody\r\n');
});

test('as a pipe to procmail hands it over: a From line first, and the sender that Postfix names', async () => {
  const text = `From pat@example.org Fri Sep  1 12:00:00 2023\nSubject: y\n\n.dot\nFrom here\nend`;
  for (const from of ['MAILER-DAEMON', '', '<>', 'pat@example.org', '<pat@example.org>']) {
    assert.equal((await deliver(['--from', from, '--to', 'anna@localhost', '-'], text)).status, 0, from);
    assert.equal(await last('anna'), 'Subject: y\r\n\r\n.dot\r\nFrom here\r\nend\r\n');
  }
});

test('several files and several recipients', async () => {
  const folder = temporaryFolder();
  for (const name of ['one', 'two']) writeFileSync(join(folder, name), `Subject: ${name}\n\n`);
  const words = ['--to', 'anna', '--to', 'bert', join(folder, 'one'), join(folder, 'two')];
  const { status, stdout } = await deliver([...words, '--json']);
  assert.equal(status, 0);
  const rows = JSON.parse(stdout) as { recipient: string; status: number; answer: string }[];
  assert.deepEqual(
    rows.map(({ recipient, status: each }) => [recipient, each]),
    [
      ['anna', 0],
      ['bert', 0],
      ['anna', 0],
      ['bert', 0],
    ],
  );
  assert.match(rows[0]?.answer ?? '', /^250 2\.0\.0 kept as /);
  assert.equal(await last('bert'), 'Subject: two\r\n\r\n');
});

test('a CR that stands alone is kept (SM-21)', async () => {
  assert.equal((await deliver(['--to', 'anna'], 'Subject: z\n\na\rb\r\n\r\r\n')).status, 0);
  assert.equal(await last('anna'), 'Subject: z\r\n\r\na\rb\r\n\r\r\n');
});

test('a large letter', async () => {
  const text = `Subject: large\n\n${'0123456789'.repeat(7).concat('\n').repeat(60_000)}`;
  assert.equal((await deliver(['--to', 'anna'], text)).status, 0);
  assert.equal(await last('anna'), text.replaceAll('\n', '\r\n'));
});

for (const [words, input, status, said] of [
  [['--to', 'nobody'], LETTER, 67, /^restante: nobody: 550 5\.1\.1 /],
  [['--to', 'x@elsewhere.example'], LETTER, 77, /^restante: x@elsewhere\.example: 550 5\.7\.1 /],
  [['--to', 'anna', '--to', 'nobody'], LETTER, 67, /^restante: nobody: 550/],
  [['--to', 'not an address'], LETTER, 67, /neither an account nor an address/],
  [['--to', 'anna', '--from', 'a\nb'], LETTER, 65, /is no address of a sender/],
  [['--to', 'anna'], 'Subject: x\n\n\0\n', 65, /^restante: anna: 554 5\.6\.0 /],
  [['--to', 'anna', '/nonexistent'], '', 66, /nonexistent: it is not there/],
  [[], LETTER, 64, /required option '--to/],
  [['--to', 'anna', '--wrong'], LETTER, 64, /unknown option '--wrong'/],
  [['--to', 'anna', '--lmtp', 'nowhere'], LETTER, 64, /has no port/],
  [['--to', 'anna', '--lmtp', '127.0.0.1:1'], LETTER, 75, /nobody takes letters at 127\.0\.0\.1:1 .*--lmtp ADDRESS/],
  [['--to', 'anna', '--lmtp', 'unix:/nonexistent/socket'], LETTER, 75, /nobody takes letters at unix:/],
] as const) {
  test(`exit status ${status}: ${JSON.stringify(words.join(' '))}`, async () => {
    const ended = await deliver(words, input);
    assert.equal(ended.status, status, ended.stderr);
    assert.match(ended.stderr, said);
    assert.equal(ended.stdout, '');
  });
}

test('who may not look into the data folder names the address', async (t) => {
  const data = join(temporaryFolder(), 'closed');
  mkdirSync(data);
  symlinkSync('/proc/1/no-such', join(data, 'restante.toml'));
  chmodSync(data, 0);
  t.after(() => chmodSync(data, 0o700));
  const { host, port } = office.lmtp as { host: string; port: number };
  const ended = await runVerb(['deliver', '--to', 'anna', '--lmtp', `${host}:${port}`, '--data', data], LETTER);
  assert.equal(ended.status, 0, ended.stderr);
});

test('while the office is closed a letter is to come again: never lost, never sent back', async () => {
  const data = temporaryFolder();
  // Its own address: at the usual one somebody may be listening.
  writeFileSync(join(data, 'restante.toml'), '[listen]\nlmtp = "unix:none.sock"\n');
  const ended = await runVerb(['deliver', '--to', 'anna', '--data', data], LETTER);
  assert.equal(ended.status, 75, ended.stderr);
  const wrong = join(temporaryFolder(), 'restante.toml');
  writeFileSync(wrong, 'nonsense = 1\n');
  assert.equal((await runVerb(['deliver', '--to', 'anna', '--config', wrong], LETTER)).status, 75);
});
