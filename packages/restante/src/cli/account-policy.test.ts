import assert from 'node:assert/strict';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Pop3Client } from '../testing/pop3-client.ts';
import { RunningOffice, runVerb, temporaryFolder } from '../testing/running-office.ts';
import { done } from '../testing/verb-results.ts';

let office: RunningOffice;
const data = temporaryFolder();

before(async () => {
  office = await RunningOffice.start({ data });
  await office.addAccount('anna', 'secret');
  await office.addAccount('bert', 'secret');
});

after(() => office.close());

const run = (...words: readonly string[]) => done(office.verb(['account', ...words]));

async function logIn(name: string, password: string, mode: 'plain' | 'TLS' = 'plain'): Promise<Pop3Client> {
  const client = await Pop3Client.connect(office.place(mode));
  try {
    await client.command(`USER ${name}`);
    await client.command(`PASS ${password}`);
    return client;
  } catch (thrown) {
    client.socket.destroy();
    throw thrown;
  }
}

async function logInAndOut(...login: Parameters<typeof logIn>): Promise<void> {
  const client = await logIn(...login);
  await client.command('QUIT');
  client.socket.destroy();
}

test('a policy is shown with where it comes from, changed, and taken back', async () => {
  assert.match(await run('policy', 'anna'), /^require-tls +no +as the settings say$/m);
  const changed = JSON.parse(
    await run('policy', 'anna', '--expire', '30d', '--login-delay', '5m', '--networks', '127.0.0.0/8,::1', '--json'),
  );
  assert.deepEqual(changed.expire, { value: 30, from: 'account' });
  assert.deepEqual(changed.loginDelay, { value: 300, from: 'account' });
  assert.deepEqual(changed.networks, { value: ['127.0.0.0/8', '::1'], from: 'account' });
  assert.match(await run('show', 'anna'), /^expire +30 d +its own$/m);
  const back = JSON.parse(
    await run('policy', 'anna', '--expire', 'default', '--login-delay', 'default', '--networks', 'default', '--json'),
  );
  assert.deepEqual(back.expire, { value: null, from: 'settings' });
  for (const [option, value] of [
    ['--expire', '36h'],
    ['--networks', 'example.org'],
    ['--sessions', '0'],
    ['--lock', 'shared'],
  ] as const) {
    const { status, stderr } = await office.verb(['account', 'policy', 'anna', option, value]);
    assert.equal(status, 2);
    assert.match(stderr, new RegExp(`${option} takes `));
  }
});

test('who may log in, and how: refused like a wrong password (RC-02)', async () => {
  const WRONG = /-ERR \[AUTH\] name or password is wrong/;
  await run('policy', 'anna', '--require-tls', 'yes');
  await assert.rejects(logInAndOut('anna', 'secret'), WRONG);
  await logInAndOut('anna', 'secret', 'TLS');
  await run('policy', 'anna', '--require-tls', 'no', '--networks', '192.0.2.0/24');
  await assert.rejects(logInAndOut('anna', 'secret'), WRONG);
  await run('policy', 'anna', '--networks', 'everywhere');
  await logInAndOut('anna', 'secret');
});

test('EXT-17: sessions at once: one more is told [IN-USE], and only with the right password', async () => {
  await run('policy', 'bert', '--sessions', '1');
  const first = await logIn('bert', 'secret');
  await assert.rejects(logInAndOut('bert', 'secret'), /-ERR \[IN-USE\]/);
  await assert.rejects(logInAndOut('bert', 'wrong'), /-ERR \[AUTH\]/);
  await first.command('QUIT');
  first.socket.destroy();
  await run('policy', 'bert', '--sessions', 'default');
});

test('a device has a password of its own: it is shown once, used, required, and revoked alone', async () => {
  const phone = (await run('device', 'add', 'anna', '--label', 'phone')).trim();
  const laptop = JSON.parse(
    await run('device', 'add', 'anna', '--label', 'the laptop', '--expires', '30d', '--json'),
  ).password;
  assert.match(phone, /^(?:[a-z2-9]{5}-){5}[a-z2-9]{5}$/);
  await logInAndOut('anna', phone);
  await logInAndOut('anna@localhost', laptop.toUpperCase().replaceAll('-', ''), 'TLS');
  await assert.rejects(logInAndOut('bert', phone), /\[AUTH\]/);
  await run('policy', 'anna', '--require-device', 'yes');
  await assert.rejects(logInAndOut('anna', 'secret'), /\[AUTH\]/);
  await logInAndOut('anna', phone);
  await run('device', 'revoke', 'anna', '--label', 'phone');
  await assert.rejects(logInAndOut('anna', phone), /\[AUTH\]/);
  await logInAndOut('anna', laptop);
  const again = await office.verb(['account', 'device', 'revoke', 'anna', '--label', 'phone']);
  assert.equal(again.status, 1);
  assert.match(again.stderr, /anna has no device phone: restante account device list anna/);
  assert.equal((await office.verb(['account', 'device', 'add', 'anna', '--label', 'the laptop'])).status, 1);
});

test('the last use is kept when the office closes, the key is private and in a backup; without it all are void', async () => {
  await office.stop();
  const list = async (folder: string) =>
    JSON.parse(await done(runVerb(['account', 'device', 'list', 'anna', '--json', '--data', folder])));
  const [laptop] = await list(data);
  assert.deepEqual([laptop.label, laptop.state, laptop.used.address], ['the laptop', 'good', '127.0.0.1']);
  assert.match(laptop.used.over, /^USER in the clear$/);
  assert.equal(statSync(join(data, 'device-key')).mode & 0o777, 0o600);
  const backup = join(temporaryFolder(), 'backup');
  await done(runVerb(['backup', backup, '--data', data]));
  const restored = temporaryFolder();
  await done(runVerb(['restore', backup, '--data', restored]));
  assert.equal((await list(restored))[0].state, 'good');
  rmSync(join(restored, 'device-key'));
  assert.equal((await list(restored))[0].state, 'void');
});
