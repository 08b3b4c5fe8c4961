import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain } from '../sasl/plain.ts';
import type { ExtensionCommand } from './extension.ts';
import { type Pop3ServiceOptions, pop3Service } from './service.ts';

const good: Pop3ServiceOptions = {
  hostname: 'example.net',
  mechanisms: [plain],
  commands: [],
  implementation: 'Restante',
  bareLineFeed: true,
  saslLine: 12_288,
  failedLogins: 3,
  badCommands: 10,
};

const command = (keyword: string, capability?: string): ExtensionCommand => ({
  keyword,
  states: ['TRANSACTION'],
  ...(capability !== undefined && { capability }),
  handle: () => ({ ok: true, text: 'done' }),
});

test('private commands and their capabilities begin with X (EXT-32, IANA-01)', () => {
  const service = pop3Service({ ...good, commands: [command('xfoo', 'X-FOO bar')] });
  assert.deepEqual([...service.extensions.keys()], ['XFOO']);
  for (const wrong of [command('FOO'), command('X'), command('XFOOO'), command('XF O'), command('XFOO', 'FOO')]) {
    assert.throws(() => pop3Service({ ...good, commands: [wrong] }), TypeError);
  }
  assert.throws(() => pop3Service({ ...good, commands: [command('XFOO', 'X-FOO\r\nFORGED')] }), TypeError);
  assert.throws(() => pop3Service({ ...good, commands: [command('XFOO'), command('xfoo')] }), TypeError);
});

test('mechanism names are those of RFC 4422 (SASL-01), and each stands once', () => {
  assert.throws(() => pop3Service({ ...good, mechanisms: [{ ...plain, name: 'plain' }] }), TypeError);
  assert.throws(() => pop3Service({ ...good, mechanisms: [{ ...plain, name: 'A'.repeat(21) }] }), TypeError);
  assert.throws(() => pop3Service({ ...good, mechanisms: [plain, plain] }), TypeError);
});

test('a line of CAPA has 512 octets at most (EXT-03)', () => {
  const mechanisms = Array.from({ length: 30 }, (_, index) => ({ ...plain, name: `MECHANISM-NUMBER-${index}` }));
  assert.throws(() => pop3Service({ ...good, mechanisms }), TypeError);
  assert.throws(() => pop3Service({ ...good, commands: [command('XFOO', `X-FOO ${'x'.repeat(510)}`)] }), TypeError);
  assert.throws(() => pop3Service({ ...good, implementation: 'x'.repeat(500) }), TypeError);
  assert.throws(() => pop3Service({ ...good, implementation: 'two\r\nlines' }), TypeError);
});
