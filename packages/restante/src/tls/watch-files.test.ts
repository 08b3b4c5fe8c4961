import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { HandClock } from '../testing/hand-clock.ts';
import { POLL, SETTLE, type WatchFilesOptions, watchFiles } from './watch-files.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'restante-watch-')));
after(() => rmSync(root, { recursive: true }));

let folders = 0;
function folder(): string {
  const made = join(root, String(folders++));
  mkdirSync(made);
  return made;
}

/** Watches, counts what it is told, and has ears that the test speaks into. */
async function watching(t: TestContext, paths: readonly string[], more: Partial<WatchFilesOptions> = {}) {
  const clock = new HandClock();
  const ears = new Map<string, () => void>();
  let told = 0;
  const listen = (at: string, heard: () => void) => {
    ears.set(at, heard);
    return { close: () => void ears.delete(at) };
  };
  const watch = await watchFiles({ paths, onChange: () => told++, clock, listen, ...more });
  t.after(() => watch.close());
  return { clock, ears, watch, told: () => told };
}

test('where nothing is heard the poll finds a change, and waits until the files are still', async (t) => {
  const at = folder();
  const [cert, key] = [join(at, 'cert.pem'), join(at, 'key.pem')];
  writeFileSync(cert, 'old');
  writeFileSync(key, 'old');
  const { clock, told } = await watching(t, [cert, key]);
  await clock.ring(POLL);
  const idle = await clock.next(POLL);
  assert.equal(told(), 0);
  writeFileSync(cert, 'ne');
  idle.ring();
  const settling = await clock.next(SETTLE);
  appendFileSync(cert, 'w');
  settling.ring();
  const again = await clock.next(SETTLE);
  assert.equal(told(), 0, 'it was still being written');
  again.ring();
  await clock.next(POLL);
  assert.equal(told(), 1);
});

test('what is heard is looked at a second later, and however much is heard, not put off', async (t) => {
  const at = folder();
  const cert = join(at, 'cert.pem');
  writeFileSync(cert, 'old');
  const { clock, ears, told } = await watching(t, [cert]);
  writeFileSync(`${cert}.new`, 'new');
  renameSync(`${cert}.new`, cert);
  for (let count = 0; count < 3; count++) ears.get(at)?.();
  assert.deepEqual(clock.pending, [SETTLE], 'one timer, and no poll beside it');
  await clock.ring(SETTLE);
  await clock.ring(SETTLE);
  await clock.next(POLL);
  assert.equal(told(), 1);
});

test('a noise that is about other files changes nothing', async (t) => {
  const at = folder();
  const cert = join(at, 'cert.pem');
  writeFileSync(cert, 'old');
  const { clock, ears, told } = await watching(t, [cert]);
  writeFileSync(join(at, 'other'), '');
  ears.get(at)?.();
  await clock.ring(SETTLE);
  await clock.next(POLL);
  assert.equal(told(), 0);
});

test('the same length and the same time of change do not hide a change', async (t) => {
  const at = folder();
  const cert = join(at, 'cert.pem');
  writeFileSync(cert, 'old');
  const when = new Date(1_700_000_000_000);
  utimesSync(cert, when, when);
  const { clock, told } = await watching(t, [cert]);
  writeFileSync(cert, 'new');
  utimesSync(cert, when, when);
  await clock.ring(POLL);
  await clock.ring(SETTLE);
  await clock.next(POLL);
  assert.equal(told(), 1);
});

test('a file that goes away, and one that comes, are changes', async (t) => {
  const at = folder();
  const cert = join(at, 'cert.pem');
  const { clock, told } = await watching(t, [cert]);
  for (const change of [() => writeFileSync(cert, 'first'), () => unlinkSync(cert)]) {
    const idle = await clock.next(POLL);
    change();
    idle.ring();
    await clock.ring(SETTLE);
  }
  await clock.next(POLL);
  assert.equal(told(), 2);
});

test('a link is followed anew when it was replaced (Kubernetes)', async (t) => {
  const mount = folder();
  for (const version of ['..1', '..2']) {
    mkdirSync(join(mount, version));
    writeFileSync(join(mount, version, 'tls.crt'), version);
  }
  symlinkSync('..1', join(mount, '..data'));
  symlinkSync('..data/tls.crt', join(mount, 'tls.crt'));
  const { clock, ears, told } = await watching(t, [join(mount, 'tls.crt')]);
  assert.deepEqual([...ears.keys()], [mount, join(mount, '..1')]);
  symlinkSync('..2', join(mount, '..new'));
  renameSync(join(mount, '..new'), join(mount, '..data'));
  ears.get(mount)?.();
  await clock.ring(SETTLE);
  await clock.ring(SETTLE);
  await clock.next(POLL);
  assert.equal(told(), 1);
  assert.deepEqual([...ears.keys()], [mount, join(mount, '..2')]);
});

test('where no folder can be listened to, and after it was closed', async (t) => {
  const at = folder();
  const cert = join(at, 'cert.pem');
  const listen = () => {
    throw Object.assign(new Error('no room for more'), { code: 'ENOSPC' });
  };
  const { clock, told, watch } = await watching(t, [cert], { listen });
  writeFileSync(cert, 'new');
  await clock.ring(POLL);
  const settling = await clock.next(SETTLE);
  watch.close();
  settling.ring();
  assert.deepEqual(clock.pending, []);
  assert.equal(told(), 0);
});

test('the system tells of a change by itself', async () => {
  const at = folder();
  const cert = join(at, 'cert.pem');
  writeFileSync(cert, 'old');
  const clock = new HandClock();
  const told = Promise.withResolvers<void>();
  const watch = await watchFiles({ paths: [cert], onChange: told.resolve, clock });
  try {
    writeFileSync(cert, 'new');
    await clock.ring(SETTLE);
    await clock.ring(SETTLE);
    await told.promise;
  } finally {
    watch.close();
  }
});
