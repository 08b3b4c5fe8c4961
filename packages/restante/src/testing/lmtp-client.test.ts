import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LmtpClient, type LmtpOutcome } from './lmtp-client.ts';
import { PeerError } from './octet-reader.ts';
import { type Step, scriptedPeer } from './scripted-peer.ts';

const GREETING: readonly Step[] = [
  ['', '220 office\r\n'],
  ['LHLO', '250-office\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 1000\r\n'],
];
const codes = (outcomes: readonly LmtpOutcome[]) => outcomes.map((outcome) => outcome.map(({ code }) => code));

suite('the LMTP client of the tests', () => {
  test('pipelines letters, stuffs dots, and puts each reply where its recipient stands (LM-04, LM-10)', async () => {
    const peer = await scriptedPeer(
      ...GREETING,
      ['DATA\r\n', '250 2.1.0 ok\r\n250 2.1.5 ok\r\n550 5.1.1 nobody\r\n250-2.1.5\r\n250 2.1.5 ok\r\n354 go\r\n'],
      // The next envelope is sent with the first letter, before what became of that is known.
      ['\r\n.\r\nMAIL FROM:<x@y> SIZE=3 BODY=8BITMIME\r\nRCPT TO:<c>\r\nDATA\r\n', '250 first\r\n452 4.2.2 full\r\n'],
      ['', '250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go\r\n'],
      ['\xe4\r\n.\r\n', '250 2.0.0 second\r\n'],
      ['QUIT\r\n', '221 2.0.0 bye\r\n'],
    );
    const lmtp = await LmtpClient.connect(peer.address);
    assert.deepEqual(lmtp.capabilities, ['PIPELINING', '8BITMIME', 'SIZE 1000']);
    const outcomes = await lmtp.sendAll([
      { to: ['a', 'nobody', 'b'], octets: Buffer.from('.\r\n..x\r\n\r\n') },
      { from: 'x@y', to: ['c'], octets: Buffer.from('\xe4\r\n', 'latin1') },
    ]);
    assert.deepEqual(codes(outcomes), [[250, 550, 452], [250]]);
    await lmtp.quit();
    const envelope = 'MAIL FROM:<> SIZE=10\r\nRCPT TO:<a>\r\nRCPT TO:<nobody>\r\nRCPT TO:<b>\r\nDATA\r\n';
    assert.ok((await peer.heard()).includes(`${envelope}..\r\n...x\r\n\r\n.\r\nMAIL`));
  });

  test('goes on after an envelope that was refused, and after a DATA that was', async () => {
    const peer = await scriptedPeer(
      ...GREETING,
      ['DATA\r\n', '250 2.1.0 ok\r\n550 5.1.1 nobody\r\n503 5.5.1 no recipients\r\n'],
      ['RSET\r\n', '250 2.0.0 ok\r\n'],
      ['DATA\r\n', '250 2.1.0 ok\r\n250 2.1.5 ok\r\n550 5.1.1 nobody\r\n451 4.3.0 not now\r\n'],
      ['RSET\r\n', '250 2.0.0 ok\r\n'],
      ['DATA\r\n', '552 5.3.4 too large\r\n503 5.5.1 no MAIL\r\n503 5.5.1 no MAIL\r\n'],
      ['RSET\r\n', '250 2.0.0 ok\r\n'],
    );
    const lmtp = await LmtpClient.connect(peer.address);
    const octets = Buffer.from('x\r\n');
    const outcomes = await lmtp.sendAll([
      { to: ['nobody'], octets },
      { to: ['a', 'nobody'], octets },
      { to: ['a'], octets },
    ]);
    assert.deepEqual(codes(outcomes), [[550], [451, 550], [552]]);
    assert.ok(!(await peer.heard()).includes('x\r\n'), 'no letter was sent');
  });

  test('sends no letter whose last line is not ended, and takes nothing for a reply that is none', async () => {
    const peer = await scriptedPeer(...GREETING, ['DATA\r\n', '250 ok\r\n250 ok\r\n354 go\r\n']);
    const lmtp = await LmtpClient.connect(peer.address);
    await assert.rejects(lmtp.send({ to: ['a'], octets: Buffer.from('x') }), /ends with CRLF/);
    for (const wrong of ['250ok\r\n', 'hello\r\n', '999 ok\r\n', '220 ok\n\r\n'])
      await assert.rejects(LmtpClient.connect((await scriptedPeer(['', wrong])).address), PeerError);
  });
});
