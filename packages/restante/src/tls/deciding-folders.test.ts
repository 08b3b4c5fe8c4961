import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { decidingFolders } from './deciding-folders.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'restante-folders-')));
after(() => rmSync(root, { recursive: true }));

function make(...parts: readonly string[]): string {
  const folder = join(root, ...parts);
  mkdirSync(folder, { recursive: true });
  return folder;
}

test('a plain file: its own folder, whether it is there or not', () => {
  const folder = make('plain');
  writeFileSync(join(folder, 'cert.pem'), '');
  assert.deepEqual([...decidingFolders(join(folder, 'cert.pem'))], [folder]);
  assert.deepEqual([...decidingFolders(join(folder, 'none.pem'))], [folder]);
});

test("Let's Encrypt: the link's folder in live/, and that in archive/ to which it leads", () => {
  const [live, archive] = [make('live', 'post.example'), make('archive', 'post.example')];
  symlinkSync('../../archive/post.example/cert1.pem', join(live, 'cert.pem'));
  assert.deepEqual([...decidingFolders(join(live, 'cert.pem'))], [live, archive]);
});

test('Kubernetes: a link into ..data, which is itself a link', () => {
  const [mount, version] = [make('secret'), make('secret', '..2027_01')];
  symlinkSync('..2027_01', join(mount, '..data'));
  symlinkSync('..data/tls.crt', join(mount, 'tls.crt'));
  assert.deepEqual([...decidingFolders(join(mount, 'tls.crt'))], [mount, version]);
});

test('a folder on the way that is a link', () => {
  const release = make('releases', '5');
  symlinkSync(release, join(root, 'current'));
  assert.deepEqual([...decidingFolders(join(root, 'current', 'cert.pem'))], [root, release]);
});

test('links in a ring come to an end', () => {
  const ring = make('ring');
  symlinkSync('b', join(ring, 'a'));
  symlinkSync('a', join(ring, 'b'));
  assert.deepEqual([...decidingFolders(join(ring, 'a'))], [ring]);
});
