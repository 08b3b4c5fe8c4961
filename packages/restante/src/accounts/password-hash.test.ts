import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '@restante/pop/sasl';
import { isPasswordHash } from './password-hash.ts';
import { hashPassword } from './passwords.ts';

/** RFC 9106 §5.3's tag and salt, as a PHC string. */
const SALT = Buffer.alloc(16, 2).toString('base64').replace(/=+$/, '');
const DIGEST = Buffer.alloc(32, 0x0d).toString('base64').replace(/=+$/, '');

test('hashes that are made here and those of other programs are taken', async () => {
  assert.ok(isPasswordHash(await hashPassword(new Secret('secret'))));
  assert.ok(isPasswordHash(`$argon2id$v=19$m=65536,t=3,p=4$${SALT}$${DIGEST}`), "RFC 9106's second choice");
  assert.ok(isPasswordHash(`$argon2id$v=19$m=1048576,t=1,p=4$${SALT}$${DIGEST}`));
});

test('what could never be checked against is not', () => {
  for (const text of [
    '',
    '$argon2id$',
    '$argon2id$junk',
    `$argon2i$v=19$m=19456,t=2,p=1$${SALT}$${DIGEST}`,
    `$argon2id$v=16$m=19456,t=2,p=1$${SALT}$${DIGEST}`,
    `$argon2id$v=19$m=19456,t=2$${SALT}$${DIGEST}`,
    `$argon2id$v=19$m=4,t=2,p=1$${SALT}$${DIGEST}`,
    `$argon2id$v=19$m=0,t=2,p=1$${SALT}$${DIGEST}`,
    `$argon2id$v=19$m=9999999,t=2,p=1$${SALT}$${DIGEST}`,
    `$argon2id$v=19$m=19456,t=99,p=1$${SALT}$${DIGEST}`,
    `$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$${DIGEST}`,
    `$argon2id$v=19$m=19456,t=2,p=1$${SALT}$aGFzaA`,
    `$argon2id$v=19$m=19456,t=2,p=1$${SALT}$${DIGEST}$more`,
    `$argon2id$v=19$m=19456,t=2,p=1$${SALT}$${DIGEST}\n`,
    `$argon2id$v=19$m=19456,t=2,p=1$${SALT}$ ${DIGEST}`,
    ` $argon2id$v=19$m=19456,t=2,p=1$${SALT}$${DIGEST}`,
  ]) {
    assert.ok(!isPasswordHash(text), text);
  }
});
