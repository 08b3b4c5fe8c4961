import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { examinePort, type PortRights, portRights } from './port-rights.ts';

const proc = mkdtempSync(join(tmpdir(), 'restante-doctor-ports-'));
after(() => rmSync(proc, { recursive: true }));
mkdirSync(join(proc, 'self'));
mkdirSync(join(proc, 'sys', 'net', 'ipv4'), { recursive: true });

/** What Linux says of a process with these capabilities, on a machine with this first port. */
function rights(uid: number, capabilities: string, first = '1024'): PortRights {
  writeFileSync(join(proc, 'self', 'status'), `Name:\tnode\nCapPrm:\tffffffffffffffff\nCapEff:\t${capabilities}\n`);
  writeFileSync(join(proc, 'sys', 'net', 'ipv4', 'ip_unprivileged_port_start'), `${first}\n`);
  return portRights(uid, proc);
}

test('root may listen anywhere, and whoever has CAP_NET_BIND_SERVICE, which is bit 10', () => {
  assert.ok(rights(0, '0000000000000000').privileged);
  assert.ok(rights(1000, '0000000000000400').privileged);
  assert.ok(!rights(1000, '0000000000000000').privileged);
  assert.ok(!rights(1000, 'fffffffffffffbff').privileged);
});

test('where privileged ports end is as the machine has it', () => {
  assert.deepEqual(rights(1000, '0', '80'), { first: 80, privileged: false });
  assert.deepEqual(portRights(1000, join(proc, 'none')), { first: 1024, privileged: false });
});

test('a port that is not for this user is a warning, with what to do; others are free', () => {
  const user = { first: 1024, privileged: false };
  const finding = examinePort('listen.pop3: 0.0.0.0:110', 110, user);
  assert.equal(finding.level, 'warning');
  assert.match(finding.what, /^listen\.pop3: 0\.0\.0\.0:110: free, but ports below 1024 are not for this user$/);
  assert.match(finding.remedy ?? '', /CAP_NET_BIND_SERVICE/);
  assert.equal(examinePort('', 1023, user).level, 'warning');
  assert.equal(examinePort('', 1024, user).level, 'ok');
  assert.equal(examinePort('', 110, { ...user, privileged: true }).level, 'ok');
  assert.equal(examinePort('', 110, { ...user, first: 80 }).level, 'ok');
});
