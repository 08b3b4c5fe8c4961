import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { duplexPair } from '../testing/index.ts';

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
