import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { LmtpClient } from '../testing/lmtp-client.ts';
import { Pop3Client } from '../testing/pop3-client.ts';
import { MAIN } from '../testing/program.ts';
import { RunningOffice, temporaryFolder } from '../testing/running-office.ts';

/** util-linux's `script` makes a terminal; every Debian has it. */
const skip = process.platform !== 'linux' && 'needs the script command of util-linux';

/** Runs a verb on a terminal; at each question, the next of the answers is typed. */
async function onTerminal(words: readonly string[], dialog: readonly (readonly [asked: string, typed: string])[]) {
  const line = [process.execPath, MAIN, ...words].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', line, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const rest = [...dialog];
  let said = '';
  let from = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    const [asked, typed] = rest[0] ?? [];
    const at = asked === undefined ? -1 : said.indexOf(asked, from);
    if (asked === undefined || at === -1) return;
    from = at + asked.length;
    rest.shift();
    child.stdin.write(typed ?? '');
  });
  await once(child, 'close');
  assert.deepEqual(rest, [], said);
  return { status: child.exitCode, said };
}

test('a password is asked for twice, and does not show', { skip }, async (t) => {
  const office = await RunningOffice.start({ data: temporaryFolder() });
  t.after(() => office.close());
  const add = ['account', 'add', 'anna', '--data', office.data];
  const twice = (one: string, two: string) => [
    ['Password: ', `${one}\r`] as const,
    ['The same again: ', `${two}\r`] as const,
  ];

  const different = await onTerminal(add, twice('first try', 'second try'));
  assert.equal(different.status, 1);
  assert.match(different.said, /restante: the two were not the same: nothing was changed/);

  const interrupted = await onTerminal(add, [['Password: ', 'half\u0003']]);
  assert.equal(interrupted.status, 130);

  // The last character typed wrongly and taken back; blanks are part of the password.
  const added = await onTerminal(add, twice(' se cret x\u007f', ' se cret '));
  assert.equal(added.status, 0, added.said);
  for (const { said } of [different, interrupted, added]) assert.ok(!/first try|half|se cret/.test(said), said);
  const client = await Pop3Client.connect(office.place('plain'));
  await client.login('anna', ' se cret ');
  await client.quit();
});

test('remove says what goes, and asks', { skip }, async (t) => {
  const office = await RunningOffice.start({ data: temporaryFolder() });
  t.after(() => office.close());
  await office.addAccount('anna', 'secret');
  const sender = await LmtpClient.connect(office.lmtp);
  await sender.send({ to: ['anna'], octets: Buffer.from('Subject: x\r\n\r\n') });
  await sender.quit();
  const remove = ['account', 'remove', 'anna', '--data', office.data];
  for (const [typed, status] of [
    ['\r', 1],
    ['no\r', 1],
    ['y\r', 0],
  ] as const) {
    const { said, ...ended } = await onTerminal(remove, [['Remove anna and 1 letter, for good? [y/N] ', typed]]);
    assert.equal(ended.status, status, said);
  }
  assert.equal((await office.verb(['account', 'show', 'anna'])).status, 1);
});

test('nothing but data is on stdout, and no colour where there is no terminal', { skip }, async (t) => {
  const office = await RunningOffice.start({ data: temporaryFolder() });
  t.after(() => office.close());
  const list = await office.verb(['account', 'list']);
  assert.match(list.stdout, /^NAME .*\nmail .*\n$/);
  assert.equal(list.stderr, '');
  assert.ok(!office.log.includes('\u001b'));
  const folder = join(temporaryFolder(), 'x');
  const { said } = await onTerminal(['status', '--data', folder], []);
  assert.match(said, /^restante: there is no post office in /);
});
