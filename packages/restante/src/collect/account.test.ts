import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mailboxKey } from './account.ts';

test('a maildrop is the same however it is called: on either port of POP3, however the host is written', () => {
  const keys = [
    { host: 'pop.example.org' },
    { host: 'pop.example.org', port: 995 },
    { host: 'POP.example.org.', port: 110 },
  ].map((server) => mailboxKey({ server: { ...server, auth: { user: 'anna' } } }));
  assert.deepEqual([...new Set(keys)], ['anna@pop.example.org:995']);
});

test('what stands behind another port, or is another user\u2019s, is another', () => {
  const keys = [
    { host: 'localhost', port: 1110, auth: { user: 'anna' } },
    { host: 'localhost', port: 1111, auth: { user: 'anna' } },
    { host: 'localhost', port: 1111, auth: { user: 'Anna' } },
  ].map((server) => mailboxKey({ server }));
  assert.equal(new Set(keys).size, 3);
});
