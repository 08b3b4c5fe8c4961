import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { Pop3Client } from '../testing/pop3-client.ts';
import { MAIN } from '../testing/program.ts';
import {
  type OfficeOptions,
  RunningOffice,
  runVerb,
  temporaryFolder,
  type VerbResult,
} from '../testing/running-office.ts';

/** util-linux's `script` makes a terminal; every Debian has it. */
const noTerminal = process.platform !== 'linux' && 'needs the script command of util-linux';
const ANY_PORT = ['--pop3', '--pop3s', '--smtp', '--lmtp'].flatMap((door) => [door, '127.0.0.1:0']);

/** An office that ends with the test, however that ends. */
async function started(t: TestContext, options: OfficeOptions = {}): Promise<RunningOffice> {
  const office = await RunningOffice.start(options);
  t.after(() => office.close());
  return office;
}

/** Runs a line as a shell would when it is pasted. */
async function paste(line: string, env: NodeJS.ProcessEnv = process.env): Promise<VerbResult> {
  const child = spawn('sh', ['-c', line], { stdio: ['ignore', 'pipe', 'pipe'], env });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  await once(child, 'close');
  return { status: child.exitCode, stdout, stderr };
}

/** The commands of the first screen. */
function commands(log: string): readonly string[] {
  return [...log.matchAll(/^ {2}((?:node|curl|sed) .*)$/gm)].map((found) => found[1] ?? '');
}

/** A serve that has to give up: its one line. */
async function givesUp(words: readonly string[], status = 1): Promise<string> {
  const result = await runVerb(['serve', ...words]);
  assert.equal(result.status, status, result.stderr);
  assert.equal(result.stdout, '');
  assert.match(result.stderr, /^restante: [^\n]+\n$/);
  return result.stderr;
}

