import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Pop3Client } from '../testing/pop3-client.ts';
import { RunningOffice, temporaryFolder } from '../testing/running-office.ts';

const RIGHT = 'r1ght-h0rse battery';
const WRONG = 'wr0ng-h0rse battery';

/** The forms in which a password travels. */
function forms(password: string): readonly string[] {
  const plain = Buffer.from(`\0anna\0${password}`);
  return [password, Buffer.from(password).toString('base64'), plain.toString('base64'), plain.toString('hex')];
}

/** Every way to say a password, also where nobody asked for one: each a connection's lines, written at once. */
function dialogs(password: string): readonly (readonly string[])[] {
  const [, word = '', plain = ''] = forms(password);
  const nobody = Buffer.from(`\0nobody\0${password}`).toString('base64');
  const anna = Buffer.from('anna').toString('base64');
  return [
    ['USER anna', `PASS ${password}`, 'STAT'],
    [`PASS ${password}`, password, `USER ${password}`, `PASS ${password}`, `XTND ${password}`],
    [`AUTH PLAIN ${plain}`, `PASS ${password}`],
    [`AUTH PLAIN ${plain}!`, `AUTH PLAIN ${nobody}`, `AUTH ${plain}`],
    ['AUTH LOGIN', anna, word],
    ['AUTH LOGIN', anna, `${word}!`, `NOOP ${password}`],
  ];
}

async function say(client: Pop3Client, lines: readonly string[]): Promise<void> {
  client.socket.write(`${lines.join('\r\n')}\r\nQUIT\r\n`);
  try {
    for (;;) await client.reader.line();
  } catch {
    // The office has closed the connection: all was heard.
  }
  await client.drop();
}

function files(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

for (const [level, format] of [
  ['debug', 'json'],
  ['debug', 'text'],
  ['info', 'json'],
  ['warn', 'text'],
  ['error', 'json'],
  ['silent', 'json'],
] as const) {
  test(`no password is in the log, the output or the data folder (${level}, ${format})`, async () => {
    const config = `limits.failed_logins = 100\nlog = { level = "${level}", format = "${format}" }\n`;
    const office = await RunningOffice.start({ data: temporaryFolder(), config });
    try {
      await office.addAccount('anna', RIGHT);
      for (const mode of ['plain', 'STLS', 'TLS'] as const) {
        for (const lines of [...dialogs(RIGHT), ...dialogs(WRONG)]) {
          await say(await Pop3Client.connect(office.place(mode)), lines);
        }
      }
      await office.stop();
      if (level === 'debug' || level === 'info') {
        assert.equal(
          office.log.match(/"?account"?[=:]"?anna/g)?.length,
          18,
          'three ways of logging in, thrice, well and badly',
        );
      }
      const places = [
        ['the output', office.log],
        ...files(office.data).map((file) => [file, readFileSync(file, 'latin1')]),
      ];
      for (const [place, text] of places) {
        for (const form of [...forms(RIGHT), ...forms(WRONG)]) assert.ok(!text?.includes(form), `${form} in ${place}`);
      }
    } finally {
      await office.close();
    }
  });
}
