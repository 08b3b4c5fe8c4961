import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { readSettings } from '../config/read-settings.ts';
import { runVerb, temporaryFolder } from '../testing/running-office.ts';
import { makeSelfSigned } from '../tls/self-signed.ts';

/** A configuration in a folder of its own. */
function written(text: string): { readonly folder: string; readonly file: string } {
  const folder = temporaryFolder();
  const file = join(folder, 'restante.toml');
  writeFileSync(file, text);
  return { folder, file };
}

describe('config', () => {
  const text = 'cleartext = "never"\n\n[limits]\nidle = 900\nletter_size = "1 MiB"\n';

  test('shows what is in force, and where each value comes from', async () => {
    const { folder, file } = written(text);
    const shown = await runVerb([
      'config',
      '--data',
      folder,
      '--pop3',
      'off',
      '--lmtp',
      'unix:/run/a',
      '--lmtp',
      '[::1]:24',
    ]);
    assert.equal(shown.status, 0, shown.stderr);
    const row = (key: string) =>
      new RegExp(`^${key.replace('.', '\\.')} +(.*?)  +(.*)$`, 'm').exec(shown.stdout)?.slice(1);
    assert.deepEqual(row('cleartext'), ['"never"', `${file}:1`]);
    assert.deepEqual(row('limits.idle'), ['"15 min"', `${file}:4`]);
    assert.deepEqual(row('limits.letter_size'), ['"1 MiB"', `${file}:5`]);
    assert.deepEqual(row('limits.recipients'), ['1000', 'default']);
    assert.deepEqual(row('listen.pop3'), ['"off"', '--pop3']);
    assert.deepEqual(row('listen.lmtp'), ['["unix:/run/a", "[::1]:24"]', '--lmtp']);
    assert.deepEqual(row('postmaster'), ['(the first account)', 'default']);
    assert.deepEqual(row('tls.cert'), [JSON.stringify(join(folder, 'tls', 'cert.pem')), 'default']);
    assert.deepEqual(readdirSync(folder), ['restante.toml'], 'nothing was made');
  });

  test('--toml is a configuration that means the same, tables with names too', async () => {
    const account =
      '[collect.account."anna@example.org"]\nurl = "pops://anna@h"\nto = "maildir:/m"\nafterwards = "delete"\n';
    const { folder, file } = written(text + account);
    const listed = await runVerb(['config', '--data', folder]);
    assert.match(
      listed.stdout,
      new RegExp(`^collect\\.account\\."anna@example\\.org"\\.afterwards +"delete" +${file}:9$`, 'm'),
    );
    const shown = await runVerb(['config', '--data', folder, '--toml', '--pop3', '0.0.0.0:110']);
    const again = readSettings({ text: shown.stdout, folder: '/' });
    const expected = readSettings({ text: `listen.pop3 = "0.0.0.0:110"\n${text}${account}`, folder: '/' });
    assert.ok(again.type === 'settings' && expected.type === 'settings', shown.stdout);
    assert.deepEqual(again.settings, expected.settings);
  });

  test('--json tells a program', async () => {
    const { folder, file } = written(text);
    const shown = JSON.parse((await runVerb(['config', '--data', folder, '--json', '--pop3', 'off'])).stdout);
    assert.equal(shown.data, folder);
    assert.equal(shown.file, file);
    assert.deepEqual(shown.settings['limits.idle'], { value: '15 min', from: 'file', line: 4 });
    assert.deepEqual(shown.settings['listen.pop3'], { value: 'off', from: 'option', option: '--pop3' });
    assert.deepEqual(shown.settings['limits.sessions'], { value: 10_000, from: 'default' });
    assert.deepEqual(shown.settings['postmaster'], { value: null, from: 'default' });
  });

  test('a mistake in it is told with its line, as serve does', async () => {
    const { folder, file } = written('# mine\nlimits.idle = "9 min"\n\n[listen]\npop4 = "off"\n');
    for (const verb of ['config', 'serve']) {
      const shown = await runVerb([verb, '--data', folder]);
      assert.equal(shown.status, 2);
      assert.match(shown.stderr, new RegExp(`^restante: ${file}: line 2: limits\\.idle must be `, 'm'));
      assert.match(
        shown.stderr,
        new RegExp(`^restante: ${file}: line 5: listen\\.pop4 is not a setting: did you mean`, 'm'),
      );
    }
  });
});

