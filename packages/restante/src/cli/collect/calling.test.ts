import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { createServer } from 'node:tls';
import { selfSignedCertificate } from '@restante/pop/testing';
import { temporaryFolder } from '../../testing/running-office.ts';

/** Calls twice at once in a process of its own, since what is trusted is the whole process's. */
const CALLS = `
  const { call } = await import(${JSON.stringify(new URL('./calling.js', import.meta.url).href)});
  const one = () => call({ host: 'localhost', port: Number(process.argv[1]) }).then((pop) => pop.close(), (error) => error.message);
  console.log(JSON.stringify(await Promise.all([one(), one()])));
`;

async function calls(trusted: boolean): Promise<readonly unknown[]> {
  const { cert, key } = selfSignedCertificate();
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'system.pem'), cert);
  const server = createServer({ cert, key }, (socket) => {
    socket.on('error', () => undefined).write('+OK\r\n');
    socket.on('data', () => socket.write('+OK\r\n.\r\n'));
  });
  server.on('tlsClientError', () => undefined).listen(0, 'localhost');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const system = { SSL_CERT_FILE: join(folder, 'system.pem'), SSL_CERT_DIR: folder };
  const env = { ...process.env, ...(trusted && system) };
  const child = spawn(process.execPath, ['--input-type=module', '-e', CALLS, String(address.port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  const said = await text(child.stdout);
  server.close();
  return JSON.parse(said) as unknown[];
}

test('who is certified by one of the system’s authorities is trusted, however many are called at once', async () => {
  assert.deepEqual(await calls(true), [null, null]);
});

test('who is certified by nobody is not, and the fingerprint is told', async () => {
  for (const message of await calls(false)) {
    assert.match(
      String(message),
      /the certificate of localhost is not to be trusted: .*\(its SHA-256 is [0-9a-f]{64}\)$/,
    );
  }
});
