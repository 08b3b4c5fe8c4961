import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isHere } from '../testing/interop/peer-program.ts';
import { NotifySocket } from '../testing/notify-socket.ts';
import { RunningOffice, temporaryFolder } from '../testing/running-office.ts';
import { ServiceManager } from './service-manager.ts';

function manager(t: TestContext, environment: Readonly<Record<string, string>> = {}) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const said: string[][] = [];
  const errors: unknown[] = [];
  const trouble: { error?: Error } = {};
  const told = ServiceManager.of({
    environment: { NOTIFY_SOCKET: '/run/notify', ...environment },
    onError: (thrown) => errors.push(thrown),
    run: async (words, variables) => {
      assert.deepEqual(variables, { NOTIFY_SOCKET: '/run/notify' });
      if (trouble.error) throw trouble.error;
      said.push([...words]);
    },
  });
  assert.ok(told !== undefined);
  const turn = async (milliseconds: number) => {
    t.mock.timers.tick(milliseconds);
    await new Promise(setImmediate);
  };
  return { told, said, errors, trouble, turn };
}

test('where no manager is, nobody is told', () => {
  const onError = () => assert.fail();
  assert.equal(ServiceManager.of({ environment: {}, onError }), undefined);
  assert.equal(ServiceManager.of({ environment: { NOTIFY_SOCKET: '' }, onError }), undefined);
});

test('open, reading anew, open again, closing: in that order, with what the manager needs', async (t) => {
  const { told, said } = manager(t);
  void told.ready('open');
  void told.reloading();
  void told.ready('open');
  await told.stopping();
  const [ready, reloading, again, stopping] = said;
  assert.deepEqual(ready, ['READY=1', `MAINPID=${process.pid}`, 'STATUS=open']);
  assert.equal(reloading?.[0], 'RELOADING=1');
  assert.match(reloading?.[1] ?? '', /^MONOTONIC_USEC=\d+$/);
  assert.deepEqual(again, ready);
  assert.equal(stopping?.[0], 'STOPPING=1');
});

test('a beat in each half of the watchdog’s period, for as long as the office works', async (t) => {
  const { told, said, turn } = manager(t, { WATCHDOG_USEC: '20000000' });
  let works = async (): Promise<unknown> => true;
  told.watch(
    () => works(),
    () => 'open',
  );
  await turn(9_999);
  assert.equal(said.length, 0);
  await turn(1);
  assert.deepEqual(said, [['WATCHDOG=1', 'STATUS=open']]);
  await turn(10_000);
  assert.equal(said.length, 2);
  works = () => Promise.reject(new Error('the writer has stopped'));
  await turn(10_000);
  assert.equal(said.length, 2, 'the writer does not work');
  const { promise, resolve } = Promise.withResolvers<void>();
  works = () => promise;
  await turn(10_000);
  await turn(10_000);
  assert.equal(said.length, 2, 'the writer does not answer');
  resolve();
  await turn(0);
  assert.equal(said.length, 3, 'it answers after all, once, however often it was asked');
  told.close();
  await turn(60_000);
  assert.equal(said.length, 3);
});

test('no beat where no watchdog is, or where it watches another process', async (t) => {
  for (const environment of [{}, { WATCHDOG_USEC: '1000000', WATCHDOG_PID: '1' }, { WATCHDOG_USEC: 'soon' }]) {
    await t.test(JSON.stringify(environment), async (t) => {
      const { told, said, turn } = manager(t, environment as Record<string, string>);
      told.watch(
        async () => {},
        () => '',
      );
      await turn(3_600_000);
      assert.deepEqual(said, []);
    });
  }
});

test('a manager that cannot be told is complained of once, until it can be again', async (t) => {
  const { told, errors, trouble } = manager(t);
  trouble.error = new Error('systemd-notify: no such file or directory');
  await told.ready('open');
  await told.stopping();
  assert.equal(errors.length, 1);
  delete trouble.error;
  await told.ready('open');
  trouble.error = new Error('again');
  await told.ready('open');
  assert.equal(errors.length, 2);
});

for (const kind of ['a path', 'an abstract name'] as const) {
  test(`systemd's own program carries it to ${kind}: ready, beats, closing`, async (t) => {
    if (!isHere(t, 'systemd-notify') || !isHere(t, 'python3')) return;
    const place = kind === 'a path' ? join(temporaryFolder(), 'notify') : `@restante-${process.pid}`;
    const ear = await NotifySocket.bind(place);
    t.after(() => ear.close());
    const office = await RunningOffice.start({
      data: temporaryFolder(),
      environment: { NOTIFY_SOCKET: place, WATCHDOG_USEC: '200000' },
    });
    const ready = await ear.message('READY=1');
    assert.ok(ready.includes(`MAINPID=${office.pid}`) && ready.includes('STATUS=open, 0 sessions'), ready.join());
    while (ear.times('WATCHDOG=1') < 3) await ear.next();
    process.kill(office.pid, 'SIGHUP');
    await ear.message('RELOADING=1');
    while (ear.times('READY=1') < 2) await ear.next();
    await office.close();
    await ear.message('STOPPING=1');
    assert.doesNotMatch(office.log, /service manager/);
  });
}

test('an office whose event loop stands still says nothing, so that it is ended and begun anew', async (t) => {
  if (!isHere(t, 'systemd-notify') || !isHere(t, 'python3')) return;
  const place = join(temporaryFolder(), 'notify');
  const ear = await NotifySocket.bind(place);
  t.after(() => ear.close());
  const office = await RunningOffice.start({
    data: temporaryFolder(),
    environment: { NOTIFY_SOCKET: place, WATCHDOG_USEC: '200000' },
  });
  await ear.message('WATCHDOG=1');
  process.kill(office.pid, 'SIGSTOP');
  // Words under way may still come: what comes behind ours, said by another, is the first that cannot be one of them.
  await say(place, 'X_MARK=1');
  await ear.message('X_MARK=1');
  const before = ear.times('WATCHDOG=1');
  await say(place, 'X_MARK=2');
  await ear.message('X_MARK=2');
  assert.ok(ear.times('WATCHDOG=1') - before <= 1);
  process.kill(office.pid, 'SIGCONT');
  while (ear.times('WATCHDOG=1') < before + 3) await ear.next();
  await office.close();
});

async function say(place: string, word: string): Promise<void> {
  const child = spawn('systemd-notify', [word], { env: { ...process.env, NOTIFY_SOCKET: place }, stdio: 'ignore' });
  await once(child, 'exit');
}
