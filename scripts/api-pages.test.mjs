import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { anchorsOf, apiPages, undocumented } from './api-pages.mjs';

test('docs/api is what the docstrings say: npm run docs writes it', () => {
  for (const [url, text] of apiPages()) {
    assert.ok(readFileSync(url, 'utf8') === text, `${url.pathname} is out of date: npm run docs`);
  }
});

test('every link within a page leads to an entry', () => {
  for (const [url, text] of apiPages()) {
    const entries = new Set(anchorsOf([...text.matchAll(/^##+ (.+)$/gm)].map(([, name]) => name)).values());
    const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, target]) => target);
    assert.ok(links.length > 20, url.pathname);
    assert.deepEqual(
      links.filter((target) => !entries.has(target)),
      [],
    );
  }
});

test('nothing is exported without a word about it', () => {
  assert.deepEqual(undocumented(), []);
});
