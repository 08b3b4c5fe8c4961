import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LmtpClient } from '../../testing/lmtp-client.ts';
import { MAIN } from '../../testing/program.ts';
import { RunningOffice, temporaryFolder } from '../../testing/running-office.ts';

/** util-linux's `script` makes a terminal; every Debian has it. */
const skip = process.platform !== 'linux' && 'needs the script command of util-linux';

/** Runs a verb on a terminal of 100 columns; what is asked for is typed. */
async function onTerminal(
  words: readonly string[],
  [asked, typed]: readonly [asked: string, typed: string] = ['', ''],
) {
  const line = ['stty cols 100 rows 24;', process.execPath, MAIN, ...words.map((word) => `'${word}'`)].join(' ');
  const child = spawn('script', ['-qec', line, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let said = '';
  let waiting = asked !== '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (waiting && said.includes(asked)) {
      waiting = false;
      child.stdin.write(typed);
    }
  });
  await once(child, 'close');
  return { status: child.exitCode, said };
}

test('on a terminal: the password is asked for without an echo, lines tell how far it is, a table what came', {
  skip,
}, async (t) => {
  const office = await RunningOffice.start();
  t.after(() => office.close());
  for (const name of ['there', 'here']) await office.addAccount(name, 'geheim');
  const sender = await LmtpClient.connect(office.lmtp);
  await sender.send({ to: ['there'], octets: Buffer.from('Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\r\nx\r\n') });
  await sender.quit();
  const url = `pops://there@127.0.0.1:${office.pop3s.port}`;
  const rest = ['--ca', office.certificate, '--data', office.data];
  const question = ['Password of there@127.0.0.1: ', 'geheim\r'] as const;

  const interrupted = await onTerminal(['collect', url, '--to', 'account:here', ...rest], [question[0], 'geh\u0003']);
  assert.equal(interrupted.status, 130, interrupted.said);

  const collected = await onTerminal(['collect', url, '--to', 'account:here', ...rest], question);
  assert.equal(collected.status, 0, collected.said);
  assert.match(collected.said, /there@127\.0\.0\.1 {2}connected, reading the list/);
  assert.match(collected.said, /ACCOUNT +KEPT .*\r\nthere@127\.0\.0\.1 +1 .* done\r\n$/);

  const listed = await onTerminal(['collect', 'list', url, ...rest], question);
  assert.match(listed.said, /NUMBER +OCTETS +STATE +DATE +SUBJECT +UNIQUE-ID\r\n.* kept .* Grüße /);
  for (const { said } of [interrupted, collected, listed]) assert.ok(!/geh/.test(said), said);
});

test('where JSON is wanted nothing is drawn, on a terminal either', { skip }, async (t) => {
  const office = await RunningOffice.start();
  t.after(() => office.close());
  for (const name of ['there', 'here']) await office.addAccount(name, 'geheim');
  const password = join(temporaryFolder(), 'password');
  writeFileSync(password, 'geheim\n', { mode: 0o600 });
  const url = `pops://there@127.0.0.1:${office.pop3s.port}`;
  const words = ['collect', url, '--to', 'account:here', '--ca', office.certificate, '--data', office.data];
  const json = await onTerminal([...words, '--password-file', password, '--json']);
  assert.equal(json.status, 0, json.said);
  for (const line of json.said.trim().split('\r\n')) assert.equal(typeof JSON.parse(line).event, 'string');
});
