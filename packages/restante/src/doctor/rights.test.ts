import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, test } from 'node:test';
import { examineRights, type Look } from './rights.ts';

const OFFICE = 105;
const root = mkdtempSync(join(tmpdir(), 'restante-doctor-rights-'));
after(() => rmSync(root, { recursive: true }));
for (const folder of ['letters', 'tls']) mkdirSync(join(root, folder));
for (const file of ['index.sqlite', 'restante.toml', 'tls/key.pem', 'letters/1.segment']) {
  writeFileSync(join(root, file), '');
}

/** The files that are there, owned by the office and closed to others, but for what is said of them. */
function found(facts: Readonly<Record<string, { uid?: number; mode?: number }>>, uid = OFFICE): readonly string[] {
  const there = ['', 'letters', 'tls', 'index.sqlite', 'restante.toml', 'tls/key.pem', 'letters/1.segment'];
  const look: Look = (path) => {
    const name = relative(root, path);
    const said = facts[name];
    if (said === undefined && !there.includes(name)) return undefined;
    return { uid: OFFICE, mode: 0o640, isDirectory: () => name === '', ...said };
  };
  return examineRights(root, uid, look).map(({ level, what }) => `${level} ${what.replaceAll(root, 'DATA')}`);
}

const WELL = 'ok DATA and what is in it belong to one user, and nobody else can read the mail';

test('all belongs to one user, and is closed to everybody else', () => {
  assert.deepEqual(found({}), [WELL]);
  assert.deepEqual(found({}, 0), [WELL], 'root may look');
});

test('files that a command of root has left, which the office cannot open', () => {
  assert.deepEqual(found({ 'letters/1.segment': { uid: 0 } }), [
    'error DATA/letters/1.segment belongs to another user than DATA',
  ]);
  const [several] = found({ 'index.sqlite': { uid: 0 }, 'tls/key.pem': { uid: 0 } });
  assert.match(several ?? '', /^error DATA\/\S+, and 1 more, belongs to another user than DATA$/);
});

test('somebody else asks, who cannot see all of it', () => {
  assert.deepEqual(found({}, 1000), ['warning DATA belongs to another user']);
});

test('mail, keys and passwords that everybody can get at', () => {
  for (const name of ['index.sqlite', 'letters', 'tls/key.pem', 'control.sock']) {
    assert.deepEqual(found({ [name]: { mode: 0o644 } }), [`error everybody on this machine can get at DATA/${name}`]);
    assert.deepEqual(found({ [name]: { mode: 0o660 } }), [WELL], 'a group is given it on purpose');
  }
});

test('a folder and a configuration that everybody can change', () => {
  assert.deepEqual(found({ '': { mode: 0o777 } }), ['error everybody can put files into DATA, and remove them']);
  assert.deepEqual(found({ '': { mode: 0o1777 } }), [WELL], 'the sticky bit keeps others from removing them');
  assert.deepEqual(found({ 'restante.toml': { mode: 0o646 } }), ['error everybody can change DATA/restante.toml']);
  assert.deepEqual(found({ 'restante.toml': { mode: 0o644 } }), [WELL]);
});

test('the first password, while it stands there', () => {
  assert.deepEqual(found({ 'initial-password': { mode: 0o600 } }), [
    'warning the first password still stands in DATA/initial-password',
  ]);
});

test('no folder yet, or none at all', () => {
  const none = join(root, 'none');
  assert.equal(examineRights(none)[0]?.level, 'ok');
  assert.equal(examineRights(none, OFFICE, () => ({ uid: 0, mode: 0, isDirectory: () => false }))[0]?.level, 'error');
});
