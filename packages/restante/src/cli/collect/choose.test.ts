import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSettings } from '../../config/read-settings.ts';
import { temporaryFolder } from '../../testing/running-office.ts';
import { UsageError } from '../exit-code.ts';
import type { Places } from '../places.ts';
import { type ChosenAccount, chooseAccounts, stateFolder } from './choose.ts';
import type { GivenOptions } from './options.ts';

/** What the program would know of a configuration with this text. */
function placesWith(text = ''): Places {
  const read = readSettings({ text, folder: '/etc/restante' });
  assert.ok(read.type === 'settings', JSON.stringify(read));
  const configuration = { file: '/etc/restante/restante.toml', exists: text !== '', origins: read.origins };
  return { data: '/data', settings: read.settings, configuration, json: false };
}

interface Line {
  readonly config?: string;
  readonly collects?: boolean;
}

async function chosen(
  words: readonly string[],
  options: GivenOptions,
  line: Line = {},
): Promise<readonly ChosenAccount[]> {
  return chooseAccounts(placesWith(line.config), { words, options, collects: line.collects ?? true });
}

async function one(url: string, options: GivenOptions = {}): Promise<ChosenAccount> {
  const [account, ...others] = await chosen([url], { to: 'maildir:/m', passwordEnv: 'X', ...options });
  assert.deepEqual(others, []);
  assert.ok(account);
  return account;
}

/** All that is wrong, one line each. */
async function mistakes(words: readonly string[], options: GivenOptions = {}, line: Line = {}): Promise<string> {
  try {
    await chosen(words, options, line);
  } catch (thrown) {
    assert.ok(thrown instanceof UsageError, String(thrown));
    return thrown.lines.join('\n');
  }
  throw new Error('there was nothing wrong');
}

const to = { to: 'maildir:/m', passwordEnv: 'X' };

test('URL-07: the scheme says port and TLS', async () => {
  for (const [url, port, secure] of [
    ['pop://a@h', 110, false],
    ['pop3://a@h', 110, false],
    ['pops://a@h', 995, true],
    ['pop3s://a@h', 995, true],
    ['pops://a@h:1995', 1995, true],
  ] as const) {
    const { server } = (await one(url)).account;
    assert.deepEqual([server.port, server.secure], [port, secure], url);
    assert.notEqual(server.requireTLS, secure, 'STLS-12: by STLS or not at all');
    assert.equal(server.allowInsecureAuth, undefined);
  }
});

test('the user may be a whole address, with and without %40', async () => {
  for (const url of ['pops://anna@example.org@h', 'pops://anna%40example.org@h']) {
    const { account } = await one(url);
    assert.equal(account.server.auth?.user, 'anna@example.org');
    assert.equal(account.server.host, 'h');
    assert.equal(account.name, 'anna@example.org');
  }
  assert.equal((await one('pops://anna@h')).account.name, 'anna@h');
});

test('AUTH-23: only --tls none lets a password go out in the clear', async () => {
  const { server } = (await one('pop://a@h', { tls: 'none' })).account;
  assert.deepEqual(
    [server.secure, server.requireTLS, server.ignoreTLS, server.allowInsecureAuth],
    [false, false, true, true],
  );
  const starttls = (await one('pop://a@h', { tls: 'starttls' })).account.server;
  assert.deepEqual([starttls.secure, starttls.requireTLS, starttls.allowInsecureAuth], [false, true, undefined]);
  const named = (await one('pop://a@h:995', { tls: 'implicit' })).account.server;
  assert.equal(named.secure, true, 'a port that was named may be anything’s');
});

test('a --tls that contradicts the scheme is a mistake', async () => {
  assert.match(
    await mistakes(['pops://a@h'], { ...to, tls: 'starttls' }),
    /^--tls contradicts pops:\/\/, which is TLS/,
  );
  assert.match(await mistakes(['pops://a@h'], { ...to, tls: 'none' }), /^--tls contradicts pops:\/\/, which is TLS/);
  assert.match(await mistakes(['pop://a@h'], { ...to, tls: 'implicit' }), /^--tls contradicts pop:\/\/h, where TLS/);
});

test('TLS-17: a pin stands for itself, and with an authority both have to be right', async () => {
  const ca = join(temporaryFolder(), 'ca.pem');
  writeFileSync(ca, '-----BEGIN CERTIFICATE-----\n');
  const pin = 'ab'.repeat(32);
  assert.deepEqual((await one('pops://a@h', { pin: [pin] })).account.server.tls, {
    pins: [pin],
    rejectUnauthorized: false,
  });
  const both = (await one('pops://a@h', { pin: [pin], ca })).account.server.tls;
  assert.equal(both?.rejectUnauthorized, true);
  assert.equal((await one('pops://a@h')).account.server.tls?.rejectUnauthorized, undefined, 'verified by default');
});

