import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { HealthListener, type HealthOptions } from './health.ts';

async function open(t: TestContext, options: Partial<HealthOptions> = {}) {
  const errors: unknown[] = [];
  const health = new HealthListener({
    metrics: async () => ({ type: 'text/plain; version=0.0.4', text: 'letters 1\n' }),
    notReady: async () => undefined,
    onError: (thrown) => errors.push(thrown),
    ...options,
  });
  t.after(() => health.close());
  const listening = await health.listen({ host: '127.0.0.1', port: 0 });
  assert.ok('port' in listening);
  const { port } = listening;
  return { health, errors, port, at: (path: string) => `http://127.0.0.1:${port}${path}` };
}

test('each page, to the end of its text, whatever stands behind a question mark', async (t) => {
  const { at } = await open(t);
  for (const [path, said] of [
    ['/healthz', 'ok\n'],
    ['/readyz', 'ready\n'],
    ['/metrics?x=1', 'letters 1\n'],
  ] as const) {
    const response = await fetch(at(path));
    assert.equal(response.status, 200);
    assert.equal(await response.text(), said);
  }
  assert.equal((await fetch(at('/metrics'))).headers.get('content-type'), 'text/plain; version=0.0.4');
  assert.equal((await fetch(at('/'))).status, 404);
  assert.equal((await fetch(at('/metrics/../etc'))).status, 404);
});

test('not ready is 503 with the reason, and alive all the same', async (t) => {
  const { at } = await open(t, { notReady: async () => 'the store does not answer' });
  const response = await fetch(at('/readyz'));
  assert.equal(response.status, 503);
  assert.equal(await response.text(), 'the store does not answer\n');
  assert.equal((await fetch(at('/healthz'))).status, 200);
});

test('HEAD has no body; every other method is refused and the connection closed', async (t) => {
  const { at } = await open(t);
  const head = await fetch(at('/metrics'), { method: 'HEAD' });
  assert.deepEqual([head.status, head.headers.get('content-length'), await head.text()], [200, '10', '']);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const response = await fetch(at('/metrics'), {
      method,
      ...(method !== 'OPTIONS' && { body: 'x'.repeat(100_000) }),
    });
    assert.deepEqual(
      [response.status, response.headers.get('allow'), response.headers.get('connection')],
      [405, 'GET, HEAD', 'close'],
    );
  }
});

test('what fails is 500, and its reason goes to the log and not to whoever asked', async (t) => {
  const { at, errors } = await open(t, { metrics: () => Promise.reject(new Error('a secret place')) });
  const response = await fetch(at('/metrics'));
  assert.equal(response.status, 500);
  assert.doesNotMatch(await response.text(), /secret/);
  assert.equal(errors.length, 1);
});

test('a head that is too long, and one that never ends, are sent away', async (t) => {
  const { port } = await open(t);
  const long = connect(port, '127.0.0.1');
  long.on('error', () => {});
  long.write(`GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
  assert.match(await text(long), /^HTTP\/1\.1 431 /);
  const slow = connect(port, '127.0.0.1');
  slow.write('GET /healthz HTTP/1.1\r\n');
  assert.match(await text(slow), /^HTTP\/1\.1 408 /);
});

/** An error on the way there is news to nobody here. */
function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}

test('whoever comes when the house is full is not let in, and those inside are served', async (t) => {
  const { port, at } = await open(t);
  const sockets = Array.from({ length: 40 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  const outcomes = await Promise.all(
    sockets.map((socket) => {
      socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
      const answered = new Promise<string>((resolve) => socket.once('data', () => resolve('answered')));
      return Promise.race([answered, gone(socket).then(() => 'closed')]);
    }),
  );
  assert.equal(outcomes.filter((outcome) => outcome === 'answered').length, 32);
  for (const socket of sockets) socket.destroy();
  await Promise.all(sockets.map(gone));
  // The office hears of it a moment later than we do.
  const again = async (): Promise<Response> => fetch(at('/healthz')).catch(again);
  assert.equal((await again()).status, 200);
});

test('closing waits for nobody', async (t) => {
  const asked = Promise.withResolvers<void>();
  const { health, port } = await open(t, {
    notReady: () => {
      asked.resolve();
      return new Promise(() => {});
    },
  });
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  socket.write('GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n');
  await asked.promise;
  await health.close();
  await gone(socket.resume());
});