describe('the first start', () => {
  test('says where everything is, keeps the password for its owner, and each command works when pasted', async (t) => {
    const office = await started(t);
    const file = join(office.data, 'initial-password');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.match(readFileSync(file, 'utf8'), /^[a-z2-9-]{23}\n$/);
    assert.ok(office.log.includes(`password  in ${file}`));
    assert.ok(!office.log.includes(readFileSync(file, 'utf8').trim()), 'the password itself is not shown');
    for (const { host, port } of [office.pop3, office.pop3s, office.smtp, office.lmtp])
      assert.ok(office.log.includes(`  ${host}:${port}`));

    const [send, list, first, second, ...others] = commands(office.log);
    assert.ok(send && list && first && second && others.length === 0, office.log);
    const sent = await paste(send);
    assert.equal(sent.status, 0);
    assert.match(sent.stdout, /^250 2\.0\.0 /m);
    const listed = await paste(list);
    assert.match(listed.stdout, /^1 \d+\r\n2 \d+\r$/m, listed.stderr);
    const welcome = await paste(first);
    assert.match(welcome.stdout, /^Return-Path: <>\r\nDelivered-To: mail@localhost\r\nReceived: /m, welcome.stderr);
    assert.match(welcome.stdout, /^Subject: Welcome to your post office\r$/m);
    assert.match((await paste(second)).stdout, /^It works\.\r$/m);
  });

  test('where there is no curl, Node calls', async (t) => {
    const bin = temporaryFolder();
    symlinkSync(process.execPath, join(bin, 'node'));
    symlinkSync('/bin/sh', join(bin, 'sh'));
    const environment = { PATH: bin };
    const office = await started(t, { environment });
    const [send, list, first, second] = commands(office.log);
    assert.ok(send && list && first && second && !office.log.includes('curl'));
    await paste(send, environment);
    assert.match((await paste(list, environment)).stdout, /^1 \d+\r\n2 \d+\r$/m);
    assert.match((await paste(first, environment)).stdout, /^Subject: Welcome/m);
    assert.match((await paste(second, environment)).stdout, /^It works\.\r$/m);
  });

  test('on a terminal the password is shown, once, and in no file', { skip: noTerminal }, async (t) => {
    const data = temporaryFolder();
    const quoted = [process.execPath, MAIN, 'serve', '--data', data, ...ANY_PORT].map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['-qec', `exec ${quoted}`, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
    t.after(() => child.kill('SIGKILL'));
    const said = await heard(child, /LMTP on [^\n]*\n/);
    const [, password] = /password +([a-z2-9-]{23})\r?\n/.exec(said) ?? [];
    assert.ok(password, said);
    assert.match(said, /curl -sS --cacert \S+ -u mail pop3s:\S+\/1\r?\n/);
    assert.ok(!existsSync(join(data, 'initial-password')));
    const [, host = '', port] = /POP3 on ([\d.]+):(\d+)/.exec(said) ?? [];
    const client = await Pop3Client.connect({ address: { host, port: Number(port) }, mode: 'plain' });
    await client.login('mail', password);
    await client.quit();
    child.stdin?.write('\u0003');
    await once(child, 'exit');
    assert.equal(child.exitCode, 0);
    for (const name of readdirSync(data)) {
      if (statSync(join(data, name)).isFile()) assert.ok(!readFileSync(join(data, name)).includes(password), name);
    }
  });

  test('a start that fails leaves the next one to be the first', async (t) => {
    const data = temporaryFolder();
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    assert.match(await givesUp(['--data', data, ...ANY_PORT, '--lmtp', `127.0.0.1:${port}`]), /lmtp .*another program/);
    assert.ok(!existsSync(join(data, 'initial-password')));
    taken.close();
    const office = await started(t, { data });
    assert.match(office.log, /first time/);
  });
});

describe('a later start', () => {
  test('is the same office, with the same mail, password and certificate, and says no more than where it is', async (t) => {
    const first = await started(t, { data: temporaryFolder() });
    const { data } = first;
    const certificate = readFileSync(first.certificate, 'utf8');
    const password = readFileSync(join(data, 'initial-password'), 'utf8').trim();
    await first.stop();
    const second = await started(t, { data });
    assert.ok(!second.log.includes('first time'));
    assert.equal(readFileSync(second.certificate, 'utf8'), certificate);
    const client = await Pop3Client.connect(second.place('TLS'));
    await client.login('mail', password);
    assert.equal((await client.stat()).count, 1);
    await client.quit();
    for (const name of ['POP3', 'POP3S', 'LMTP']) {
      assert.equal(second.log.match(new RegExp(`\\b${name} on `, 'g'))?.length, 1, 'one line for each listener');
    }
  });

  test('after a kill, the verbs and the next start find no trace in their way', async (t) => {
    const data = temporaryFolder();
    const child = spawn(process.execPath, [MAIN, 'serve', '--json', '--data', data, ...ANY_PORT], { stdio: 'pipe' });
    await heard(child, /lmtp.*\n/);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.ok(existsSync(join(data, 'control.sock')), 'it could not clear away');
    const status = await runVerb(['status', '--json', '--data', data]);
    assert.equal(JSON.parse(status.stdout).open, false, status.stderr);
    const second = await started(t, { data });
    assert.equal(JSON.parse((await second.verb(['status', '--json'])).stdout).open, true);
  });

  test('when the last account was removed, no new one appears', async (t) => {
    const first = await started(t, { data: temporaryFolder() });
    const { data } = first;
    await first.verb(['account', 'remove', 'mail', '--yes']);
    await first.stop();
    const second = await started(t, { data });
    assert.equal((await second.verb(['account', 'list'])).stdout, '');
  });
});

describe('what is in the way is said in one line, with the remedy', () => {
  test('a port that is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    for (const door of ['pop3', 'pop3s', 'smtp', 'lmtp']) {
      const line = await givesUp(['--data', temporaryFolder(), ...ANY_PORT, `--${door}`, `127.0.0.1:${port}`]);
      assert.match(line, new RegExp(`${door} cannot listen on 127\\.0\\.0\\.1:${port}: another program .*--${door}`));
    }
    taken.close();
  });

  test('an address that is not ours, and a name that nobody has', async () => {
    const data = temporaryFolder();
    assert.match(await givesUp(['--data', data, ...ANY_PORT, '--pop3', '192.0.2.1:0']), /no such address; choose/);
    assert.match(await givesUp(['--data', data, ...ANY_PORT, '--pop3', 'name.invalid:0']), /no host of that name/);
    assert.match(
      await givesUp(['--data', data, ...ANY_PORT, '--lmtp', `unix:${data}/no/s`]),
      /the folder .*no is not there/,
    );
    assert.match(
      await givesUp(['--data', data, ...ANY_PORT, '--lmtp', `unix:${data}/index.sqlite`]),
      /no socket: remove/,
    );
    assert.match(await givesUp(['--data', data, ...ANY_PORT, '--lmtp', `unix:${data}/${'x'.repeat(120)}`]), /too long/);
  });

  test('a second serve on the same data', async (t) => {
    const office = await started(t);
    const line = await givesUp(['--data', office.data, ...ANY_PORT]);
    assert.match(line, new RegExp(`in use by process ${office.pid}: .*another data folder`));
    assert.equal((await office.verb(['status'])).status, 0, 'the first one is not disturbed');
  });

  test('a data folder that cannot be written', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    assert.match(await givesUp(['--data', file, ...ANY_PORT]), /data folder .*file.* --data/);
    assert.match(await givesUp(['--data', join(file, 'below'), ...ANY_PORT]), /data folder .*not a directory.* --data/);
    assert.match(
      await givesUp(['--data', '/proc/restante', ...ANY_PORT]),
      /data folder \/proc\/restante cannot be used/,
    );
    if (process.getuid?.() !== 0) {
      const locked = temporaryFolder();
      chmodSync(locked, 0o500);
      assert.match(await givesUp(['--data', join(locked, 'data'), ...ANY_PORT]), /permission denied.* --data/);
    }
  });

  test('a bad setting, by file or by option; nothing is made', async () => {
    const data = join(temporaryFolder(), 'data');
    const config = join(temporaryFolder(), 'office.toml');
    writeFileSync(config, '[limits]\nsesions = 4\n');
    assert.equal(
      await givesUp(['--data', data, '--config', config], 2),
      `restante: ${config}: line 2: limits.sesions is not a setting: did you mean limits.sessions?\n`,
    );
    writeFileSync(config, 'a = = 1');
    assert.match(await givesUp(['--data', data, '--config', config], 2), /: line 1, column 5: /);
    assert.match(await givesUp(['--data', data, '--config', `${config}.none`], 2), /cannot be read: no such file/);
    assert.match(
      await givesUp(['--data', data, '--pop3', '1110'], 2),
      /--pop3 "1110" has no host: write 127\.0\.0\.1:1110/,
    );
    assert.match(await givesUp(['--data', data, '--lmtp', '127.0.0.1:25'], 2), /--lmtp must not be port 25/);
    writeFileSync(config, 'tls.cert = "c.pem"\ntls.key = "k.pem"\n');
    assert.match(
      await givesUp(['--data', data, '--config', config]),
      /tls\.cert: .*c\.pem cannot be read: no such file/,
    );
    const several = 'cleartext = "nver"\npostmaster = 7\n';
    writeFileSync(config, several);
    const { stderr } = await runVerb(['serve', '--data', data, '--config', config]);
    assert.equal(stderr.match(/^restante: /gm)?.length, 2, 'all of them at once');
  });
});

