import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { selfSignedCertificate } from './certificate.ts';

test('a certificate made on the spot is sound, for localhost and 127.0.0.1, and no two are alike', () => {
  const { cert } = selfSignedCertificate();
  const read = new X509Certificate(cert);
  assert.equal(read.checkHost('localhost'), 'localhost');
  assert.equal(read.checkIP('127.0.0.1'), '127.0.0.1');
  assert.equal(read.checkHost('mail.example.net'), undefined);
  assert.ok(read.verify(read.publicKey));
  assert.ok(new Date(read.validFrom).getTime() < Date.now());
  assert.ok(new Date(read.validTo).getTime() > Date.now());
  assert.notEqual(selfSignedCertificate().cert, cert);
});
