// What deploy/ holds is looked at by the programs that it is for.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const deploy = fileURLToPath(new URL('../deploy/', import.meta.url));
/** Where systemd's own scale says "OK", from 0 to 10; the unit is well below. */
const EXPOSURE = 2.5;

function run(program, ...words) {
  return spawnSync(program, words, { encoding: 'utf8' });
}

/** Whether the program is there. Where it is not, the test is skipped; or fails, where all are to be there. */
function isHere(t, program) {
  if (!run(program, '--version').error) return true;
  const reason = `${program} is not installed: sh scripts/install-peers brings it`;
  if (process.env.RESTANTE_REQUIRE_PEERS) throw new Error(reason);
  t.skip(reason);
  return false;
}

const UNITS = readdirSync(deploy).filter((name) => /\.(service|timer)$/.test(name));

/** The units as they stand, with a program that is there in the place of ours, which are not installed here. */
function units(t) {
  const folder = mkdtempSync(join(tmpdir(), 'restante-units-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return UNITS.map((name) => {
    const text = readFileSync(join(deploy, name), 'utf8');
    writeFileSync(join(folder, name), text.replace(/\/opt\/restante\/current\/bin\/[\w-]+/g, process.execPath));
    return join(folder, name);
  });
}

test('systemd takes the units as they are', (t) => {
  if (!isHere(t, 'systemd-analyze')) return;
  const { status, stdout, stderr } = run('systemd-analyze', 'verify', ...units(t));
  assert.equal(stdout + stderr, '');
  assert.equal(status, 0);
});

for (const name of ['restante.service', 'restante-collect.service']) {
  test(`systemd finds ${name} well shut in`, (t) => {
    if (!isHere(t, 'systemd-analyze')) return;
    const unit = units(t).find((path) => path.endsWith(`/${name}`));
    const { stdout } = run('systemd-analyze', 'security', '--offline=true', '--no-pager', unit);
    const [, score] = /exposure level for [\w-]+\.service: ([\d.]+)/.exec(stdout) ?? [];
    assert.ok(score !== undefined && Number(score) <= EXPOSURE, stdout);
  });
}

test('collecting ends in good order, and "try again later" is no failure', () => {
  const lines = readFileSync(join(deploy, 'restante-collect.service'), 'utf8').split('\n');
  for (const line of ['Type=oneshot', 'SuccessExitStatus=75', 'StateDirectory=restante', 'CapabilityBoundingSet=']) {
    assert.ok(lines.includes(line), line);
  }
});

test('the unit has what the office needs of it', () => {
  const lines = readFileSync(join(deploy, 'restante.service'), 'utf8').split('\n');
  for (const line of [
    'Type=notify',
    'NotifyAccess=all',
    'AmbientCapabilities=CAP_NET_BIND_SERVICE',
    'ExecReload=/bin/kill -HUP $MAINPID',
    'StateDirectory=restante',
    'RuntimeDirectory=restante',
  ]) {
    assert.ok(lines.includes(line), line);
  }
  assert.ok(!lines.some((line) => line.startsWith('MemoryDenyWriteExecute=yes')), 'V8 makes machine code');
});

test('the shell takes the scripts', () => {
  for (const name of ['install', 'restante-office', 'back-up-by-day']) {
    const { status, stderr } = run('sh', '-n', join(deploy, name));
    assert.equal(status, 0, stderr);
  }
});

test('fail2ban finds who guesses in the log, and nobody else', (t) => {
  if (!isHere(t, 'fail2ban-regex')) return;
  const folder = mkdtempSync(join(tmpdir(), 'restante-fail2ban-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const log = join(folder, 'log');
  const line = (fields) => JSON.stringify({ level: 'info', time: '2026-11-24T17:00:00.000Z', ...fields });
  writeFileSync(
    log,
    `${[
      line({ address: '192.0.2.7', account: 'anna', outcome: 'wrong-password', msg: 'login refused' }),
      line({ address: '2001:db8::7', outcome: 'unknown', msg: 'login refused' }),
      line({ session: 'a-1', account: 'anna', address: '192.0.2.8', end: 'quit', msg: 'POP3 session' }),
      line({ hello: '","address":"192.0.2.9","outcome":"unknown","msg":"login refused"}', msg: 'SMTP session' }),
    ].join('\n')}\n`,
  );
  const { stdout } = run('fail2ban-regex', '--out', 'ip', log, join(deploy, 'fail2ban', 'restante.filter.conf'));
  assert.deepEqual(stdout.trim().split('\n'), ['192.0.2.7', '2001:db8::7']);
});
