import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountName } from './account-name.ts';
import { generatePassword } from './generate-password.ts';
import { passwordProblem } from './usable-password.ts';

test('names are kept in lower case', () => {
  assert.equal(accountName('Anna.Maria-2+x_y'), 'anna.maria-2+x_y');
  assert.equal(accountName('a'.repeat(64)), 'a'.repeat(64));
  for (const wrong of ['', '.a', '-a', 'a b', 'a@b', 'ä', 'a/b', 'a\n', 'a'.repeat(65)]) {
    assert.equal(accountName(wrong), undefined, JSON.stringify(wrong));
  }
});

test('a generated password has a hundred bits and can be typed', () => {
  const seen = new Set(Array.from({ length: 100 }, generatePassword));
  assert.equal(seen.size, 100);
  for (const password of seen) assert.match(password, /^([a-km-z2-9]{5}-){3}[a-km-z2-9]{5}$/);
});

test('a password that no client can send is refused with the reason', () => {
  assert.equal(passwordProblem(Buffer.from(' a  b ')), undefined);
  assert.equal(passwordProblem(Buffer.alloc(248, 'x')), undefined, 'EXT-09: PASS with 248 octets works');
  assert.match(passwordProblem(Buffer.alloc(249, 'x')) ?? '', /248 octets/);
  assert.match(passwordProblem(Buffer.from('')) ?? '', /empty/);
  for (const octet of [0, 10, 13]) assert.match(passwordProblem(Buffer.from([65, octet])) ?? '', /no client can send/);
});
