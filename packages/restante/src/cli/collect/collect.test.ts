import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { LmtpClient } from '../../testing/lmtp-client.ts';
import { RunningOffice, runVerb, temporaryFolder } from '../../testing/running-office.ts';
import { scriptedPeer } from '../../testing/scripted-peer.ts';
import { type Schema, schemaProblems } from './json-schema.test-support.ts';

/**
 * The program as people run it: from an office, over TLS, into accounts of the same office. Each test has maildrops of its
 * own there.
 */
describe('collect', () => {
  let office: RunningOffice;
  let folder: string;
  let names = 0;

  before(async () => {
    office = await RunningOffice.start();
    folder = temporaryFolder();
    writeFileSync(join(folder, 'password'), 'secret\n', { mode: 0o600 });
  });
  after(() => office.close());

  /** A maildrop elsewhere with so many letters, and an account here for them. */
  async function two(letters: number) {
    names += 1;
    const [there, here] = [`there${names}`, `here${names}`];
    for (const name of [there, here]) await office.addAccount(name, 'secret');
    await send(there, letters);
    const { port } = office.pop3s;
    return { there, here, url: `pops://${there}@127.0.0.1:${port}` };
  }

  async function send(to: string, letters: number): Promise<void> {
    const client = await LmtpClient.connect(office.lmtp);
    for (let number = 1; number <= letters; number += 1) {
      const octets = Buffer.from(`Message-ID: <${number}.${to}@x>\r\nSubject: ${number}\r\n\r\nletter ${number}\r\n`);
      await client.send({ to: [to], octets });
    }
    await client.quit();
  }

  const trust = () => ['--ca', office.certificate];
  const secret = () => ['--password-file', join(folder, 'password')];
  const collect = (...words: readonly string[]) => office.verb(['collect', ...words]);
  const lettersOf = async (name: string): Promise<number> =>
    JSON.parse((await office.verb(['account', 'show', name, '--json'])).stdout).letters;

  test('fetches every letter once, and deletes what earlier runs kept when it is told to', async () => {
    const { there, here, url } = await two(3);
    const words = [url, '--to', `account:${here}`, ...secret(), ...trust()];
    const first = await collect(...words);
    assert.equal(first.status, 0, first.stderr);
    assert.match(
      first.stdout,
      /^ACCOUNT +KEPT +OCTETS +DELETED +LEFT +FAILED +HELD +SECONDS +RESULT\n\S+ +3 .* done\n$/,
    );
    const again = await collect(...words);
    assert.match(again.stdout, /\n\S+ +0 +0 +0 +3 /);
    assert.deepEqual([await lettersOf(there), await lettersOf(here)], [3, 3]);

    const last = await collect(...words, '--delete');
    assert.match(last.stdout, /\n\S+ +0 +0 +3 +0 /);
    assert.deepEqual([await lettersOf(there), await lettersOf(here)], [0, 3]);
  });

  test('--dry-run says what would be done, and does nothing', async () => {
    const { there, here, url } = await two(2);
    const state = join(folder, 'dry');
    const words = [url, '--to', `account:${here}`, ...secret(), ...trust(), '--state', state, '--dry-run'];
    const shown = await collect(...words, '--delete', '--last', '1');
    assert.equal(shown.status, 0, shown.stderr);
    assert.match(shown.stdout, /^NUMBER +OCTETS +WHAT +WHY +UNIQUE-ID\n/);
    assert.match(shown.stdout, /^1 .* leave +/m);
    assert.match(shown.stdout, /^2 .* fetch, delete +/m);
    assert.ok(!existsSync(state), 'no journal was made');
    assert.deepEqual([await lettersOf(there), await lettersOf(here)], [2, 0]);
    const json = await collect(...words, '--json');
    const events = json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      events.filter(({ event }) => event === 'planned').map(({ action, number }) => [action, number]),
      [
        ['fetch', 1],
        ['fetch', 2],
      ],
    );
  });

  test('--json prints one event a line, each as the schema says', async () => {
    const { here, url } = await two(2);
    const words = [url, '--to', `account:${here}`, ...secret(), ...trust(), '--delete', '--json'];
    const { status, stdout, stderr } = await collect(...words);
    assert.equal(status, 0, stderr);
    assert.equal(stderr, '');
    const file = new URL('../../../../../docs/collect-events.schema.json', import.meta.url);
    const schema = JSON.parse(readFileSync(file, 'utf8')) as Schema;
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    for (const event of events) assert.deepEqual(schemaProblems(schema, event), [], JSON.stringify(event));
    const kinds = events.map(({ event }) => event);
    assert.deepEqual(kinds, ['connected', 'listed', 'kept', 'kept', 'deleted', 'finished']);
    const { kept, deleted, left, result } = events.at(-1);
    assert.deepEqual({ kept, deleted, left, result }, { kept: 2, deleted: 2, left: 0, result: 'done' });
  });

  test('many accounts of the configuration, side by side; the most serious status counts', async () => {
    const [one, other] = [await two(1), await two(2)];
    const dead = await scriptedPeer(['', '-ERR [SYS/TEMP] not now\r\n']);
    const file = join(folder, 'many.toml');
    const account = (name: string, url: string, to: string, more = '') =>
      `[collect.account.${name}]\nurl = "${url}"\nto = "account:${to}"\npassword_file = "password"\nca = "${office.certificate}"\n${more}`;
    const good = account('one', one.url, one.here) + account('other', other.url, other.here, 'afterwards = "delete"\n');
    writeFileSync(file, `collect.state = "many"\n${good}`);
    const all = await collect('--config', file);
    assert.equal(all.status, 0, all.stderr);
    assert.match(all.stdout, /\none +1 .*\nother +2 .* done\n$/);
    assert.ok(existsSync(join(folder, 'many')), 'the state is where the configuration says');

    const busy = `[collect.account.busy]\nurl = "pop://x@127.0.0.1:${dead.address.port}"\nto = "account:${one.here}"\npassword_file = "password"\ntls = "none"\n`;
    writeFileSync(file, `collect.state = "many"\n${good}${busy}`);
    const later = await collect('--config', file);
    assert.equal(later.status, 75, later.stderr);
    assert.match(later.stderr, /^restante: busy: 127\.0\.0\.1.*\[SYS\/TEMP\] not now/m);

    const wrong = account('wrong', other.url.replace('://', '://no'), one.here);
    writeFileSync(file, `collect.state = "many"\n${good}${wrong}`);
    const login = await collect('--config', file);
    assert.equal(login.status, 3, login.stderr);
    assert.match(login.stderr, /^restante: wrong: .*: check the user in the URL and the password/m);
    // By its name only that one is called; the command line beats the configuration.
    const named = await collect('other', '--config', file, '--keep', '--dry-run');
    assert.equal(named.status, 0, named.stderr);
    assert.equal(named.stdout, 'there is nothing to do\n');
  });

  test('a command after new mail: once a run, with what came; not when nothing came', async () => {
    const { here, url } = await two(2);
    const told = join(folder, 'told');
    const hook = `echo "$RESTANTE_ACCOUNTS $RESTANTE_KEPT $RESTANTE_FAILED" >> '${told}'; exit 3`;
    const words = [url, '--to', `account:${here}`, ...secret(), ...trust(), '--exec', hook];
    const first = await collect(...words);
    assert.equal(first.status, 0, 'that it fails changes nothing');
    assert.match(first.stderr, /^restante: the command after new mail ended with status 3$/m);
    await collect(...words);
    assert.match(readFileSync(told, 'utf8'), /^there\d+@127\.0\.0\.1 2 0\n$/);
  });

  test('a password that is in the environment is not there for commands after new mail', async (t) => {
    const { here, url } = await two(1);
    process.env['RESTANTE_TEST_HOOK'] = 'secret';
    t.after(() => delete process.env['RESTANTE_TEST_HOOK']);
    const told = join(folder, 'environment');
    const words = [url, '--to', `account:${here}`, ...trust(), '--password-env', 'RESTANTE_TEST_HOOK'];
    const { status, stderr } = await collect(...words, '--exec', `env > '${told}'`);
    assert.equal(status, 0, stderr);
    const environment = readFileSync(told, 'utf8');
    assert.match(environment, /^RESTANTE_KEPT=1$/m);
    assert.ok(!environment.includes('RESTANTE_TEST_HOOK'));
  });

  test('--every calls again and again until it is ended, in good order', async () => {
    const { here, url } = await two(1);
    const told = join(folder, 'every');
    // The first round's hook ends the process as systemd would: its parent is the collector.
    const hook = `echo "$RESTANTE_KEPT" >> '${told}'; kill -TERM $PPID`;
    const words = [url, '--to', `account:${here}`, ...secret(), ...trust(), '--every', '1h', '--exec', hook];
    const { status, stdout, stderr } = await collect(...words);
    assert.equal(status, 0, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^restante: there\d+@127\.0\.0\.1: 1 letter kept \(\d+ octets\)$/m);
    assert.equal(readFileSync(told, 'utf8'), '1\n');
  });

  test('--retry tries once more what was given up', async () => {
    const { here, url } = await two(1);
    const state = join(folder, 'retry');
    const words = [url, ...secret(), ...trust(), '--state', state];
    const config = join(folder, 'retry.toml');
    writeFileSync(
      config,
      `[collect.account.a]\nurl = "${url}"\nto = "command:exit 65"\npassword_file = "password"\nca = "${office.certificate}"\nattempts = 1\n`,
    );
    const failed = await collect('a', '--config', config, '--state', state);
    assert.equal(failed.status, 1, failed.stderr);
    const listed = await collect('list', ...words);
    assert.match(listed.stdout, /^ +1 +\d+ +given-up +\S+$/m);
    const plain = await collect(...words, '--to', `account:${here}`);
    assert.equal(await lettersOf(here), 0, plain.stdout);
    const again = await collect(...words, '--to', `account:${here}`, '--retry');
    assert.equal(again.status, 0, again.stderr);
    assert.equal(await lettersOf(here), 1);
  });

  test('mistakes are told all at once, before anybody is called', async () => {
    const { status, stdout, stderr } = await collect(
      'pops://a@h',
      '--to',
      'maildr:x',
      '--timeout',
      'soon',
      '--pin',
      'abc',
    );
    assert.equal(status, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^restante: --pin must be SHA-256 .*\nrestante: --timeout must be a time/);
    const both = await collect('pops://a@h', '--to', 'maildir:x', '--keep', '--delete');
    assert.match(both.stderr, /--keep.*cannot be used with.*--delete/);
    const below = await collect('list', 'pops://a@h', '--to', 'maildir:x');
    assert.match(below.stderr, /^restante: --to is for restante collect, and not for restante collect list: see/);
  });

  test('a server that cannot be reached, or is not to be trusted, has status 4 and a remedy', async () => {
    const { there } = await two(0);
    const peer = await scriptedPeer(['', '+OK\r\n'], ['CAPA\r\n', '+OK\r\nUSER\r\n.\r\n']);
    const plain = await collect(`pop://x@127.0.0.1:${peer.address.port}`, '--to', `account:${there}`, ...secret());
    assert.equal(plain.status, 4, plain.stderr);
    assert.match(plain.stderr, /offers no STLS.*: try pops:\/\/.*; --tls none is the consent to none$/m);
    assert.ok(!(await peer.heard()).includes('USER x'), 'STLS-12: nothing was said in the clear');

    const url = `pops://${there}@127.0.0.1:${office.pop3s.port}`;
    const unknown = await collect(url, '--to', `account:${there}`, ...secret());
    assert.equal(unknown.status, 4, unknown.stderr);
    const [, pin = ''] = /\(its SHA-256 is ([0-9a-f]{64})\): .*--pin SHA256/.exec(unknown.stderr) ?? [];
    const pinned = await collect(url, '--to', `account:${there}`, ...secret(), '--pin', pin);
    assert.equal(pinned.status, 0, 'TLS-17: the fingerprint that was told is the one to trust');
    const other = await collect(url, '--to', `account:${there}`, ...secret(), '--pin', '00'.repeat(32));
    assert.equal(other.status, 4, other.stderr);
  });

  test('where secrets come from, and that they go nowhere else', async (t) => {
    const { there, here, url } = await two(0);
    const words = [url, '--to', `account:${here}`, ...trust()];
    process.env['RESTANTE_TEST_PASSWORD'] = 'secret';
    t.after(() => delete process.env['RESTANTE_TEST_PASSWORD']);
    for (const source of [
      ['--password-env', 'RESTANTE_TEST_PASSWORD'],
      ['--password-command', "printf 'secret\\nmore\\n'"],
      secret(),
    ]) {
      const { status, stdout, stderr } = await collect(...words, ...source);
      assert.equal(status, 0, stderr);
      assert.ok(!`${stdout}${stderr}`.includes('secret'));
    }
    const refused = async (...source: readonly string[]) => {
      const { status, stderr } = await collect(...words, ...source);
      assert.equal(status, 3, stderr);
      return stderr;
    };
    assert.match(await refused('--password-env', 'NOBODY_SET_IT'), /the variable NOBODY_SET_IT is not set/);
    const failing = await refused('--password-command', 'echo geheim; exit 7');
    assert.match(failing, /the command for the password ended with status 7/);
    assert.ok(!failing.includes('geheim'));
    assert.match(await refused('--password-file', join(folder, 'none')), /cannot be read from .*none: no such file/);
    const open = join(folder, 'open-to-all');
    writeFileSync(open, 'geheim\n');
    chmodSync(open, 0o644);
    const readable = await refused('--password-file', open);
    assert.match(readable, /everybody on this machine can read .*: chmod 600 /);
    assert.ok(!readable.includes('geheim'));
    const wrong = await refused('--password-command', 'echo geheim');
    assert.ok(!wrong.includes('geheim'), wrong);
    assert.match(wrong, new RegExp(`^restante: ${there}@127\\.0\\.0\\.1: .*check the user in the URL`, 'm'));
  });

  test('config check covers them: URL, destination, contradictions, each with its line', async () => {
    const file = join(folder, 'check.toml');
    mkdirSync(join(folder, 'data'), { recursive: true });
    writeFileSync(
      file,
      '[collect.account.a]\nurl = "pops://a@h"\nto = "maildr:x"\n\n[collect.account.b]\nurl = "pops://b:geheim@h"\nto = "account:x"\n',
    );
    const { status, stdout } = await runVerb(['config', 'check', file, '--data', join(folder, 'data')]);
    assert.equal(status, 2);
    assert.match(stdout, /line 3: collect\.account\.a\.to: maildr: is no kind of destination/);
    assert.match(stdout, /line 6: collect\.account\.b\.url: .*it has no password/);
    assert.ok(!stdout.includes('geheim'));
  });
});
