import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../failure.ts';
import { temporaryFolder } from '../../testing/running-office.ts';
import { readSecret, type SecretPlace } from './secret.ts';

const folder = temporaryFolder();

function file(text: string, mode = 0o600): SecretPlace {
  const path = join(folder, `secret${Math.random()}`);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return { type: 'file', path };
}

function command(line: string): SecretPlace {
  return { type: 'command', line };
}

async function why(place: SecretPlace): Promise<string> {
  const failure = await readSecret(place, 'password').then(
    () => assert.fail('it was read'),
    (thrown: unknown) => thrown,
  );
  assert.ok(failure instanceof Failure, String(failure));
  return failure.message;
}

test('the first line, with the blanks that belong to it and without its line end', async () => {
  for (const [text, secret] of [
    ['secret\n', 'secret'],
    ['secret', 'secret'],
    ['secret\r\nuser: anna\r\n', 'secret'],
    [' two  words \n', ' two  words '],
    ['gehe\u00efm \u{1f511}\n', 'gehe\u00efm \u{1f511}'],
  ] as const) {
    assert.equal(await readSecret(file(text), 'password'), secret);
    assert.equal(await readSecret(command(`printf '%s' '${text}'`), 'password'), secret);
  }
  const token = 'x'.repeat(12_000);
  assert.equal(await readSecret(file(token), 'token'), token);
});

test('a file that everybody can read is refused, a group is not everybody', async () => {
  assert.match(await why(file('s', 0o644)), /^everybody on this machine can read .*: chmod 600 /);
  assert.match(await why(file('s', 0o604)), /^everybody/);
  assert.equal(await readSecret(file('s', 0o640), 'password'), 's');
});

test('what is missing is told, and nothing of what was there', async () => {
  assert.match(await why({ type: 'file', path: join(folder, 'none') }), /cannot be read from .*: no such file/);
  assert.match(await why({ type: 'file', path: folder }), /cannot be read from .*: it is a directory/);
  assert.match(await why(file('\nsecond')), /^the first line of .* is empty/);
  assert.match(await why({ type: 'environment', variable: 'NOBODY_SET_IT' }), /NOBODY_SET_IT is not set/);
  for (const [line, said] of [
    ['echo geheim; exit 7', /ended with status 7/],
    ['echo geheim; kill -9 $$', /ended by SIGKILL/],
    ['true geheim', /first line of the command for the password is empty/],
  ] as const) {
    const message = await why(command(line));
    assert.match(message, said);
    assert.ok(!message.includes('geheim'), message);
  }
});

test('it is asked for at each login anew: tokens are renewed', async () => {
  const counter = join(folder, 'counter');
  const place = command(`echo x >> '${counter}'; wc -l < '${counter}'`);
  assert.equal((await readSecret(place, 'token')).trim(), '1');
  assert.equal((await readSecret(place, 'token')).trim(), '2');
});

test('a command that says more than any secret is not kept in memory', async () => {
  const secret = await readSecret(command('head -c 50000000 /dev/zero | tr "\\0" x'), 'token');
  assert.ok(secret.length <= 256 * 1024, String(secret.length));
});
