import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryMailbox, StoreError } from '../maildrop/index.ts';
import { turns } from '../testing/index.ts';
import { LOGIN, neighbour, open, slow } from './pop3-call.test-support.ts';
import type { Visit } from './pop3-options.ts';

test('the answer to a failed login is held back, but not on the machine itself', async () => {
  const { call, clock } = open({ limits: { failureDelay: 2_000 } });
  const wrong = 'USER tim\r\nPASS wrong\r\nNOOP\r\n';
  const client = await call();
  assert.equal(await client.say(wrong), '+OK send the password\r\n');
  await clock.advance(1_999);
  assert.doesNotMatch(client.output, /-ERR/);
  await clock.advance(1);
  assert.match(client.output, /-ERR \[AUTH\] [^\r]*\r\n-ERR [^\r]*\r\n$/);
  const near = await call(neighbour);
  assert.match(await near.say(wrong), /-ERR \[AUTH\]/);
});

test('where strangers come in by loopback, through a relay, nobody is exempt', async () => {
  const { call, clock } = open({ loopbackExempt: false, limits: { failureDelay: 2_000, connectionsPerAddress: 1 } });
  const near = await call(neighbour);
  await near.say('USER tim\r\nPASS wrong\r\n');
  await clock.advance(1_999);
  assert.doesNotMatch(near.output, /-ERR/);
  await clock.advance(1);
  assert.match(near.output, /-ERR \[AUTH\]/);
  const second = await call(neighbour);
  assert.match(second.output, /^-ERR \[SYS\/TEMP\]/);
});

test('so many failed logins close the connection', async () => {
  const { call, clock, reports } = open({ limits: { failedLogins: 2 } });
  const client = await call();
  await client.say('USER tim\r\nPASS a\r\n');
  await clock.advance(2_000);
  await client.say('USER tim\r\nPASS b\r\n');
  assert.equal(client.ended, false);
  await clock.advance(2_000);
  assert.equal(client.ended, true);
  assert.deepEqual([reports[0]?.end, reports[0]?.failedLogins], ['refused', 2]);
});

test('whoever cannot decide, or be asked, is unavailable, never a refusal (RC-03)', async () => {
  for (const authenticate of [
    () => {
      throw new Error('secret detail');
    },
    async () => {
      throw new Error('secret detail');
    },
  ]) {
    const { call } = open({ authenticate });
    const client = await call();
    const answers = await client.say(`${LOGIN}AUTH PLAIN AHRpbQB0YW5zdGFhZg==\r\n`);
    assert.match(answers, /^\+OK[^\r]*\r\n-ERR \[SYS\/TEMP\][^\r]*\r\n-ERR \[SYS\/TEMP\][^\r]*\r\n$/);
    assert.doesNotMatch(answers, /secret/);
  }
});

test('a maildrop that cannot be opened is an error, whatever was thrown (P3-22)', async () => {
  const thrown = [new StoreError('in-use', 'secret'), new Error('secret'), 'secret'];
  for (const [index, code] of ['IN-USE', 'SYS/TEMP', 'SYS/TEMP'].entries()) {
    const { call } = open({
      openMaildrop: async () => {
        throw thrown[index];
      },
    });
    const client = await call();
    assert.ok((await client.say(LOGIN)).includes(`-ERR [${code}] `));
    assert.doesNotMatch(client.output, /secret/);
  }
});

test('a maildrop is let go whenever its peer goes, and never while it is worked on', async () => {
  const late = slow();
  const opening = open({ openMaildrop: late.openMaildrop });
  const gone = await opening.call();
  await gone.say(LOGIN);
  gone.socket.destroy();
  await turns();
  assert.deepEqual([late.events, opening.reports], [[], []]);
  late.letGo();
  await turns();
  assert.deepEqual([late.events, opening.reports.length], [['closed'], 1]);

  const busy = slow();
  const expunging = open({ openMaildrop: () => busy.maildrop });
  const quitter = await expunging.call();
  await quitter.say(`${LOGIN}DELE 1\r\nQUIT\r\n`);
  quitter.socket.destroy();
  await turns();
  assert.deepEqual(busy.events, []);
  busy.letGo();
  await turns();
  assert.deepEqual([busy.events, expunging.reports.length], [['expunged', 'closed'], 1]);
});

test('whoever opens the maildrop is told who has logged in, how, and with which password', async () => {
  const visits: Visit[] = [];
  const { call, clock } = open({
    authenticate: () => ({ type: 'accepted', account: 'tim', device: 'phone' }),
    openMaildrop: (_account, visit) => {
      visits.push(visit);
      return memoryMailbox().open();
    },
  });
  const client = await call();
  await client.say('AUTH PLAIN AHRpbUBleGFtcGxlAHRhbnN0YWFm\r\n');
  assert.equal(visits.length, 1);
  const { session, peer, handle, ...visit } = visits[0] as Visit;
  assert.match(session, /./);
  assert.ok(peer.address);
  assert.deepEqual(visit, { login: 'tim@example', mechanism: 'PLAIN', device: 'phone', at: clock.now() });
  const { activity } = handle;
  await client.say('NOOP\r\n');
  assert.ok(handle.activity > activity);
  assert.deepEqual([handle.busy, handle.over], [false, false]);
  handle.probe();
  handle.end();
  assert.ok(handle.over);
});
