import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { Failure } from '../../failure.ts';
import { DotLock } from './dot-lock.ts';

const impatient = { patience: 0 };
/** Older than any lock that a program would have. */
const longAgo = Date.now() / 1000 - 2000;

let folder = '';
let file = '';
let path = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'restante-dot-lock-'));
  file = join(folder, 'mbox');
  path = `${file}.lock`;
});
afterEach(() => rm(folder, { recursive: true }));

test('a lock is beside the file, says which process has it, and is gone when it is released', async () => {
  const lock = await DotLock.take(file);
  assert.deepEqual(readdirSync(folder), ['mbox.lock']);
  assert.match(readFileSync(path, 'latin1'), new RegExp(`^${process.pid}:${hostname()}:`));
  lock.release();
  assert.deepEqual(readdirSync(folder), []);
});

test('who comes second waits, and has it when the first is done', async () => {
  const first = await DotLock.take(file);
  let released = false;
  const second = DotLock.take(file).then((lock) => {
    assert.ok(released);
    lock.release();
  });
  await assert.rejects(DotLock.take(file, impatient), (thrown) => {
    return (
      thrown instanceof Failure && thrown.message.includes(`is locked by process ${process.pid}: wait for it to end`)
    );
  });
  released = true;
  first.release();
  await second;
  assert.deepEqual(readdirSync(folder), []);
});

test('what another program made is left alone: procmail, liblockfile and Dovecot write what they like', async () => {
  for (const content of ['', '0', `${process.pid}\n`, `${process.pid}:${hostname()}\n`, '99999999:elsewhere\n']) {
    writeFileSync(path, content);
    await assert.rejects(DotLock.take(file, impatient), Failure, content);
    assert.equal(readFileSync(path, 'latin1'), content);
  }
  assert.deepEqual(readdirSync(folder), ['mbox.lock']);
});

test('a lock that says nothing of a process of ours is taken away when it is old, and one whose process lives never is', async () => {
  const old = { patience: 0, stale: 0 };
  for (const content of ['', '0', '99999999:elsewhere\n', `99999999:${hostname()}:1:1\n`, '99999999\n']) {
    writeFileSync(path, content);
    const lock = await DotLock.take(file, old);
    assert.match(readFileSync(path, 'latin1'), new RegExp(`^${process.pid}:`));
    lock.release();
  }
  for (const content of [`${process.pid}\n`, `${process.pid}:${hostname()}\n`, `${process.pid}:${hostname()}:1:1\n`]) {
    writeFileSync(path, content);
    await assert.rejects(DotLock.take(file, old), Failure, content);
    assert.equal(readFileSync(path, 'latin1'), content);
  }
  assert.deepEqual(readdirSync(folder), ['mbox.lock']);
});

test('that a file is old does not make its lock stale while its change time is not: a copied time says nothing', async () => {
  writeFileSync(path, '0');
  utimesSync(path, longAgo, longAgo);
  await assert.rejects(DotLock.take(file, impatient), Failure);
});

test('the lock of a process that was killed is taken away at once', async () => {
  const program = `
    import { DotLock } from ${JSON.stringify(new URL('dot-lock.js', import.meta.url).href)};
    await DotLock.take(${JSON.stringify(file)});
    process.stdout.write('locked');
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await assert.rejects(DotLock.take(file, impatient), Failure);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.ok(existsSync(path));
  const lock = await DotLock.take(file, impatient);
  lock.release();
  assert.deepEqual(readdirSync(folder), []);
});

test('what a process that died has left of an attempt is removed by who has the lock, and that of one who lives is not', async () => {
  const names = [
    'mbox.lock.99999999.0123456789ab',
    'mbox.lock.99999999.0123456789ab.stale',
    'mbox.lock.1.0123456789ab',
  ];
  const first = await DotLock.take(file);
  const ours = readFileSync(path, 'latin1');
  for (const name of names) writeFileSync(join(folder, name), ours.replace(/^\d+/, name.split('.')[2] ?? ''));
  writeFileSync(join(folder, 'mbox.lock.bak'), '99999999');
  writeFileSync(join(folder, `mbox.lock.${process.pid}.0123456789ab`), ours);
  first.sweep();
  first.release();
  const left = readdirSync(folder).filter((name) => name !== 'mbox.lock.1.0123456789ab');
  assert.deepEqual(left.sort(), [`mbox.lock.${process.pid}.0123456789ab`, 'mbox.lock.bak']);
});

test('a number that a process has by now, which was another then, is no process that holds it', async () => {
  const lock = await DotLock.take(file);
  const content = readFileSync(path, 'latin1');
  lock.release();
  if (!/:\d+\n$/.test(content)) return;
  writeFileSync(path, content.replace(/:\d+\n$/, ':1\n'));
  (await DotLock.take(file, impatient)).release();
});

test('the lock of a process in another container is not ours to judge, though its host has the same name', async () => {
  writeFileSync(path, `99999999:${hostname()}:1:1\n`);
  await assert.rejects(DotLock.take(file, impatient), Failure);
});

test('who releases a lock that was taken away leaves that of another alone', async () => {
  const lock = await DotLock.take(file);
  writeFileSync(join(folder, 'theirs'), 'theirs');
  renameSync(join(folder, 'theirs'), path);
  lock.release();
  assert.equal(readFileSync(path, 'latin1'), 'theirs');
});

test('a folder in which no lock can be made is told', async () => {
  await assert.rejects(DotLock.take(join(folder, 'nowhere', 'mbox'), impatient), (thrown) => {
    return thrown instanceof Failure && /mbox\.lock cannot be written: no such file or directory/.test(thrown.message);
  });
});