test('certificates and keys that cannot be read are mistakes, and so is a key that everybody can read', async () => {
  const folder = temporaryFolder();
  const file = (name: string, text: string, mode = 0o600): string => {
    writeFileSync(join(folder, name), text, { mode });
    chmodSync(join(folder, name), mode);
    return join(folder, name);
  };
  const pem = file('pem', '-----BEGIN CERTIFICATE-----\n');
  assert.match(
    await mistakes(['pops://a@h'], { ...to, ca: join(folder, 'none') }),
    /^a@h: .*none cannot be read: no such/,
  );
  assert.match(await mistakes(['pops://a@h'], { ...to, ca: file('no-pem', 'x') }), /^a@h: there is no PEM in /);
  const open = { ...to, clientCert: pem, clientKey: file('key', '-----BEGIN PRIVATE KEY-----\n', 0o644) };
  assert.match(
    await mistakes(['pops://a@h'], open),
    /^a@h: everybody on this machine can read .*key, which has a private key/,
  );
});

test('what becomes of letters', async () => {
  const policy = async (options: GivenOptions) => (await one('pops://a@h', options)).account.policy;
  assert.deepEqual((await policy({})).afterwards, { type: 'keep' }, 'nothing is deleted unless somebody says so');
  assert.deepEqual((await policy({ delete: true })).afterwards, { type: 'delete' });
  const days = 86_400_000;
  assert.deepEqual((await policy({ deleteAfter: '14d' })).afterwards, {
    type: 'delete-after',
    milliseconds: 14 * days,
  });
  assert.deepEqual((await policy({ last: '100' })).firstRun, { type: 'last', letters: 100 });
  assert.deepEqual((await policy({ markExisting: true })).firstRun, { type: 'mark-existing' });
  const since = { type: 'since', time: new Date(2026, 0, 31).getTime() };
  assert.deepEqual((await policy({ since: '2026-01-31' })).firstRun, since);
  const largest = { octets: 20 * 2 ** 20, larger: 'headers' };
  assert.deepEqual((await policy({ maxSize: '20MiB', larger: 'headers' })).largest, largest);
  assert.equal((await policy({})).largest, undefined);
});

test('the silence that is borne is the same everywhere', async () => {
  const { server } = (await one('pops://a@h', { timeout: '7s' })).account;
  assert.deepEqual([server.connectionTimeout, server.greetingTimeout, server.socketTimeout], [7000, 7000, 7000]);
});

test('URL-04: a method that the URL names is the only one; another by --auth contradicts it', async () => {
  assert.deepEqual((await one('pops://a;AUTH=PLAIN@h')).account.server.auth?.methods, ['PLAIN']);
  assert.deepEqual((await one('pops://a@h', { auth: ['APOP', 'USER'] })).account.server.auth?.methods, [
    'APOP',
    'USER',
  ]);
  assert.equal((await one('pops://a@h')).account.server.auth?.methods, undefined);
  assert.match(await mistakes(['pops://a;AUTH=PLAIN@h'], { ...to, auth: ['USER'] }), /^--auth contradicts ;AUTH=PLAIN/);
});

test('URL-02: a password in a URL is refused, and not repeated', async () => {
  const said = await mistakes(['pops://a:geheim@h'], to);
  assert.match(said, /^the URL: .*it has no password/);
  assert.ok(!said.includes('geheim'));
});

test('a number alone is octets or seconds, as in the configuration', async () => {
  const { account } = await one('pops://a@h', { ...to, maxSize: '300', timeout: '7' });
  assert.equal(account.policy.largest?.octets, 300);
  assert.equal(account.server.socketTimeout, 7000);
});

test('what is wrong with an option is said in the words of the command line, not of the configuration', async () => {
  const said = (options: object) => mistakes(['pops://a@h'], { ...to, ...options });
  assert.equal(await said({ deleteAfter: '14' }), '--delete-after must be a time such as 14d');
  assert.equal(await said({ since: 'yesterday' }), '--since must be a day such as 2026-01-31');
  assert.equal(await said({ last: 'few' }), '--last must be a number of letters');
});

