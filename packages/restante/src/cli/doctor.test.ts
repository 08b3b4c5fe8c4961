import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { RunningOffice, runVerb, temporaryFolder } from '../testing/running-office.ts';

const OFF = ['--pop3', 'off', '--pop3s', 'off', '--smtp', 'off', '--lmtp', 'off'];

interface Told {
  readonly subject: string;
  readonly level: string;
  readonly what: string;
  readonly remedy?: string;
}

async function doctor(data: string, ...words: readonly string[]) {
  const { status, stdout, stderr } = await runVerb(['doctor', '--data', data, '--json', ...words]);
  assert.equal(stderr, '');
  const { verdict, findings } = JSON.parse(stdout) as { verdict: string; findings: readonly Told[] };
  const bad = findings.filter(({ level }) => level !== 'ok');
  for (const { level, what, remedy } of bad) assert.ok(level !== 'error' || remedy, what);
  return { status, verdict, findings, bad };
}

/** All files below, with what a write to them would change. */
function fingerprint(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true }).map((name) => {
    const { mtimeMs, size, ino } = statSync(join(folder, String(name)));
    return `${name} ${mtimeMs} ${size} ${ino}`;
  });
}

test('before the first start all can be well, and nothing is made', async () => {
  const data = join(temporaryFolder(), 'none');
  const { verdict, bad, findings } = await doctor(data, ...OFF);
  // A machine for tests may have no clock that is kept right.
  assert.deepEqual(
    bad.filter(({ subject }) => subject !== 'clock'),
    [],
  );
  assert.notEqual(verdict, 'error');
  assert.ok(findings.some(({ what }) => /never been opened/.test(what)));
  assert.ok(!existsSync(data));
});

test('an office that is open, then closed: found as it is, and left as it was', async (t) => {
  const data = temporaryFolder();
  const office = await RunningOffice.start({ data });
  t.after(() => office.close());
  const listening = ['--pop3', `${office.pop3.host}:${office.pop3.port}`, ...OFF.slice(2)];
  const open = await doctor(data, ...listening);
  assert.ok(open.findings.some(({ what }) => what === `the office is open (process ${office.pid}), with 0 sessions`));
  assert.ok(open.findings.some(({ what }) => /^listen\.pop3: .*: the office listens there$/.test(what)));
  assert.ok(open.findings.some(({ what }) => what === 'mail for postmaster reaches mail'));
  assert.ok(open.bad.some(({ what }) => /first password still stands in/.test(what)));
  assert.equal(open.bad.filter(({ level }) => level === 'error').length, 0, JSON.stringify(open.bad));
  await office.verb(['account', 'password', 'mail', '--generate']);
  await office.stop();

  const before = fingerprint(data);
  const closed = await doctor(data, ...OFF);
  assert.deepEqual(fingerprint(data), before);
  assert.deepEqual(
    closed.bad.filter(({ subject }) => subject !== 'clock'),
    [],
  );
  for (const what of [/^the office is closed$/, /^the store has version \d+$/, /^the index is sound$/]) {
    assert.ok(
      closed.findings.some((finding) => what.test(finding.what)),
      String(what),
    );
  }
});

test('what is wrong is found, with its remedy, and the exit status says so', async () => {
  const data = temporaryFolder();
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  writeFileSync(
    join(data, 'restante.toml'),
    `cleartext = "always"\ntls.cert = "none.pem"\ntls.key = "none.pem"\nlimits.reserve = "900 GiB"\n` +
      `[listen]\npop3 = "127.0.0.1:${port}"\npop3s = "off"\nlmtp = "0.0.0.0:0"\n`,
  );
  chmodSync(join(data, 'restante.toml'), 0o666);
  writeFileSync(join(data, 'index.sqlite'), 'this is no database, however long it may be. '.repeat(9), { mode: 0o644 });
  const { status, bad } = await doctor(data);
  taken.close();
  assert.equal(status, 6);
  const errors = bad.filter(({ level }) => level === 'error').map(({ subject, what }) => `${subject}: ${what}`);
  for (const expected of [
    /^certificates: tls\.cert: .*none\.pem cannot be read/,
    new RegExp(`^addresses: listen\\.pop3: 127\\.0\\.0\\.1:${port}: \\S+ \\(process ${process.pid}\\) listens there`),
    /^rights: everybody on this machine can get at .*index\.sqlite/,
    /^rights: everybody can change .*restante\.toml/,
    /^disk: .* less than limits\.reserve .*: no mail is taken/,
    /^store: .*index\.sqlite is no index of a post office/,
  ]) {
    assert.ok(
      errors.some((each) => expected.test(each)),
      `${expected} is not in\n${errors.join('\n')}`,
    );
  }
  assert.ok(bad.some(({ subject, what }) => subject === 'configuration' && /can be read on their way/.test(what)));
});

test('with mistakes in the configuration the rest is looked at all the same', async () => {
  const data = temporaryFolder();
  writeFileSync(join(data, 'restante.toml'), 'log.level = "info"\nlimits.idle = 1\n');
  const { status, bad, findings } = await doctor(data);
  assert.equal(status, 6);
  assert.match(bad[0]?.what ?? '', /restante\.toml, line 2: limits\.idle must be/);
  assert.ok(findings.some(({ subject }) => subject === 'disk'));
  const text = await runVerb(['doctor', '--data', data]);
  assert.equal(text.status, 6);
  assert.match(text.stdout, /^configuration\n {2}ERROR {4}.*line 2.*\n {11}\S/m);
});
