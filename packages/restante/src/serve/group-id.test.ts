import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { Failure } from '../failure.ts';
import { MAIN } from '../testing/program.ts';
import { endWithThisProcess, RunningOffice, temporaryFolder } from '../testing/running-office.ts';
import { groupId } from './group-id.ts';

const asRoot = { skip: process.getuid?.() !== 0 && 'needs root' };

test('a number is itself; a name is looked up where the system keeps its groups', async () => {
  assert.equal(await groupId('1001'), 1001);
  const file = join(temporaryFolder(), 'group');
  writeFileSync(file, 'root:x:0:\nnot-it:postfix:5:\npostfix:x:107:anna,bert\npost:x:108:\n');
  assert.equal(await groupId('postfix', file), 107);
  assert.equal(await groupId('post', file), 108);
  assert.equal(await groupId('root', '/nowhere'), 0, 'the system is asked where the file does not know');
});

test('a group that is not there is a failure that names the setting', async () => {
  await assert.rejects(groupId('no-such-group'), (thrown) => {
    assert.ok(thrown instanceof Failure);
    assert.match(thrown.message, /^lmtp\.socket_group: this machine has no group no-such-group$/);
    return true;
  });
});

async function served(t: TestContext, socket: string, settings: string): Promise<void> {
  const config = `[lmtp]\n${settings}\n`;
  const office = await RunningOffice.start({ data: temporaryFolder(), config, more: ['--lmtp', `unix:${socket}`] });
  t.after(() => office.close());
}

test('the socket of LMTP is for the office and its group, unless the configuration says otherwise', async (t) => {
  const socket = join(temporaryFolder(), 'lmtp.sock');
  await served(t, socket, '');
  assert.equal(statSync(socket).mode & 0o777, 0o660);
  const other = join(temporaryFolder(), 'lmtp.sock');
  await served(t, other, 'socket_mode = "0600"');
  assert.equal(statSync(other).mode & 0o777, 0o600);
});

test('the socket of LMTP is given to the group that the configuration names', asRoot, async (t) => {
  const socket = join(temporaryFolder(), 'lmtp.sock');
  await served(t, socket, 'socket_mode = "0620"\nsocket_group = 12345');
  const { mode, gid } = statSync(socket);
  assert.deepEqual([mode & 0o777, gid], [0o620, 12345]);
});

test('somebody else’s group is refused, with the remedy', asRoot, async () => {
  const data = mkdtempSync(join('/tmp', 'restante-nobody-'));
  const config = join(temporaryFolder(), 'office.toml');
  writeFileSync(config, 'lmtp.socket_group = "root"\nlisten = { pop3 = "off", pop3s = "off", smtp = "off" }\n');
  const words = ['serve', '--data', data, '--config', config, '--lmtp', `unix:${data}/lmtp.sock`];
  chownSync(data, 65_534, 65_534);
  chmodSync(join(config, '..'), 0o755);
  const child = spawn(process.execPath, [MAIN, ...words], {
    uid: 65_534,
    gid: 65_534,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  endWithThisProcess(child);
  const said = await text(child.stderr);
  rmSync(data, { recursive: true, force: true });
  assert.match(said, /lmtp cannot listen on unix:\S+: this process is not in group 0, .*member/);
});
