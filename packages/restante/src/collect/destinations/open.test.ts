import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DestinationOptions, type DestinationSpec, parseDestination, parseSorting } from './open.ts';

const HERE = { folder: '/srv/mail', home: '/home/anna' };

function read(text: string, options: DestinationOptions = {}): DestinationSpec {
  const spec = parseDestination(text, { ...HERE, ...options });
  assert.ok(spec.type !== 'wrong', spec.type === 'wrong' ? spec.message : '');
  return spec;
}

function refused(text: string, options: DestinationOptions = {}): string {
  const spec = parseDestination(text, { ...HERE, ...options });
  assert.ok(spec.type === 'wrong', `${text} was understood`);
  return `${spec.setting}: ${spec.message}`;
}

test('a folder or file is made absolute, ~ is the home folder, and its name says the same', () => {
  assert.deepEqual(read('maildir:~/Maildir'), {
    type: 'maildir',
    name: 'maildir:/home/anna/Maildir',
    path: '/home/anna/Maildir',
  });
  assert.equal(read('maildir:~').name, 'maildir:/home/anna');
  assert.equal(read('mbox:in/box').name, 'mbox:/srv/mail/in/box');
  assert.equal(read('maildir:/a/../b/').name, 'maildir:/b');
  assert.equal(read('maildir:/with space/and:colon').name, 'maildir:/with space/and:colon');
  assert.match(refused('maildir:~bert/Maildir'), /^to: .*only ~\/ is understood/);
  assert.match(refused('maildir:'), /^to: .*maildir:~\/Maildir/);
  assert.match(refused('mbox:a\nb'), /^to: .*control character.*"a\\nb"/);
});

test('an account by its name, whatever its case', () => {
  assert.deepEqual(read('account:Anna'), { type: 'account', name: 'account:anna', account: 'anna' });
  assert.match(refused('account:'), /^to: /);
  assert.match(refused('account:an/na'), /no name of an account/);
});

test('an LMTP server by port or socket, with the recipients whose letters they are', () => {
  assert.deepEqual(read('lmtp:[::1]:24', { recipients: ['anna', '<bert@example.org>', 'anna'] }), {
    type: 'lmtp',
    name: 'lmtp:[::1]:24 for anna, bert@example.org',
    address: { host: '::1', port: 24 },
    recipients: ['anna', 'bert@example.org'],
  });
  const socket = read('lmtp:unix:run/lmtp', { recipients: ['anna'] });
  assert.deepEqual(socket.type === 'lmtp' && socket.address, { path: '/srv/mail/run/lmtp' });
  assert.match(refused('lmtp:localhost:24'), /^recipient: .*name a recipient/);
  assert.match(refused('lmtp:localhost:24', { recipients: ['a b'] }), /^recipient: a b is neither/);
  for (const text of [
    'lmtp:',
    'lmtp:off',
    'lmtp:localhost',
    'lmtp:localhost:0',
    'lmtp:24',
    'lmtp:::1:24',
    'lmtp:unix:',
  ]) {
    const message = refused(text, { recipients: ['anna'] });
    assert.match(message, /^to: .*for example lmtp:127\.0\.0\.1:24/);
    assert.doesNotMatch(message, /or off/);
  }
  assert.match(refused('maildir:x', { recipients: ['anna'] }), /^recipient: maildir: has no recipient/);
});

test('a command is the rest of the text, as it stands', () => {
  assert.deepEqual(read('command:formail -s "$MDA" | x: y'), {
    type: 'command',
    name: 'command:formail -s "$MDA" | x: y',
    line: 'formail -s "$MDA" | x: y',
    lineEnds: 'lf',
    patience: 300_000,
  });
  assert.match(refused('command: '), /^to: command: names no command/);
  assert.match(refused('command:x', { commandTimeout: 0 }), /^command-timeout: /);
});

test('what is no destination is answered with what to write instead', () => {
  assert.match(refused('madlir:/home/anna'), /did you mean maildir:\/home\/anna\?$/);
  assert.match(refused('imap://x'), /write one of maildir, mbox, account, lmtp, command, accounts$/);
  assert.match(refused('~/Maildir'), /write maildir:~\/Maildir or mbox:~\/Maildir$/);
  assert.match(refused('maildir'), /write maildir:~\/Maildir$/);
  assert.match(refused('acounts'), /write accounts?/);
  assert.match(refused(''), /no destination/);
  assert.match(refused('\x1b]0;x'), /"\\u001b\]0;x" is no destination/);
});

test('a maildrop of several people is sorted by one header field, named', () => {
  assert.deepEqual(read('accounts', { sortBy: 'X-Original-To:', sortPrefix: 'example.org-' }), {
    type: 'sorted',
    name: 'accounts by X-Original-To',
    header: 'X-Original-To',
    prefix: 'example.org-',
    to: 'accounts',
  });
  assert.match(refused('accounts'), /^sort-by: .*Delivered-To$/);
  assert.match(refused('maildir:x', { sortBy: 'Delivered-To' }), /^sort-by: .*nothing is sorted/);
  for (const header of ['To', 'cc', 'From'])
    assert.match(refused('accounts', { sortBy: header }), /what the sender wrote/);
  for (const header of ['', 'a b', 'ä', 'a:b'])
    assert.match(refused('accounts', { sortBy: header }), /^sort-by: .*no name/);
  assert.match(refused('accounts', { sortBy: 'Delivered-To', sortPrefix: 'a b' }), /^sort-prefix: /);
});

test('a list says where each address leads; nothing is said of others unless * is written', () => {
  const sorting = (to: Readonly<Record<string, string>>) => parseSorting({ header: 'Delivered-To', to }, HERE);
  const spec = sorting({ 'Anna@Example.org': 'maildir:~/anna', bert: 'account:bert', '*': 'lmtp:127.0.0.1:24' });
  assert.ok(spec.type === 'sorted' && spec.to !== 'accounts');
  assert.deepEqual(
    [...spec.to].map(([key, { name }]) => [key, name]),
    [
      ['anna@example.org', 'maildir:/home/anna/anna'],
      ['bert@', 'account:bert'],
      ['*', 'lmtp:127.0.0.1:24'],
    ],
  );
  const wrong = (to: Readonly<Record<string, string>>) => {
    const answer = sorting(to);
    return answer.type === 'wrong' ? `${answer.setting}: ${answer.message}` : '';
  };
  assert.match(wrong({ 'a@b': 'maildir:x', 'A@B': 'maildir:y' }), /^sort: A@B stands there twice/);
  assert.match(wrong({ 'a b': 'maildir:x' }), /^sort: a b is no address/);
  assert.match(wrong({ 'a@b': 'madlir:x' }), /^to: a@b: madlir: is no kind/);
  assert.match(wrong({}), /no address is listed$/);
});
