import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPop3Limits } from '@restante/pop/server';
import { type Override, type ReadSettings, readSettings } from './read-settings.ts';
import type { Settings } from './settings.ts';

function settingsOf(read: ReadSettings): Settings {
  assert.equal(read.type, 'settings', read.type === 'wrong' ? read.problems.map((p) => p.message).join('; ') : '');
  return (read as Extract<ReadSettings, { type: 'settings' }>).settings;
}

function problemsOf(text: string, overrides: readonly Override[] = []): readonly string[] {
  const read = readSettings({ text, folder: '/etc/restante', overrides });
  assert.equal(read.type, 'wrong');
  return read.type === 'wrong' ? read.problems.map((problem) => problem.message) : [];
}

test('without a file the defaults are those that were promised', () => {
  const settings = settingsOf(readSettings({ folder: '/' }));
  assert.equal(settings.cleartext, 'loopback');
  assert.deepEqual(settings['listen.pop3'], [{ type: 'tcp', host: '127.0.0.1', port: 1110 }]);
  assert.deepEqual(settings['listen.pop3s'], [{ type: 'tcp', host: '127.0.0.1', port: 1995 }]);
  assert.deepEqual(settings['listen.lmtp'], [{ type: 'tcp', host: '127.0.0.1', port: 1024 }]);
  assert.ok(settings['limits.letter_size'] >= 150_000_000, 'letters of 150 MB come in and out');
  assert.ok(settings['limits.idle'] >= 600_000, 'P3-17: ten minutes at least');
  assert.equal(settings['tls.cert'], undefined);
});

test("the office's defaults are the library's, unless somebody decides otherwise", () => {
  const settings = settingsOf(readSettings({ folder: '/' }));
  assert.deepEqual(
    {
      connections: settings['limits.sessions'],
      connectionsPerAddress: settings['limits.sessions_per_address'],
      unauthenticated: settings['limits.unauthenticated'],
      failedLogins: settings['limits.failed_logins'],
      failureDelay: settings['limits.login_failure_delay'],
      idle: settings['limits.idle'],
    },
    (({ connections, connectionsPerAddress, unauthenticated, failedLogins, failureDelay, idle }) => ({
      connections,
      connectionsPerAddress,
      unauthenticated,
      failedLogins,
      failureDelay,
      idle,
    }))(defaultPop3Limits),
  );
});

test('proxies are addresses, networks or unix; listeners are known by their names', () => {
  const settings = settingsOf(
    readSettings({
      text: 'proxy.trusted = ["192.0.2.1", "2001:db8::/120", "unix"]\nproxy.listeners = ["pop3s"]',
      folder: '/',
    }),
  );
  assert.deepEqual(settings['proxy.trusted'], ['192.0.2.1', '2001:db8::/120', 'unix']);
  assert.deepEqual(settings['proxy.listeners'], ['pop3s']);
  assert.match(
    problemsOf('proxy.trusted = ["haproxy.example.org"]').join(),
    /^proxy\.trusted must be .*"haproxy\.example\.org" is none$/,
  );
  assert.match(problemsOf('proxy.trusted = "192.0.2.1"').join(), /^proxy\.trusted must be an array/);
  assert.match(
    problemsOf('proxy.listeners = ["pop"]').join(),
    /^proxy\.listeners must be one of .*did you mean "pop3"\?$/,
  );
  assert.match(problemsOf('proxy.listeners = "pop3"').join(), /^proxy\.listeners must be an array of/);
});

test('tables and dotted keys say the same; quantities have units', () => {
  const text = `
    cleartext = "never"
    domains = ["example.org", "münchen.example"]
    limits.idle = "15 min"
    [listen]
    pop3 = "off"
    pop3s = ["0.0.0.0:995", "[::]:995"]
    lmtp = "unix:lmtp.sock"
    [tls]
    cert = "cert.pem"
    key = "/etc/ssl/key.pem"
  `;
  const settings = settingsOf(readSettings({ text, folder: '/etc/restante' }));
  assert.equal(settings.cleartext, 'never');
  assert.deepEqual(settings.domains, ['example.org', 'münchen.example']);
  assert.equal(settings['limits.idle'], 900_000);
  assert.deepEqual(settings['listen.pop3'], []);
  assert.equal(settings['listen.pop3s'].length, 2);
  assert.deepEqual(settings['listen.lmtp'], [{ type: 'unix', path: '/etc/restante/lmtp.sock' }]);
  assert.equal(settings['tls.cert'], '/etc/restante/cert.pem', 'a relative path counts from the file');
  assert.equal(settings['tls.key'], '/etc/ssl/key.pem');
});

test('a bare number of time is seconds, one of storage is octets', () => {
  const settings = settingsOf(readSettings({ text: 'limits.idle = 1200\nlimits.letter_size = 1000000', folder: '/' }));
  assert.equal(settings['limits.idle'], 1_200_000);
  assert.equal(settings['limits.letter_size'], 1_000_000);
});

