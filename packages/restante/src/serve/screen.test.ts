import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseListen } from '../config/listen-address.ts';
import type { Door } from './listening.ts';
import { type FirstStart, firstScreen } from './screen.ts';

function screen(doors: Partial<Record<Door, string>>, changes: Partial<FirstStart> = {}): string {
  return firstScreen({
    account: 'mail',
    password: { type: 'shown', text: 'abcde-fghjk' },
    doors: Object.entries(doors).map(([door, text]) => {
      const parsed = parseListen(text, { unix: true });
      assert.ok(parsed.type === 'address');
      return { door: door as Door, address: parsed.address };
    }),
    certificate: {
      files: { cert: '/data/tls/cert.pem', key: '/data/tls/key.pem' },
      names: ['localhost', 'post.example', '127.0.0.1', '::1'],
    },
    curl: true,
    program: 'restante',
    ...changes,
  });
}

const usual = { pop3: '127.0.0.1:1110', pop3s: '127.0.0.1:1995', smtp: '127.0.0.1:1025', lmtp: '127.0.0.1:1024' };

test('it says who, where, and how', () => {
  const text = screen(usual);
  assert.match(text, /name +mail\n +password +abcde-fghjk\n/);
  for (const where of Object.values(usual)) assert.ok(text.includes(where), where);
  assert.match(text, /^ {2}SMTP +127\.0\.0\.1:1025 {2}\(TLS by STARTTLS\)$/m);
  assert.match(text, /^ {2}node -e '.*connect\(\{port:1024,host:"127\.0\.0\.1"\}\)/m);
  assert.match(text, /^ {2}curl -sS --cacert \/data\/tls\/cert\.pem -u mail pop3s:\/\/127\.0\.0\.1:1995\/1$/m);
  assert.match(text, /^ {2}restante account add NAME --generate$/m);
  assert.match(screen(usual, { data: '/srv/my mail' }), /account add NAME --generate --data '\/srv\/my mail'$/m);
});

test('a password that is in a file is never put on a command line', () => {
  const text = screen(usual, { password: { type: 'file', path: '/data/my mail/initial-password' } });
  assert.match(text, /^ {2}sed .* '\/data\/my mail\/initial-password' \| curl .* -K - pop3s:/m);
  assert.ok(!/-u mail|\$\(/.test(text));
});

test('without curl, Node calls', () => {
  const password = { type: 'file', path: '/data/initial-password' } as const;
  const text = screen(usual, { password, curl: false });
  assert.ok(!text.includes('curl'));
  assert.match(text, /node -e '.*require\("tls"\).*port:1995.*ca:.*"PASS "\+.*initial-password.*"RETR 1"/);
});

test('it goes by what is open', () => {
  assert.match(screen({ ...usual, lmtp: 'unix:/run/l.sock' }), /connect\(\{path:"\/run\/l\.sock"\}\)/);
  assert.ok(!screen({ pop3: usual.pop3 }).includes('node -e'), 'neither LMTP nor SMTP, nothing to send by');
  assert.match(screen({ smtp: '0.0.0.0:25' }), /connect\(\{port:25,host:"127\.0\.0\.1"\}\).*EHLO localhost/);
  assert.match(screen({ pop3: '127.0.0.1:1110' }), /curl .* --ssl-reqd .* pop3:\/\/127\.0\.0\.1:1110\/1/);
  assert.ok(!screen({ lmtp: usual.lmtp }).includes('curl'));
});

test('the URL has a name that the certificate is good for', () => {
  assert.match(screen({ pop3s: '0.0.0.0:995' }), /pop3s:\/\/127\.0\.0\.1:995\/1/);
  assert.match(screen({ pop3s: '[::]:995' }), /pop3s:\/\/\[::1\]:995\/1/);
  assert.match(screen({ pop3s: '192.0.2.7:995' }), /--connect-to ::192\.0\.2\.7:995 .*pop3s:\/\/localhost:995\/1/);
});
