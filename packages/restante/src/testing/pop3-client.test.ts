import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { PeerError } from './octet-reader.ts';
import { Pop3Client, Pop3Refusal } from './pop3-client.ts';
import { type ScriptedPeer, type Step, scriptedPeer } from './scripted-peer.ts';

async function connected(...steps: readonly Step[]): Promise<{ client: Pop3Client; peer: ScriptedPeer }> {
  const peer = await scriptedPeer(['', '+OK ready\r\n'], ...steps);
  return { client: await Pop3Client.connect({ address: peer.address, mode: 'plain' }), peer };
}

suite('the POP3 client of the tests', () => {
  test('goes through a session', async () => {
    const { client, peer } = await connected(
      ['USER alice', '+OK\r\n'],
      ['PASS', '+OK in\r\n'],
      ['STAT', '+OK 2 7\r\n'],
      ['LIST', '+OK\r\n1 3\r\n3 4\r\n.\r\n'],
      ['UIDL', '+OK\r\n1 a\r\n3 b\r\n.\r\n'],
      ['RETR 1', '+OK\r\n..\r\n.\r\n'],
      ['TOP 1 0', '+OK\r\nx\r\n.\r\n'],
      ['DELE 3', '+OK\r\n'],
      ['QUIT', '+OK bye\r\n'],
    );
    assert.equal(client.greeting, 'ready');
    await client.login('alice', ' a  b ');
    assert.deepEqual(await client.stat(), { count: 2, octets: 7 });
    assert.deepEqual(
      [...(await client.list())],
      [
        [1, 3],
        [3, 4],
      ],
    );
    assert.deepEqual(
      [...(await client.uniqueIds())],
      [
        [1, 'a'],
        [3, 'b'],
      ],
    );
    assert.equal((await client.retrieve(1)).toString(), '.\r\n');
    assert.equal((await client.top(1, 0)).toString(), 'x\r\n');
    await client.delete(3);
    await client.quit();
    assert.equal(
      await peer.heard(),
      'USER alice\r\nPASS  a  b \r\nSTAT\r\nLIST\r\nUIDL\r\nRETR 1\r\nTOP 1 0\r\nDELE 3\r\nQUIT\r\n',
    );
  });

  test('pipelines, and reads the replies in order', async () => {
    const { client } = await connected(['RETR 1\r\nDELE 1\r\nRETR 1\r\n', '+OK\r\na\r\n.\r\n+OK gone\r\n-ERR no\r\n']);
    const replies = client.pipelined(['RETR 1', 'DELE 1', 'RETR 1']);
    assert.equal((await replies.next()).value?.octets.toString(), 'a\r\n');
    assert.equal((await replies.next()).value?.text, 'gone');
    await assert.rejects(replies.next(), Pop3Refusal);
    await client.drop();
  });

  test('a refusal of the password does not repeat it', async () => {
    const { client } = await connected(['USER', '+OK\r\n'], ['PASS', '-ERR [AUTH] no\r\n']);
    await assert.rejects(client.login('alice', 'hush'), (error: Pop3Refusal) => {
      assert.equal(error.text, '[AUTH] no');
      return !error.message.includes('hush');
    });
    await client.drop();
  });

  for (const [title, listing] of [
    ['a unique-id twice', '+OK\r\n1 a\r\n2 a\r\n.\r\n'],
    ['a space in a unique-id', '+OK\r\n1 a b\r\n.\r\n'],
    ['numbers that do not ascend', '+OK\r\n2 a\r\n1 b\r\n.\r\n'],
    ['two spaces', '+OK\r\n1  a\r\n.\r\n'],
    ['an empty unique-id', '+OK\r\n1 \r\n.\r\n'],
    ['71 octets', `+OK\r\n1 ${'a'.repeat(71)}\r\n.\r\n`],
    ['neither +OK nor -ERR', '+ok\r\n'],
    ['+OK glued to its text', '+OKay\r\n.\r\n'],
    ['a status line of 513 octets', `+OK ${'a'.repeat(507)}\r\n.\r\n`],
  ] as const)
    test(`notices ${title}`, async () => {
      const { client } = await connected(['UIDL\r\n', listing]);
      await assert.rejects(client.uniqueIds(), PeerError);
      await client.drop();
    });

  test('notices octets behind the +OK to STLS (STLS-07) and to QUIT', async () => {
    const peer = await scriptedPeer(['', '+OK\r\n'], ['STLS\r\n', '+OK\r\n+OK forged\r\n']);
    await assert.rejects(Pop3Client.connect({ address: peer.address, mode: 'STLS' }), PeerError);
    const { client } = await connected(['QUIT\r\n', '+OK\r\nx']);
    await assert.rejects(client.quit(), PeerError);
  });
});
