import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings } from '../config/read-settings.ts';
import { servedDomains } from './served-domains.ts';

function served(text: string): readonly string[] {
  const read = readSettings({ text, folder: '/' });
  assert.equal(read.type, 'settings');
  return servedDomains(read.settings);
}

test('domains are served in the form that an envelope and an account have them in, however they were written', () => {
  assert.deepEqual(served('domains = ["Post.EXAMPLE", "Bücher.example", "post.example"]'), [
    'post.example',
    'xn--bcher-kva.example',
  ]);
  assert.deepEqual(served('hostname = "Post.EXAMPLE"'), ['localhost', 'post.example']);
});