describe('config check', () => {
  let cert: string;
  let key: string;
  before(async () => {
    const folder = temporaryFolder();
    cert = join(folder, 'cert.pem');
    key = join(folder, 'key.pem');
    await makeSelfSigned({ cert, key }, 'post.example');
  });

  test('all is well: what was looked at, and exit status 0', async () => {
    const { file, folder } = written(`tls.cert = "${cert}"\ntls.key = "${key}"\nlisten.pop3 = "0.0.0.0:0"\n`);
    const checked = await runVerb(['config', 'check', file]);
    assert.equal(checked.status, 0, checked.stdout);
    assert.equal(checked.stdout, `${file} is well: 3 settings, 1 certificate, 4 listeners\n`);
    assert.deepEqual(readdirSync(folder), ['restante.toml']);
  });

  test('every problem is told with its line, and exit status 2', async () => {
    const { file } = written('limits.idle = 1\nlog.levl = "info"\ntls.cert = "a"\n');
    const checked = await runVerb(['config', 'check', file]);
    assert.equal(checked.status, 2);
    assert.equal(checked.stderr, '');
    const lines = checked.stdout.trimEnd().split('\n');
    assert.equal(lines.length, 3);
    assert.ok(lines[0]?.startsWith(`${file}: line 1: limits.idle must be`), lines[0]);
    assert.ok(lines[1]?.startsWith(`${file}: line 2: log.levl is not a setting: did you mean log.level?`), lines[1]);
    assert.ok(lines[2]?.startsWith(`${file}: tls.key is missing`), lines[2]);
  });

  test('certificates, and addresses that are not to be had', async () => {
    const { file } = written(
      `tls.cert = "${cert}"\ntls.key = "${cert}"\n[[tls.also]]\ncert = "none.pem"\nkey = "${key}"\n` +
        '[listen]\npop3 = ["192.0.2.1:110", "127.0.0.1:7110"]\npop3s = "127.0.0.1:7110"\nlmtp = "unix:/no/such/folder/lmtp.sock"\n' +
        '[lmtp]\nsocket_group = "no-such-group"\n',
    );
    const { status, stdout } = await runVerb(['config', 'check', file]);
    assert.equal(status, 2);
    for (const said of [
      /tls\.key: .*cert\.pem is not a private key/,
      /tls\.also\[0\]\.cert: .*none\.pem cannot be read: no such file/,
      /listen\.pop3: 192\.0\.2\.1:110: this machine has no such address/,
      /listen\.pop3s: 127\.0\.0\.1:7110 is named in listen\.pop3 already/,
      /listen\.lmtp: .*the folder \/no\/such\/folder cannot be used/,
      /lmtp\.socket_group: this machine has no group no-such-group: make the group, or name another/,
    ]) {
      assert.match(stdout, said);
    }
  });

  test('of several domains the one that is none is named', async () => {
    const { file } = written('domains = ["example.org", "exa mple.org"]\n');
    const { stdout } = await runVerb(['config', 'check', file]);
    assert.match(stdout, /line 1: domains must be an array of domain names: "exa mple\.org" is none$/m);
  });

  test('what is no verb of it, and no option, is told with where to read what there is', async () => {
    for (const [words, said] of [
      [['config', 'chek'], 'restante: "chek" is more than it takes: see restante config --help\n'],
      [['config', '--tomll'], "restante: unknown option '--tomll' (Did you mean --toml?)\n"],
      [['account', 'add'], "restante: missing required argument 'name': see restante account add --help\n"],
    ] as const) {
      const { status, stderr } = await runVerb([...words]);
      assert.deepEqual({ status, stderr }, { status: 2, stderr: said });
    }
  });

  test('for a program; a file that is not there; the one in force', async () => {
    const { file, folder } = written('limits.idle = 1\n');
    const document = JSON.parse((await runVerb(['config', 'check', file, '--json'])).stdout);
    assert.equal(document.file, file);
    assert.equal(document.problems[0].line, 1);
    assert.equal((await runVerb(['config', 'check', join(folder, 'none.toml')])).status, 2);
    assert.equal((await runVerb(['config', 'check', '--data', folder])).status, 2, 'the one in the data folder');
    const empty = temporaryFolder();
    assert.match((await runVerb(['config', 'check', '--data', empty])).stdout, /is not there, and need not be/);
    assert.ok(!existsSync(join(empty, 'tls')));
  });
});
