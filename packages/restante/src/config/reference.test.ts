import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parse } from 'smol-toml';
import { COLLECT_ACCOUNT } from './collect-settings.ts';
import { readSettings } from './read-settings.ts';
import { settingsReference } from './reference.ts';
import type { Rows } from './setting.ts';
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

test('every default of an account that is collected from can be written into its table and means the same there', () => {
  for (const [key, row] of Object.entries<Rows[string]>(COLLECT_ACCOUNT)) {
    if (row.default === undefined) continue;
    const more = key === 'larger' ? 'max_size = 1\n' : '';
    const text = `[collect.account.a]\nurl = "pop://a@b"\nto = "account:a"\n${more}${key} = ${row.kind.write(row.default)}`;
    const read = readSettings({ text, folder: '/' });
    assert.ok(read.type === 'settings', text);
    const account = read.settings['collect.account'].get('a') as Record<string, unknown> | undefined;
    assert.deepEqual(account?.[key], row.default, text);
  }
});