describe('listeners', () => {
  test('off is off, an option given again adds one, and --json prints each on a line', async (t) => {
    const data = temporaryFolder();
    const pop3 = ['--pop3', '127.0.0.1:0', '--pop3', '[::1]:0', '--pop3s', 'off'];
    const words = [...pop3, '--smtp', '[::1]:0', '--lmtp', `unix:${data}/lmtp.sock`];
    const child = spawn(process.execPath, [MAIN, 'serve', '--json', '--data', data, ...words], { stdio: 'pipe' });
    t.after(() => child.kill('SIGKILL'));
    const said = await heard(child, /lmtp\.sock.*\n/);
    const doors = said
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      doors.map(({ listener, host, path }) => [listener, host ?? path]),
      [
        ['pop3', '127.0.0.1'],
        ['pop3', '::1'],
        ['smtp', '::1'],
        ['lmtp', `${data}/lmtp.sock`],
      ],
    );
    for (const { host, port, path } of doors) {
      const socket = path === undefined ? connect({ host, port }) : connect(path);
      const [greeting] = (await once(socket, 'data')) as [Buffer];
      assert.match(greeting.toString(), /^(\+OK|220) /);
      socket.destroy();
    }
    child.kill('SIGTERM');
    await once(child, 'exit');
    assert.equal(child.exitCode, 0);
    assert.ok(!existsSync(join(data, 'lmtp.sock')) && !existsSync(join(data, 'control.sock')));
  });

  test('the command line beats the configuration', async (t) => {
    await started(t, { config: 'listen.pop3 = "192.0.2.1:110"\nlisten.lmtp = "off"\n' });
  });

  test('cleartext = "never" asks for TLS, on loopback too', async (t) => {
    const office = await started(t, { config: 'cleartext = "never"' });
    await office.addAccount('anna', 'secret');
    const plain = await Pop3Client.connect(office.place('plain'));
    assert.ok(!(await plain.capabilities()).some((line) => line.startsWith('USER') || line.startsWith('SASL')));
    await assert.rejects(plain.command('USER anna'), /-ERR/);
    await plain.drop();
    const secure = await Pop3Client.connect(office.place('STLS'));
    await secure.login('anna', 'secret');
    await secure.quit();
  });

  test('a deep data folder is as good as any', async (t) => {
    const data = join(
      temporaryFolder(),
      ...Array.from({ length: 10 }, (_, index) => `folder-with-a-long-name-${index}`),
    );
    mkdirSync(data, { recursive: true });
    const office = await started(t, { data });
    assert.equal(JSON.parse((await office.verb(['status', '--json'])).stdout).open, true);
  });
});

/** What the child says on stdout, once it has said this. */
async function heard(child: ChildProcess, enough: RegExp): Promise<string> {
  let said = '';
  for await (const piece of child.stdout?.setEncoding('utf8').iterator({ destroyOnReturn: false }) ?? []) {
    said += piece;
    if (enough.test(said)) return said;
  }
  throw new Error(`it only said:\n${said}`);
}
