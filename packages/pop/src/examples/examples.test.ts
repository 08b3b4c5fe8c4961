import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import type { Pop3ClientOptions } from '../client/index.ts';
import { createPop3Server, memoryMailbox } from '../index.ts';
import { duplexPair, selfSignedCertificate } from '../testing/index.ts';
import { callAgain } from './call-again.ts';
import { moveLetters } from './move-letters.ts';
import { newLetters } from './new-letters.ts';
import { aLetterBreaksOff } from './scripted.ts';
import { throughATunnel } from './through-a-tunnel.ts';

const folder = new URL('../../', import.meta.url);

/** What the README shows is what is compiled and run here. */
function shown(name: string): void {
  const source = readFileSync(new URL(`src/examples/${name}.ts`, folder), 'utf8');
  const readme = readFileSync(new URL('README.md', folder), 'utf8');
  assert.ok(readme.includes(`\`\`\`ts\n${source}\`\`\``), `README.md shows another ${name}.ts than there is`);
}

test('a maildrop from memory is served in 15 lines', async () => {
  shown('serve');
  process.env['PORT'] = '0';
  const { address, server } = await import('./serve.ts');
  assert.ok('port' in address);
  const client = connect(address.port, address.host);
  client.end('USER ada\r\nPASS analytical engine\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n');
  assert.match(await text(client), /\r\nSubject: Hello\r\n\r\nYour first letter\.\r\n\.\r\n\+OK .*\r\n\+OK .*\r\n$/);
  const again = connect(address.port, address.host);
  again.end('USER ada\r\nPASS analytical engine\r\nSTAT\r\nUSER ada\r\n');
  assert.match(await text(again), /\+OK 0 0\r\n-ERR .*\r\n$/);
  const stranger = connect(address.port, address.host);
  stranger.end('USER ada\r\nPASS difference engine\r\n');
  assert.match(await text(stranger), /-ERR \[AUTH\] .*\r\n$/);
  await server.close();
});

test('a command and a mechanism of one’s own are listed and work', async () => {
  shown('extend');
  const { server } = await import('./extend.ts');
  const [ours, theirs] = duplexPair();
  server.accept(ours, { address: '127.0.0.1', localAddress: '127.0.0.1', loopback: true });
  theirs.end('CAPA\r\nXWHO\r\nAUTH X-TOKEN d3Jvbmc=\r\nAUTH X-TOKEN dG9rZW4=\r\nXWHO\r\nXWHO x\r\nQUIT\r\n');
  const [, capabilities, early, wrong, right, who, syntax] = (await text(theirs)).split(/^(?=\+OK|-ERR)/m);
  assert.match(capabilities ?? '', /^SASL X-TOKEN\r$/m);
  assert.match(capabilities ?? '', /^X-WHO\r$/m);
  assert.match(early ?? '', /^-ERR /);
  assert.match(wrong ?? '', /^-ERR \[AUTH\] /);
  assert.match(right ?? '', /^\+OK /);
  assert.equal(who, '+OK archive with 2 letters\r\n');
  assert.match(syntax ?? '', /^-ERR /);
  await server.close();
});

describe('the client', () => {
  const { cert, key } = selfSignedCertificate();
  const mailbox = memoryMailbox(['Subject: one\n\nfirst\n', 'Subject: two\n\n.\n']);
  const server = createPop3Server({
    authenticate: ({ password }) =>
      password.matches('analytical engine') ? { type: 'accepted', account: 'ada' } : { type: 'refused' },
    openMaildrop: () => mailbox.open(),
    tls: { cert, key },
    limits: { failureDelay: 0 },
  });
  let options: Pop3ClientOptions & { readonly port: number };
  before(async () => {
    const place = await server.listen({ host: '127.0.0.1', port: 0 }, { secure: true });
    const port = 'port' in place ? place.port : 0;
    options = { host: 'localhost', port, tls: { ca: cert }, auth: { user: 'ada', pass: 'analytical engine' } };
  });
  after(() => server.close({ deadline: 100 }));

  test('finds what is new', async () => {
    shown('new-letters');
    const first = mailbox.open().entries(1, 1);
    assert.ok(Array.isArray(first));
    assert.deepEqual(await newLetters(options, new Set()), ['one', 'two']);
    assert.deepEqual(await newLetters(options, new Set([first[0].uniqueId])), ['two']);
  });

  test('calls again where that helps, and not where it does not', async () => {
    shown('call-again');
    let paused = 0;
    const pause = async () => {
      paused += 1;
    };
    const wrong = { ...options, auth: { user: 'ada', pass: 'difference engine' } };
    await assert.rejects(callAgain(wrong, pause), /another password/);
    assert.equal(paused, 0);
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as { port: number };
    closed.close();
    await once(closed, 'close');
    await assert.rejects(callAgain({ ...options, port }, pause), { code: 'NETWORK' });
    assert.equal(paused, 4);
    await using pop = await callAgain(options, pause);
    await pop.noop();
  });

  test('goes through a tunnel', async () => {
    shown('through-a-tunnel');
    const proxy = createServer((socket) => {
      socket.once('data', (request) => {
        assert.match(request.toString(), /^CONNECT localhost:\d+ HTTP/);
        socket.write('HTTP/1.1 200 go ahead\r\n\r\n');
        const onward = connect(options.port, '127.0.0.1');
        socket.pipe(onward).pipe(socket);
        socket.on('error', () => onward.destroy());
        onward.on('error', () => socket.destroy());
      });
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { port } = proxy.address() as { port: number };
    const pop = await throughATunnel({ host: '127.0.0.1', port }, options);
    assert.equal(pop.security.tls && pop.security.verifiedName, 'localhost');
    assert.equal(await pop.commit(), 'committed');
    proxy.close();
  });

  test('is tested against a script', async () => {
    shown('scripted');
    await aLetterBreaksOff();
  });

  test('moves letters into files', async () => {
    shown('move-letters');
    const folder = await mkdtemp(join(tmpdir(), 'pop-example-'));
    assert.equal(await moveLetters(options, folder), 'committed');
    const letters = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'latin1')));
    assert.deepEqual(letters.sort(), ['Subject: one\r\n\r\nfirst\r\n', 'Subject: two\r\n\r\n.\r\n']);
    assert.equal(mailbox.open().count, 0);
    await rm(folder, { recursive: true });
  });
});
