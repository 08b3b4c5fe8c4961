import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fileNameOf } from './file-name.ts';

test('the name of a journal can be read', () => {
  assert.equal(fileNameOf('anna@pop.example.org:995'), 'anna@pop.example.org%3a995');
  assert.equal(fileNameOf('Bj\u00f6rn@[::1]:110'), '%42j%c3%b6rn@%5b%3a%3a1%5d%3a110');
  assert.equal(fileNameOf('../../etc/passwd@h:1'), '%2e.%2f..%2fetc%2fpasswd@h%3a1');
});

test('any maildrop has a safe name of its own, also where the file system knows no case', () => {
  const mailbox = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.string({ unit: 'binary', maxLength: 300 }),
  );
  fc.assert(
    fc.property(mailbox, mailbox, (one, other) => {
      const name = fileNameOf(one);
      assert.match(name, /^([a-z0-9@_+=%~-][a-z0-9@._+=%~-]{0,159})?$/);
      if (one !== other) assert.notEqual(name, fileNameOf(other));
    }),
  );
});

test('two long ones that begin alike are told apart', () => {
  const long = 'a'.repeat(5000);
  assert.notEqual(fileNameOf(`${long}1`), fileNameOf(`${long}2`));
  assert.ok(fileNameOf(`${long}1`).length <= 160);
});