test('unknown keys are named by their dotted key, with what was probably meant', () => {
  assert.deepEqual(problemsOf('[limits]\nsesions = 4'), [
    'limits.sesions is not a setting: did you mean limits.sessions?',
  ]);
  assert.deepEqual(problemsOf('[limit]\nidle = 900'), ['limit.idle is not a setting: did you mean limits.idle?']);
  assert.deepEqual(problemsOf('pop3 = "127.0.0.1:110"'), ['pop3 is not a setting: did you mean listen.pop3?']);
  assert.deepEqual(problemsOf('colour = "red"'), ['colour is not a setting']);
  assert.deepEqual(problemsOf('limits = 3'), ['limits must be a table, with keys such as limits.letter_size']);
  assert.deepEqual(problemsOf('__proto__ = 1').length, 1);
  assert.deepEqual(problemsOf('constructor = 1'), ['constructor is not a setting']);
});

test('wrong values are named by their dotted key, and all problems come at once', () => {
  const problems = problemsOf(`
    cleartext = "nver"
    postmaster = "Anna Maria"
    domains = "example.org"
    limits.sessions = "many"
    limits.failed_logins = 0
    limits.letter_size = "lots"
    log.level = 3
  `);
  assert.equal(problems.length, 7, problems.join('\n'));
  assert.equal(problems[0], 'cleartext must be one of "never", "loopback", "always": did you mean "never"?');
  for (const [index, key] of [
    'cleartext',
    'postmaster',
    'domains',
    'limits.sessions',
    'limits.failed_logins',
    'limits.letter_size',
    'log.level',
  ].entries()) {
    assert.ok(problems[index]?.startsWith(`${key} must be `), problems[index]);
  }
});

test('P3-17: an idle time below ten minutes is refused, with the reason', () => {
  assert.match(String(problemsOf('limits.idle = "9 min"')), /^limits\.idle must be .*RFC 1939 §3/);
});

test('LM-01: LMTP is refused on port 25', () => {
  assert.match(String(problemsOf('listen.lmtp = "127.0.0.1:25"')), /^listen\.lmtp must not be port 25/);
});

test('permissions are octal and in quotes; a group is a name or a number', () => {
  const settings = settingsOf(
    readSettings({ text: 'lmtp = { socket_mode = "666", socket_group = 107 }', folder: '/' }),
  );
  assert.equal(settings['lmtp.socket_mode'], 0o666);
  assert.equal(settings['lmtp.socket_group'], '107');
  for (const mode of ['660', '"0888"', '"rw-rw----"', '"10660"']) {
    assert.match(String(problemsOf(`lmtp.socket_mode = ${mode}`)), /^lmtp\.socket_mode must be permissions in octal/);
  }
  for (const group of ['-1', '1.5', '"post fix"', '""']) {
    assert.match(String(problemsOf(`lmtp.socket_group = ${group}`)), /^lmtp\.socket_group must be the name of a group/);
  }
});

test('a certificate and its key go together', () => {
  assert.match(String(problemsOf('tls.cert = "a"')), /^tls\.key is missing/);
  assert.match(String(problemsOf('tls.key = "a"')), /^tls\.cert is missing/);
});

test('yes or no is a word of TOML', () => {
  const read = readSettings({ text: 'limits.loopback_exempt = false', folder: '/' });
  assert.equal(settingsOf(read)['limits.loopback_exempt'], false);
  assert.deepEqual(problemsOf('limits.loopback_exempt = "no"'), ['limits.loopback_exempt must be true or false']);
});

test('further certificates: each with its key, paths counted from the file', () => {
  const text = '[[tls.also]]\ncert = "a.pem"\nkey = "/k/a.key"\n[[tls.also]]\ncert = "b.pem"\nkey = "b.key"\n';
  assert.deepEqual(settingsOf(readSettings({ text, folder: '/etc' }))['tls.also'], [
    { cert: '/etc/a.pem', key: '/k/a.key' },
    { cert: '/etc/b.pem', key: '/etc/b.key' },
  ]);
  for (const wrong of [
    '[tls.also]\ncert = "a"\nkey = "b"',
    '[[tls.also]]\ncert = "a"',
    '[[tls.also]]\ncert = "a"\nkey = "b"\nc = 1',
  ]) {
    assert.match(String(problemsOf(wrong)), /^tls\.also must be one or more \[\[tls\.also\]\] tables/, wrong);
  }
});

test('a syntax error has its line and column', () => {
  const [first, ...others] = problemsOf('cleartext = "never"\ndomains = [[\n');
  assert.match(first ?? '', /^line \d+, column \d+: \w/);
  assert.deepEqual(others, []);
  assert.match(String(problemsOf('a = 1\na = 2')), /^line 2, column 1: /);
});

test('the command line beats the configuration, and is named in what is said about it', () => {
  const override = { key: 'listen.pop3', name: '--pop3', value: '127.0.0.1:0', folder: '/here' } as const;
  const read = readSettings({ text: 'listen.pop3 = "off"', folder: '/', overrides: [override] });
  assert.deepEqual(settingsOf(read)['listen.pop3'], [{ type: 'tcp', host: '127.0.0.1', port: 0 }]);
  assert.match(String(problemsOf('', [{ ...override, value: 'nowhere' }])), /^--pop3 "nowhere" has no port/);
});
