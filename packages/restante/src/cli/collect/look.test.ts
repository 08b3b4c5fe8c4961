import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { LmtpClient } from '../../testing/lmtp-client.ts';
import { Pop3Client } from '../../testing/pop3-client.ts';
import { RunningOffice, temporaryFolder } from '../../testing/running-office.ts';
import { scriptedPeer } from '../../testing/scripted-peer.ts';

const LETTER =
  'From: Pat <pat@example.org>\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\r\none \u001b[31mred\r\n.dot\r\nthree\r\n';

/** What looks at a maildrop elsewhere and changes nothing there. */
describe('collect check, list, peek, get', () => {
  let office: RunningOffice;
  let folder: string;
  let url: string;

  before(async () => {
    office = await RunningOffice.start();
    folder = temporaryFolder();
    writeFileSync(join(folder, 'password'), 'secret\n', { mode: 0o600 });
    for (const name of ['there', 'here']) await office.addAccount(name, 'secret');
    url = `pops://there@127.0.0.1:${office.pop3s.port}`;
  });
  after(() => office.close());

  const look = (verb: string, word: string, ...more: readonly string[]) => call([verb], word, ...more);
  const call = (verb: readonly string[], word: string, ...more: readonly string[]) =>
    office.verb([
      'collect',
      ...verb,
      word,
      ...more,
      '--password-file',
      join(folder, 'password'),
      '--ca',
      office.certificate,
    ]);

  async function send(octets: string): Promise<void> {
    const client = await LmtpClient.connect(office.lmtp);
    await client.send({ to: ['there'], octets: Buffer.from(octets) });
    await client.quit();
  }

  test('check: 1 when there is nothing, 0 when there is new mail, 1 again when it was collected', async () => {
    const nothing = await look('check', url);
    assert.equal(nothing.status, 1, nothing.stderr);
    assert.equal(nothing.stdout, 'there@127.0.0.1: 0 new letters\n');
    await send(LETTER);
    const some = await look('check', url);
    assert.equal(some.status, 0, some.stderr);
    assert.equal(some.stdout, 'there@127.0.0.1: 1 new letter\n');
    assert.ok(!existsSync(join(office.data, 'collect')), 'nothing was written down');

    const words = ['collect', url, '--to', 'account:here', '--password-file', join(folder, 'password')];
    const collected = await office.verb([...words, '--ca', office.certificate]);
    assert.equal(collected.status, 0, collected.stderr);
    assert.equal((await look('check', url)).status, 1);
    const json = JSON.parse((await look('check', url, '--json')).stdout);
    assert.deepEqual(json, [{ account: 'there@127.0.0.1', new: 0 }]);
  });

  test('check: above 1 when that could not be found out', async () => {
    const wrong = await look('check', url.replace('there', 'nobody'));
    assert.equal(wrong.status, 3, wrong.stderr);
    assert.match(wrong.stderr, /^restante: nobody@127\.0\.0\.1: /);
    const gone = await scriptedPeer(['', '-ERR [SYS/PERM] this mailbox is broken\r\n']);
    const broken = await look('check', `pop://x@127.0.0.1:${gone.address.port}`);
    assert.equal(broken.status, 5, broken.stderr);
    assert.equal((await look('check', 'pops://h')).status, 2);
    const file = join(folder, 'state-is-a-file');
    writeFileSync(file, '');
    const state = join(folder, 'state');
    mkdirSync(state);
    writeFileSync(join(state, `there@127.0.0.1%3a${office.pop3s.port}.journal`), 'this is no journal');
    const damaged = await look('check', url, '--state', state);
    assert.equal(damaged.status, 5, `${damaged.status} ${damaged.stderr}`);
  });

  test('list: what is there, and what is known of it here', async () => {
    await send('Subject: new\r\n\r\nnew\r\n');
    const listed = await look('list', url);
    assert.equal(listed.status, 0, listed.stderr);
    assert.match(
      listed.stdout,
      /^NUMBER +OCTETS +STATE +UNIQUE-ID\n +1 +\d+ +kept +[\w-]{22}\n +2 +\d+ +new +[\w-]{22}\n$/,
    );
    const rows = JSON.parse((await look('list', url, '--json')).stdout);
    assert.deepEqual(
      rows.map(({ number, state }: { number: number; state: string }) => [number, state]),
      [
        [1, 'kept'],
        [2, 'new'],
      ],
    );
  });

  test('list: a letter of which only the header is here is not shown as kept', async () => {
    const state = join(folder, 'headers');
    const headers = [
      '--max-size',
      '1',
      '--larger',
      'headers',
      '--state',
      state,
      '--to',
      `maildir:${folder}/headers-dir`,
    ];
    assert.equal((await call([], url, ...headers)).status, 0);
    const rows = JSON.parse((await look('list', url, '--state', state, '--json')).stdout);
    assert.deepEqual(
      rows.map((row: { state: string }) => row.state),
      ['header kept', 'header kept'],
    );
  });

  test('peek: decoded, and harmless to the terminal', async () => {
    const peeked = await look('peek', url, '1');
    assert.equal(peeked.status, 0, peeked.stderr);
    assert.match(
      peeked.stdout,
      /^From: Pat <pat@example\.org>\nSubject: Grüße\n\none \\u\{1b\}\[31mred\n\.dot\nthree\n$/,
    );
    const less = JSON.parse((await look('peek', url, '1', '--lines', '1', '--json')).stdout);
    assert.deepEqual([less.number, less.subject, less.text.trim()], [1, 'Grüße', 'one \\u{1b}[31mred']);
    const raw = await look('peek', url, '1', '--raw', '--lines', '1');
    assert.match(raw.stdout, /^Subject: =\?utf-8\?Q\?Gr=C3=BC=C3=9Fe\?=\n\none \\u\{1b\}\[31mred\n$/m);
    assert.ok(!raw.stdout.includes('\u001b'));
    assert.equal((await look('peek', url, '1', '--lines', 'all')).status, 2);
  });

  test('peek: a server without TOP', async () => {
    const peer = await scriptedPeer(
      ['', '+OK\r\n'],
      ['CAPA\r\n', '-ERR\r\n'],
      ['USER x\r\n', '+OK\r\n'],
      ['PASS secret\r\n', '+OK\r\n'],
      ['CAPA\r\n', '-ERR\r\n'],
      ['TOP 1 20\r\n', '-ERR unknown command\r\n'],
    );
    const secret = ['--password-file', join(folder, 'password')];
    const place = `pop://x@127.0.0.1:${peer.address.port}`;
    const { status, stderr } = await office.verb(['collect', 'peek', place, '1', '--tls', 'none', ...secret]);
    assert.equal(status, 1, stderr);
    assert.match(stderr, /the server has no TOP: restante collect get fetches all of the letter/);
  });

  test('get: octet for octet, whole or not at all, and never in the place of something', async () => {
    const reader = await Pop3Client.connect(office.place('TLS'));
    await reader.login('there', 'secret');
    const octets = await reader.retrieve(1);
    await reader.quit();
    const printed = await look('get', url, '1');
    assert.equal(printed.status, 0, printed.stderr);
    assert.deepEqual(Buffer.from(printed.stdout), octets);
    const file = join(folder, 'letter.eml');
    const got = await look('get', url, '1', '--output', file);
    assert.equal(got.status, 0, got.stderr);
    assert.deepEqual(readFileSync(file), octets);
    assert.match(got.stderr, /octets, SHA-256 [0-9a-f]{64}$/m);
    const again = await look('get', url, '2', '--output', file);
    assert.equal(again.status, 1);
    assert.match(again.stderr, /is there already: name another with --output/);
    assert.deepEqual(readFileSync(file), octets);
    const none = await look('get', url, '9', '--output', join(folder, 'none.eml'));
    assert.equal(none.status, 1, none.stderr);
    assert.ok(!existsSync(join(folder, 'none.eml')));
    for (const wrong of ['0', '1.5', 'x', '-1']) assert.equal((await look('get', url, wrong)).status, 2, wrong);
  });

  test('get: a letter that breaks off leaves nothing', async () => {
    const peer = await scriptedPeer(
      ['', '+OK\r\n'],
      ['CAPA\r\n', '+OK\r\nUSER\r\n.\r\n'],
      ['USER x\r\n', '+OK\r\n'],
      ['PASS secret\r\n', '+OK\r\n'],
      ['CAPA\r\n', '+OK\r\nUSER\r\n.\r\n'],
      ['RETR 1\r\n', '+OK\r\nSubject: x\r\n\r\nhalf a let'],
    );
    const file = join(folder, 'half.eml');
    const place = `pop://x@127.0.0.1:${peer.address.port}`;
    const secret = ['--password-file', join(folder, 'password')];
    const broken = await office.verb(['collect', 'get', place, '1', '--tls', 'none', '--output', file, ...secret]);
    assert.equal(broken.status, 4, broken.stderr);
    assert.ok(!existsSync(file));
    assert.ok(!(await peer.heard()).includes('QUIT'), 'QUIT is never sent because of an error');
  });

  test('nothing of all that has changed anything', async () => {
    const listed = JSON.parse((await look('list', url, '--json')).stdout);
    assert.equal(listed.length, 2);
  });
});
