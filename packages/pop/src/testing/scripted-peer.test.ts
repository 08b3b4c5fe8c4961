import assert from 'node:assert/strict';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { selfSignedCertificate } from './certificate.ts';
import { parseScript } from './script.ts';
import { ScriptedPeer, ScriptFailure } from './scripted-peer.ts';

test('it says its lines, and hears the client’s', async () => {
  const peer = new ScriptedPeer('# a greeting\nS: +OK {x*3}\nC: NAME {name}\nS> hello\nS: {name}\\c\nDROP');
  peer.socket.write('NAME ada\r\n');
  assert.equal(await text(peer.socket), '+OK xxx\r\nhello\r\nada');
  await peer.finished;
  await peer.closed;
  assert.deepEqual(peer.heard, ['NAME ada']);
});

test('octet by octet, if it is told to', async () => {
  const peer = new ScriptedPeer('S: +OK\nEND', { cut: true });
  const parts: string[] = [];
  for await (const part of peer.socket) parts.push(String(part));
  assert.deepEqual(parts, ['+', 'O', 'K', '\r', '\n']);
});

test('what the client says otherwise fails the script, with the line, and ends the connection', async () => {
  for (const [said, got] of [
    ['STATUS\r\n', /line 2: C: STAT\n +got: C: STATUS/],
    ['', /line 2: C: STAT\n +got: the client has closed/],
    ['NOOP\n', /no line that ends with CRLF/],
  ] as const) {
    const peer = new ScriptedPeer('S: +OK\nC: STAT\nS: +OK 0 0');
    const closed = once(peer.socket.resume(), 'close');
    peer.socket.end(said);
    await assert.rejects(peer.finished, (error: Error) => {
      assert.ok(error instanceof ScriptFailure);
      assert.match(error.message, got);
      return true;
    });
    await closed;
  }
});

test('EOF wants the client to close, and not to go on', async () => {
  const closing = new ScriptedPeer('EOF');
  closing.socket.end();
  await closing.finished;
  const going = new ScriptedPeer('EOF');
  going.socket.write('QUIT\r\n');
  await assert.rejects(going.finished, ScriptFailure);
});

test('behind its end it hears whatever comes', async () => {
  const peer = new ScriptedPeer('S: +OK');
  peer.socket.resume();
  await peer.played;
  peer.socket.end('one\r\n\x16\x03\ntwo\r\nthree\r\n');
  await peer.finished;
  assert.deepEqual(peer.heard, ['one', 'three']);
});

test('TLS is begun where the script says', async () => {
  const certificate = selfSignedCertificate();
  const peer = new ScriptedPeer('C: STLS\nS: +OK\nTLS\nS: +OK inside\nC: QUIT\nDROP', { certificate });
  peer.socket.write('STLS\r\n');
  await once(peer.socket, 'data');
  const client = connect({ socket: peer.socket, servername: 'localhost', ca: certificate.cert });
  client.write('QUIT\r\n');
  assert.equal(await text(client), '+OK inside\r\n');
  await peer.finished;
});

test('a reset is one', async () => {
  const peer = new ScriptedPeer('S: +OK\nRESET');
  peer.socket.resume();
  const [error] = (await once(peer.socket, 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNRESET');
});

test('what is no script is refused, with the line', () => {
  for (const [script, message] of [
    ['S: a\nX: b', /line 2/],
    ['S> a', /S>/],
    ['S> a\nC: b', /line 2/],
    ['C> a', /line 1/],
    ['S: \\q', /line 1.*escape/],
    ['QUIT', /line 1/],
  ] as const) {
    assert.throws(() => parseScript(script), { name: 'SyntaxError', message });
  }
});