test('what is missing, and what does not go together', async () => {
  assert.match(await mistakes([]), /^there is nobody to call for: write restante collect pops:/);
  assert.match(await mistakes(['pops://a@h']), /^--to is missing: write --to maildir:DIR/);
  assert.match(await mistakes(['pops://a@h'], { ...to, to: '/home/a/Mail' }), /^--to must be a destination [^\n]*$/);
  assert.match(await mistakes(['anna']), /^"anna" is no URL such as pops:/);
  assert.match(await mistakes(['pops://h'], to), /^the URL has no user in it: write pops:\/\/USER@h/);
  assert.match(await mistakes(['pops://a@h', 'pops://b@h'], to), /^one URL is called at a time/);
  assert.match(await mistakes(['pops://a@h'], { ...to, to: 'maildr:x' }), /^--to: maildr: is no kind of destination/);
  assert.match(await mistakes(['pops://a@h'], { ...to, to: 'lmtp:h:24' }), /^--recipient: lmtp:h:24 needs to be told/);
  assert.match(await mistakes(['pops://a@h'], { ...to, to: 'accounts' }), /^--to is accounts, and needs --multidrop/);
  assert.match(
    await mistakes(['pops://a@h'], { ...to, tokenFile: 'x' }),
    /^--token-file contradicts --password-env: one of them/,
  );
  assert.match(await mistakes(['pops://a@h'], { ...to, clientKey: 'x' }), /^--client-key needs --client-cert/);
  assert.match(await mistakes(['pops://a@h'], { ...to, larger: 'headers' }), /^--larger needs --max-size/);
  const no = await mistakes(['pops://a@h'], { to: 'maildir:/m' });
  assert.match(no, /^a@h: there is no terminal to ask for the password on: give --password-file FILE/);
});

const TWO = ['anna', 'bert']
  .map((name) => `[collect.account.${name}]\nurl = "pops://${name}@h"\nto = "account:${name}"\npassword_env = "X"\n`)
  .join('');

test('accounts of the configuration: all of them, or those that are named, in that order', async () => {
  const names = async (...words: string[]) =>
    (await chosen(words, {}, { config: TWO })).map(({ account }) => account.name);
  assert.deepEqual(await names(), ['anna', 'bert']);
  assert.deepEqual(await names('bert', 'anna', 'bert'), ['bert', 'anna']);
  assert.match(await mistakes(['berta'], {}, { config: TWO }), /no account "berta" .*: did you mean bert\?/);
  assert.match(await mistakes(['nobody'], {}, { config: TWO }), /no account "nobody" .*: there are anna, bert$/);
  assert.match(await mistakes(['x@pop.y.org'], {}, { config: TWO }), /: a URL is whole, as pops:\/\/x@pop\.y\.org$/);
});

test('the command line beats the configuration; what is for one account is not for two', async () => {
  const [anna] = await chosen(['anna'], { delete: true, tokenEnv: 'T', to: 'mbox:/m' }, { config: TWO });
  assert.deepEqual(anna?.account.policy.afterwards, { type: 'delete' });
  assert.equal(anna?.destination?.name, 'mbox:/m');
  assert.equal(anna?.account.server.auth?.pass, undefined, 'the other secret is not asked for');
  assert.equal(typeof anna?.account.server.auth?.accessToken, 'function');
  const both = await mistakes([], { passwordEnv: 'Y' }, { config: TWO });
  assert.match(both, /^--password-env is for one account, and this is for 2/);
  const token = await mistakes([], { tokenCommand: 'oama' }, { config: TWO });
  assert.match(token, /^--token-command is for one account, and this is for 2/);
});

test('two accounts of one maildrop would share what is known of it', async () => {
  const config = `${TWO}[collect.account.c]\nurl = "pop3s://anna@H:995"\nto = "account:c"\npassword_env = "X"\n`;
  assert.match(await mistakes([], {}, { config }), /^c is the same maildrop as anna \(anna@h:995\)/);
});

test('a maildrop of several people: by a header, to accounts or by a list', async () => {
  const sorted = (await one('pops://a@h', { to: 'accounts', multidrop: 'Delivered-To' })).destination;
  assert.equal(sorted?.type, 'sorted');
  const config = `[collect.account.a]\nurl = "pops://a@h"\npassword_env = "X"\nto = "maildir:/rest"
    [collect.account.a.multidrop]\nheader = "X-Original-To"\nmap = { "info@example.org" = "maildir:/info" }`;
  const [listed] = await chosen(['a'], {}, { config });
  assert.ok(listed?.destination?.type === 'sorted' && listed.destination.to !== 'accounts');
  assert.deepEqual([...listed.destination.to.values()].map(({ name }) => name).sort(), [
    'maildir:/info',
    'maildir:/rest',
  ]);
});

test('who only looks needs no destination', async () => {
  const [looked] = await chosen(['pops://a@h'], { passwordEnv: 'X' }, { collects: false });
  assert.equal(looked?.destination, undefined);
  const config =
    '[collect.account.a]\nurl = "pops://a@h"\npassword_env = "X"\nto = "accounts"\nmultidrop.header = "Delivered-To"';
  assert.equal((await chosen(['a'], {}, { config, collects: false })).length, 1);
});

test('the journals lie in the data folder, unless somebody says where', () => {
  assert.equal(stateFolder(placesWith()), '/data/collect');
  assert.equal(stateFolder(placesWith('collect.state = "journals"')), '/etc/restante/journals');
});
