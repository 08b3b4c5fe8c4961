import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Sockets } from './sockets.ts';

const proc = mkdtempSync(join(tmpdir(), 'restante-doctor-proc-'));
after(() => rmSync(proc, { recursive: true }));

/** As Linux writes it: proc(5), /proc/net/tcp. State 0A is LISTEN, 01 ESTABLISHED. */
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0456 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1001 1 0000000000000000 100 0 0 10 0
   1: 00000000:03E3 00000000:0000 0A 00000000:00000000 00:00000000 00000000   105        0 1002 1 0000000000000000 100 0 0 10 0
   2: 0100007F:0019 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 1003 1 0000000000000000 20 4 30 10 -1
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:006E 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1004 1 0000000000000000 100 0 0 10 0
   1: 00000000000000000000000000000000:0018 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1005 1 0000000000000000 100 0 0 10 0
`;
const UNIX = `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 1006 /run/restante/lmtp.sock
0000000000000000: 00000003 00000000 00000000 0001 03 1007 /run/other.sock
`;

mkdirSync(join(proc, 'net'));
writeFileSync(join(proc, 'net', 'tcp'), TCP);
writeFileSync(join(proc, 'net', 'tcp6'), TCP6);
writeFileSync(join(proc, 'net', 'unix'), UNIX);
for (const [pid, comm, inode] of [
  [41, 'dovecot', 1001],
  [42, 'MainThread', 1006],
] as const) {
  mkdirSync(join(proc, String(pid), 'fd'), { recursive: true });
  writeFileSync(join(proc, String(pid), 'comm'), `${comm}\n`);
  writeFileSync(join(proc, String(pid), 'cmdline'), '/usr/bin/node\0restante\0serve\0');
  symlinkSync('/dev/null', join(proc, String(pid), 'fd', '0'));
  symlinkSync(`socket:[${inode}]`, join(proc, String(pid), 'fd', '3'));
}

function sockets(): Sockets {
  const read = Sockets.read(proc);
  assert.ok(read);
  return read;
}

test('who listens at a port, by process and program; one of another user has neither', () => {
  assert.deepEqual(sockets().tcp('127.0.0.1', 0x456), { pid: 41, program: 'dovecot' });
  assert.deepEqual(sockets().tcp('127.0.0.1', 995), {});
});

test('a listener at every address leaves no room at one, nor one at one for every address', () => {
  assert.ok(sockets().tcp('0.0.0.0', 0x456));
  assert.ok(sockets().tcp('::', 0x456));
  assert.ok(sockets().tcp('192.0.2.1', 995));
  assert.ok(sockets().tcp('192.0.2.1', 24), 'the listener at :: has IPv4 too');
  assert.equal(sockets().tcp('192.0.2.1', 0x456), undefined);
  assert.equal(sockets().tcp('127.0.0.1', 110), undefined, '::1 is another address');
  assert.ok(sockets().tcp('::1', 110));
});

test('a connection is no listener, nor is a port that nobody has', () => {
  assert.equal(sockets().tcp('127.0.0.1', 25), undefined);
  assert.equal(sockets().tcp('127.0.0.1', 1), undefined);
});

test('unix sockets by their paths', () => {
  assert.deepEqual(sockets().unix('/run/restante/lmtp.sock'), { pid: 42, program: 'node' });
  assert.equal(sockets().unix('/run/other.sock'), undefined, 'somebody is connected by it');
});

test('a system without proc(5) tells nothing', () => {
  assert.equal(Sockets.read(join(proc, 'none')), undefined);
});
