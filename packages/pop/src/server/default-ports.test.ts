import assert from 'node:assert/strict';
import { test } from 'node:test';
import { selfSignedCertificate } from '../testing/index.ts';
import { createPop3Server } from './pop3-server.ts';

/** The port that was listened on, or would have been: not everybody may, and it may be taken. */
async function portOf(secure: boolean): Promise<unknown> {
  const server = createPop3Server({
    authenticate: () => ({ type: 'refused' }),
    openMaildrop: () => assert.fail('nobody logs in'),
    tls: selfSignedCertificate(),
  });
  try {
    const at = await server.listen({ host: '127.0.0.1' }, { secure });
    return 'port' in at && at.port;
  } catch (error) {
    const { code, port } = error as NodeJS.ErrnoException & { port?: number };
    assert.ok(code === 'EACCES' || code === 'EADDRINUSE', code);
    return port;
  } finally {
    await server.close();
  }
}

test('without a port it listens on 110, and on 995 where TLS begins at once (P3-01, TLS-01, TLS-07, IANA-03)', async () => {
  assert.equal(await portOf(false), 110);
  assert.equal(await portOf(true), 995);
});
