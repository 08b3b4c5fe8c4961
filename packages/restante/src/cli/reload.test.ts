import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import { MAIN } from '../testing/program.ts';
import { RunningOffice, temporaryFolder } from '../testing/running-office.ts';
import { makeSelfSigned } from '../tls/self-signed.ts';

const noTerminal = process.platform !== 'linux' && 'needs the script command of util-linux';

async function session(t: TestContext, { host, port }: { host: string; port: number }): Promise<TLSSocket> {
  const socket = connect({ host, port, rejectUnauthorized: false });
  t.after(() => socket.destroy());
  await once(socket, 'data');
  return socket;
}

function serial(socket: TLSSocket): string {
  return socket.getPeerCertificate().fingerprint256;
}

async function until(office: RunningOffice, what: RegExp): Promise<void> {
  while (!what.test(office.log)) await setImmediate();
}

test('SIGHUP: certificates are read anew, no session is dropped, and what has to wait for a start is said', async (t) => {
  const data = temporaryFolder();
  const files = { cert: join(data, 'cert.pem'), key: join(data, 'key.pem') };
  await makeSelfSigned(files, 'post.example');
  const text = `tls.cert = "${files.cert}"\ntls.key = "${files.key}"\n`;
  const office = await RunningOffice.start({ data, config: text });
  t.after(() => office.close());
  const before = await session(t, office.pop3s);
  await makeSelfSigned(files, 'post.example');
  writeFileSync(join(data, 'restante.toml'), `${text}log.level = "warn"\nlimits.idle = "20 min"\n`);
  process.kill(office.pid, 'SIGHUP');
  await until(office, /cert\.pem is a new one, good until/);
  assert.match(office.log, /limits\.idle, log\.level: changed in .*restante\.toml, takes effect at the next start/);
  assert.notEqual(serial(await session(t, office.pop3s)), serial(before));
  before.write('QUIT\r\n');
  assert.match(String(((await once(before, 'data')) as [Buffer])[0]), /^\+OK/);

  writeFileSync(join(data, 'restante.toml'), `${text}\nlimits.idle = 1\n`);
  process.kill(office.pid, 'SIGHUP');
  await until(office, /restante\.toml: line 4: limits\.idle must be/);
  await until(office, /cert\.pem is the same as before/);
  const key = readFileSync(files.key, 'utf8');
  for (const line of key.split('\n').slice(1, -2))
    assert.ok(!office.log.includes(line), 'nothing of the key in the log');
});

test('an office in a terminal that goes away closes', { skip: noTerminal }, async (t) => {
  const ports = ['--pop3', '127.0.0.1:0', '--pop3s', 'off', '--smtp', 'off', '--lmtp', 'off'];
  const data = temporaryFolder();
  const quoted = [process.execPath, MAIN, 'serve', '--data', data, ...ports].map((word) => `'${word}'`).join(' ');
  // The program of util-linux holds the terminal; when it is gone, so is the terminal.
  const child = spawn('script', ['-qec', `echo pid $$; exec ${quoted}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  const open = /POP3 on [\d.]+:\d+/;
  for await (const piece of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    said += piece;
    if (open.test(said)) break;
  }
  assert.match(said, open);
  child.stdout.resume();
  const pid = Number(/pid (\d+)/.exec(said)?.[1]);
  t.after(() => {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
  assert.ok(isAlive(pid));
  child.kill('SIGKILL');
  while (isAlive(pid)) await setImmediate();
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // Nobody may be there to take note of its end.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
