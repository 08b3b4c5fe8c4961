import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { Pop3Client, Pop3Refusal } from '../pop3-client.ts';
import { RunningOffice } from '../running-office.ts';
import { curl } from './callers.ts';
import { Cell } from './cell.ts';
import { type Collector, fetchmail, getmail, mpop, netPop3, poplib } from './collectors.ts';
import { isHere, runProgram } from './peer-program.ts';

const LETTER = Buffer.from('Subject: for whoever has TLS\r\n\r\nhello\r\n');

suite('cleartext = "never"', () => {
  let office: RunningOffice;
  before(async () => {
    office = await RunningOffice.start({ config: 'cleartext = "never"\n' });
  });
  after(() => office.close());

  test('without TLS neither USER nor a mechanism is offered or taken, also on loopback (AUTH-22, TLS-09, TLS-18)', async () => {
    const cell = await Cell.make(office, 'strict', 'plain');
    const client = await Pop3Client.connect(office.place('plain'));
    const tags = (await client.capabilities()).map((line) => line.split(' ')[0]);
    assert.ok(tags.includes('STLS'));
    assert.ok(!tags.includes('USER'), 'USER is not offered');
    assert.ok(!tags.includes('SASL'), 'no mechanism is offered');
    const secret = Buffer.from(`\0${cell.account}\0${cell.password}`).toString('base64');
    for (const line of [`USER ${cell.account}`, `PASS ${cell.password}`, `AUTH PLAIN ${secret}`, 'AUTH LOGIN'])
      await assert.rejects(client.command(line), Pop3Refusal);
    await client.quit();
  });

  for (const collector of [fetchmail, mpop, getmail, poplib, netPop3]) {
    test(`${collector.name} in the clear gets nothing; and what it may have said of the password is in no log`, async (t) => {
      if (isHere(t, collector.program)) await getsNothing(collector, await Cell.make(office, collector.name, 'plain'));
    });
  }

  for (const collector of [fetchmail, mpop, poplib, netPop3]) {
    test(`${collector.name} by STLS gets its mail`, async (t) => {
      if (!isHere(t, collector.program)) return;
      const cell = await Cell.make(office, collector.name, 'STLS');
      await cell.deliver([LETTER]);
      await collector.call(cell, 'keep');
      assert.equal(cell.arrived().length, 1);
    });
  }

  test('curl in the clear gets nothing, by STLS it does', async (t) => {
    if (!isHere(t, curl.program)) return;
    const plain = await Cell.make(office, curl.name, 'plain');
    await plain.deliver([LETTER]);
    await assert.rejects(curl.list(plain), /ended with \d+/);
    const secure = await Cell.make(office, curl.name, 'STLS');
    await secure.deliver([LETTER]);
    assert.equal((await curl.list(secure)).size, 1);
  });

  test('openssl sees no wish for a certificate, no early data, and the alert that closes TLS (TLS-03, TLS-10, TLS-21)', async (t) => {
    if (!isHere(t, 'openssl')) return;
    const cell = await Cell.make(office, 'observer', 'plain');
    const { port } = office.pop3s;
    const command = `openssl s_client -crlf -ign_eof -CAfile post-office.pem -connect localhost:${port}`;
    const result = await runProgram(['sh', '-c', command], cell.home, 'NOOP\nQUIT\n');
    const said = `${result.stdout}${result.stderr}`;
    assert.equal(result.status, 0, said);
    assert.doesNotMatch(said, /Requested Signature Algorithms|Client Certificate Types/);
    assert.match(said, /Max Early Data: 0$/m);
    assert.doesNotMatch(said, /unexpected eof/);
  });

  async function getsNothing(collector: Collector, cell: Cell): Promise<void> {
    await cell.deliver([LETTER]);
    await assert.rejects(collector.call(cell, 'delete'), /ended with \d+/);
    assert.equal(cell.arrived().length, 0);
    assert.equal((await cell.held()).size, 1, 'the letter is still there');
    assert.ok(!office.log.includes(cell.password), 'the password is in the log');
  }
});
