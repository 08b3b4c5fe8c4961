import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SessionsAtOnce } from './sessions-at-once.ts';

test('EXT-17: the session too many is told that the maildrop is in use, until another ends', async () => {
  const sessions = new SessionsAtOnce(() => 2);
  assert.equal(
    sessions.open('anna', 's1', () => 'it'),
    'it',
  );
  assert.equal(await sessions.open('anna', 's2', async () => 'it'), 'it');
  assert.throws(() => sessions.open('anna', 's3', () => 'it'), { kind: 'in-use' });
  assert.equal(
    sessions.open('bert', 's4', () => 'it'),
    'it',
  );
  sessions.ended('s1');
  sessions.ended('s1');
  assert.equal(
    sessions.open('anna', 's5', () => 'it'),
    'it',
  );
  assert.throws(() => sessions.open('anna', 's6', () => 'it'), { kind: 'in-use' });
});

test('what could not be opened is no session', async () => {
  const sessions = new SessionsAtOnce(() => 1);
  const fail = () => {
    throw new Error('no');
  };
  assert.throws(() => sessions.open('anna', 's1', fail), /^Error: no$/);
  await assert.rejects(async () => sessions.open('anna', 's2', async () => fail()), /^Error: no$/);
  assert.equal(
    sessions.open('anna', 's3', () => 'it'),
    'it',
  );
});
