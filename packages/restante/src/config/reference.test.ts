import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parse } from 'smol-toml';
import { readSettings } from './read-settings.ts';
import { settingsReference } from './reference.ts';
import { SETTINGS, type Setting } from './settings.ts';

test('docs/configuration.md is current (else: npm run docs)', async () => {
  const page = await readFile(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8');
  assert.equal(page, settingsReference());
});

test('the example in it is a configuration without problems', () => {
  const example = /```toml\n(.*?)```/s.exec(settingsReference())?.[1] ?? '';
  assert.equal(readSettings({ text: example, folder: '/' }).type, 'settings');
});

test('every default can be written into a file and means the same there', () => {
  for (const [key, row] of Object.entries(SETTINGS) as [string, Setting<unknown>][]) {
    if (row.default === undefined) continue;
    const text = `${key} = ${row.kind.write(row.default)}`;
    parse(text);
    const read = readSettings({ text, folder: '/' });
    assert.ok(read.type === 'settings', text);
    assert.deepEqual(read.settings[key as keyof typeof SETTINGS], row.default, text);
  }
});
