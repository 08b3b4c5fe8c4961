import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { test } from 'node:test';
import type { CollectAccountSettings } from './collect-settings.ts';
import { type ReadSettings, readSettings } from './read-settings.ts';

const GOOD = '[collect.account.anna]\nurl = "pops://anna@pop.example.org"\nto = "maildir:Mail"\n';

function read(text: string): ReadSettings {
  return readSettings({ text, folder: '/etc/restante' });
}

function accountOf(more: string, name = 'anna'): CollectAccountSettings {
  const found = read(GOOD + more);
  assert.ok(found.type === 'settings', JSON.stringify(found));
  const account = found.settings['collect.account'].get(name);
  assert.ok(account);
  return account;
}

function problemsOf(text: string): readonly string[] {
  const found = read(text);
  assert.ok(found.type === 'wrong', text);
  return found.problems.map(({ line, message }) => `${line ?? '-'}: ${message}`);
}

test('a table with a name of its own is an account, and the rest is as it comes', () => {
  const account = accountOf('');
  assert.equal(account.url, 'pops://anna@pop.example.org');
  assert.equal(account.to, 'maildir:/etc/restante/Mail', 'paths count from the file');
  assert.deepEqual(account.afterwards, { type: 'keep' }, 'nothing is deleted unless somebody says so');
  assert.deepEqual(account.first_run, { type: 'all' });
  assert.equal(account.tls, undefined);
});

test('all that an account may say', () => {
  const account = accountOf(`
    password_file = "~/secrets/anna"
    auth = ["SCRAM-SHA-256", "PLAIN"]
    ca = "ca.pem"
    pin = "${'ab'.repeat(32)}"
    client_cert = "c.pem"
    client_key = "/k.pem"
    afterwards = "delete after 14 d"
    first_run = "last 100"
    max_size = "20 MiB"
    larger = "headers"
    timeout = "30 s"
    exec = "notmuch new"
    [collect.account.anna.multidrop]
    header = "Delivered-To"
    map = { "info@example.org" = "maildir:/srv/info" }
  `);
  assert.equal(account.password_file, `${homedir()}/secrets/anna`);
  assert.equal(account.ca, '/etc/restante/ca.pem');
  assert.deepEqual(account.pin, ['ab'.repeat(32)]);
  assert.deepEqual(account.afterwards, { type: 'delete-after', milliseconds: 14 * 86_400_000 });
  assert.deepEqual(account.first_run, { type: 'last', letters: 100 });
  assert.equal(account.max_size, 20 * 2 ** 20);
  assert.equal(account.timeout, 30_000);
  assert.equal(account['multidrop.header'], 'Delivered-To');
  assert.deepEqual([...(account['multidrop.map'] ?? [])], [['info@example.org', 'maildir:/srv/info']]);
});

test('a day begins here at midnight; a time may have its zone', () => {
  const since = (day: string) => accountOf(`first_run = "since ${day}"`).first_run;
  assert.deepEqual(since('2026-01-31'), { type: 'since', time: new Date(2026, 0, 31).getTime() });
  assert.deepEqual(since('2026-01-31T12:00Z'), { type: 'since', time: Date.UTC(2026, 0, 31, 12) });
  for (const wrong of ['2026-02-30', 'yesterday', '2026-13-01', '31.1.2026']) {
    assert.match(String(problemsOf(`${GOOD}first_run = "since ${wrong}"`)), /first_run must be "all"/, wrong);
  }
});

test('accounts stand in the order of the file, under names that may be addresses', () => {
  const found = read(`[collect.account."b@example.org"]\nurl = "pop://b@h"\nto = "account:b"\n${GOOD}`);
  assert.ok(found.type === 'settings', JSON.stringify(found));
  assert.deepEqual([...found.settings['collect.account'].keys()], ['b@example.org', 'anna']);
});

test('a mistake is told with its line, its whole key, and what was meant', () => {
  assert.deepEqual(problemsOf(`${GOOD}pasword_file = "x"`), [
    '4: collect.account.anna.pasword_file is not a setting: did you mean collect.account.anna.password_file?',
  ]);
  assert.deepEqual(problemsOf(`${GOOD}multidrop.heder = "x"`), [
    '4: collect.account.anna.multidrop.heder is not a setting: did you mean collect.account.anna.multidrop.header?',
  ]);
  assert.deepEqual(problemsOf(`${GOOD}afterwards = "burn"`), [
    '4: collect.account.anna.afterwards must be "keep", "delete", or "delete after 14 d"',
  ]);
  assert.deepEqual(problemsOf(`${GOOD}tls = "startls"`), [
    '4: collect.account.anna.tls must be one of "implicit", "starttls", "none": did you mean "starttls"?',
  ]);
  assert.deepEqual(problemsOf('[collect.acount.anna]\nurl = "pop://a@b"'), [
    '2: collect.acount.anna.url is not a setting',
  ]);
  assert.deepEqual(problemsOf('collect.account = 3'), [
    '1: collect.account must be tables, each with a name: [collect.account.NAME]',
  ]);
  assert.deepEqual(problemsOf('[collect.account]\nurl = "pop://a@b"'), [
    '2: collect.account.url must be a table with a name: [collect.account.NAME]',
  ]);
  assert.deepEqual(problemsOf('[collect]\nevry = "5m"'), [
    '2: collect.evry is not a setting: did you mean collect.every?',
  ]);
});

test('a name that is a word of the command line, or none at all, is refused', () => {
  for (const name of ['check', 'list', 'peek', 'get', '"a b"', '"-a"', '"\\u001b[31m"', '""', '"a/b"']) {
    const [problem, ...others] = problemsOf(`[collect.account.${name}]\nurl = "pop://a@b"\nto = "account:a"`);
    assert.match(problem ?? '', /^1: .+: NAME must be a name of letters, digits/, name);
    assert.deepEqual(others, []);
  }
});

test('a secret in the file is refused with the remedy, and not repeated', () => {
  for (const key of ['password', 'pass', 'token']) {
    const [problem] = problemsOf(`${GOOD}${key} = "geheim"`);
    assert.match(problem ?? '', /^4: collect\.account\.anna\.\w+ is refused, .* write (password|token)_file = "PATH"/);
    assert.ok(!problem?.includes('geheim'));
  }
});

test('what goes together, and what does not', () => {
  const wrong = (more: string) => problemsOf(GOOD + more).join('\n');
  assert.match(wrong('password_file = "a"\ntoken_command = "b"'), /^5: .*token_command contradicts password_file/);
  assert.match(wrong('client_cert = "a"'), /^4: .*client_cert needs client_key beside it/);
  assert.match(wrong('larger = "headers"'), /^4: .*larger needs max_size beside it/);
  assert.match(wrong('multidrop.prefix = "a"'), /^4: .*multidrop\.prefix needs multidrop\.header/);
  assert.match(wrong('tls = "none"\nca = "x"'), /^4: .*tls is none, so there is no certificate/);
  assert.match(
    problemsOf('[collect.account.a]\nto = "accounts"').join('\n'),
    /^1: collect\.account\.a has no url.*\n2: .*to is accounts/,
  );
  assert.deepEqual(
    problemsOf('[collect.account.a]\nurl = 3'),
    ['2: collect.account.a.url must be an address such as "pops://anna@pop.example.org"'],
    'what a wrong value contradicts nobody can tell',
  );
});
