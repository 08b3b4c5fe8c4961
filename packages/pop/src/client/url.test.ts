import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { Capabilities } from '../pop3/exchange-capabilities.ts';
import { chooseLogin } from './choose.ts';
import { Pop3Error } from './error.ts';
import { formatPop3Url, type Pop3Url, parsePop3Url, pop3UrlOptions } from './url.ts';

function refused(text: string): string {
  try {
    parsePop3Url(text);
  } catch (error) {
    assert.ok(error instanceof Pop3Error);
    assert.equal(error.code, 'ARGUMENT');
    return inspect(error);
  }
  return assert.fail(`${text} was taken`);
}

describe('a POP URL', () => {
  const READ: readonly (readonly [text: string, url: Pop3Url])[] = [
    // The three examples of RFC 2384 §7.
    ['pop://rg@mailsrv.qualcomm.com', { scheme: 'pop', user: 'rg', host: 'mailsrv.qualcomm.com' }],
    [
      'pop://rg;AUTH=+APOP@mail.eudora.com:8110',
      { scheme: 'pop', user: 'rg', auth: '+APOP', host: 'mail.eudora.com', port: 8110 },
    ],
    ['pop://baz;AUTH=SCRAM-MD5@foo.bar', { scheme: 'pop', user: 'baz', auth: 'SCRAM-MD5', host: 'foo.bar' }],
    ['pop://mail.example', { scheme: 'pop', host: 'mail.example' }],
    ['POP3S://Mail.Example:1995', { scheme: 'pop3s', host: 'mail.example', port: 1995 }],
    ['pop3://ada;auth=*@mail.example', { scheme: 'pop3', user: 'ada', auth: '*', host: 'mail.example' }],
    ['pops://ada@home.example@mail.example', { scheme: 'pops', user: 'ada@home.example', host: 'mail.example' }],
    ['pops://ada%40home.example@mail.example', { scheme: 'pops', user: 'ada@home.example', host: 'mail.example' }],
    ['pops://ada+pop@home.example@mx', { scheme: 'pops', user: 'ada+pop@home.example', host: 'mx' }],
    ['pop://a%20b%3bc%40d@h', { scheme: 'pop', user: 'a b;c@d', host: 'h' }],
    ['pop://a%3BAUTH%3D+APOP@h', { scheme: 'pop', user: 'a;AUTH=+APOP', host: 'h' }],
    ['pop://%6Aos%C3%A9@h', { scheme: 'pop', user: 'josé', host: 'h' }],
    ['pop://a%2540b@h', { scheme: 'pop', user: 'a%40b', host: 'h' }],
    ['pop3s://ada@[2001:db8::1]:995', { scheme: 'pop3s', user: 'ada', host: '2001:db8::1', port: 995 }],
    ['pop://[fe80::1%25eth0]', { scheme: 'pop', host: 'fe80::1%eth0' }],
    ['pop://192.0.2.1:1', { scheme: 'pop', host: '192.0.2.1', port: 1 }],
    ['pop://münchen.example:65535', { scheme: 'pop', host: 'xn--mnchen-3ya.example', port: 65_535 }],
  ];
  for (const [text, url] of READ) {
    test(`${text} (URL-01, URL-03)`, () => {
      assert.deepEqual(parsePop3Url(text), url);
      assert.deepEqual(parsePop3Url(formatPop3Url(url)), url);
    });
  }

  test('whatever needs it is encoded (URL-05)', () => {
    assert.equal(formatPop3Url({ scheme: 'pop', user: 'a b;c@d', host: 'h' }), 'pop://a%20b%3Bc%40d@h');
    assert.equal(formatPop3Url({ scheme: 'pop', user: 'josé:/?#', host: 'h' }), 'pop://jos%C3%A9%3A%2F%3F%23@h');
    assert.equal(
      formatPop3Url({ scheme: 'pops', user: 'ada', auth: '+APOP', host: '::1', port: 42 }),
      'pops://ada;AUTH=+APOP@[::1]:42',
    );
  });

  test('any name comes back as it was (URL-05)', () => {
    const name = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !/[\0\r\n]/.test(text));
    fc.assert(
      fc.property(name, (user) => {
        const text = formatPop3Url({ scheme: 'pop3', user, host: 'mail.example' });
        assert.match(text, /^[!-~]+$/);
        assert.deepEqual(parsePop3Url(text), { scheme: 'pop3', user, host: 'mail.example' });
      }),
    );
  });

  test('no text makes it fail otherwise than by a Pop3Error', () => {
    const part = fc.constantFrom(
      'pop',
      '3',
      's',
      '://',
      '@',
      ':',
      ';AUTH=',
      '[',
      ']',
      '%',
      '%0',
      '%ff',
      '/',
      'a',
      '1',
      '.',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(part).map((parts) => parts.join('')),
        ),
        (text) => {
          try {
            parsePop3Url(text);
          } catch (error) {
            assert.ok(error instanceof Pop3Error);
          }
        },
      ),
    );
  });
});

describe('what is no POP URL', () => {
  test('one with a password, which no error repeats (URL-02)', () => {
    for (const text of [
      'pop://u:tanstaaf@h',
      'pop://u:@h',
      'pop://u:tanstaaf@h:99999',
      'pop://u:tanstaaf@tanstaaf@h',
      'pop://u:tanstaaf/tanstaaf@h',
      'pop://u;AUTH=PLAIN:tanstaaf@h',
    ]) {
      assert.match(refused(text), /it has no password/);
    }
    for (const text of [
      'pop://u:tanstaaf',
      'tanstaaf',
      'pop://tanstaaf|',
      'http://u:tanstaaf@h',
      'pop://u;tanstaaf@h',
    ]) {
      assert.doesNotMatch(refused(text), /tanstaaf/);
    }
  });

  test('a relative one, another scheme’s, none (URL-02)', () => {
    for (const text of ['', 'mail.example', '//mail.example', 'pop:mail.example', 'imap://h', 'popx://h', ' pop://h']) {
      assert.match(refused(text), /pop3s:\/\//);
    }
  });

  test('one with a path, a query or a fragment (URL-01)', () => {
    for (const text of ['pop://h/', 'pop://h/1', 'pop://a@h:110/x', 'pop://h?x', 'pop://h#x', 'pop://h\\x']) {
      assert.match(refused(text), /no path/);
    }
  });

  test('one whose host or port cannot be (URL-01)', () => {
    for (const text of ['pop://', 'pop://ada@', 'pop://:110']) assert.match(refused(text), /there is no host/);
    for (const text of [
      'pop://h:',
      'pop://h:0',
      'pop://h:65536',
      'pop://h:1x',
      'pop://h:-1',
      'pop://h:000110',
      'pop://h: 1',
    ]) {
      refused(text);
    }
    for (const text of [
      'pop://::1',
      'pop://[::1',
      'pop://[::g]',
      'pop://[1.2.3.4]',
      'pop://[::1]x',
      'pop://[fe80::1%eth0]',
    ]) {
      refused(text);
    }
    const long = `pop://${'a'.repeat(64)}.example`;
    for (const text of [
      'pop://127.1',
      'pop://0x7f000001',
      'pop://a..b',
      'pop://.',
      'pop://-a.b',
      'pop://a|b',
      'pop://a%40b',
      long,
    ]) {
      refused(text);
    }
  });

  test('one with CR, LF, NUL or a blank in it, or with a wrong percent sign (URL-05)', () => {
    for (const text of ['pop://a%0D%0ADELE%201@h', 'pop://a%0a@h', 'pop://a%00@h'])
      assert.match(refused(text), /CR, LF or NUL/);
    for (const text of ['pop://a\r\nDELE 1@h', 'pop://a b@h', 'pop://h\0', 'pop://h\n'])
      assert.match(refused(text), /%20/);
    for (const text of ['pop://a%@h', 'pop://a%4@h', 'pop://a%zz@h', 'pop://%ff@h', 'pop://%c0%80@h']) {
      assert.match(refused(text), /%25/);
    }
    assert.throws(() => formatPop3Url({ scheme: 'pop', user: 'a\nb', host: 'h' }), Pop3Error);
    assert.throws(() => formatPop3Url({ scheme: 'pop', user: '\ud800', host: 'h' }), Pop3Error);
    assert.throws(() => formatPop3Url({ scheme: 'pop', host: 'h/x' }), Pop3Error);
  });

  test('one whose method is none (URL-03)', () => {
    for (const text of [
      'pop://a;AUTH=@h',
      'pop://a;AUTH=+X@h',
      'pop://a;AUTH=APOP@h',
      'pop://a;AUTH=USER@h',
      'pop://a;AUTH=x%20y@h',
    ]) {
      assert.match(refused(text), /SASL mechanism/);
    }
    for (const text of ['pop://@h', 'pop://;AUTH=PLAIN@h', 'pop://a;b@h']) refused(text);
  });
});

describe('the options that a POP URL stands for', () => {
  test('the scheme has the port and how TLS begins, and none is without it (URL-01, URL-07)', () => {
    for (const scheme of ['pop', 'pop3'] as const) {
      assert.deepEqual(pop3UrlOptions({ scheme, host: 'h' }), {
        host: 'h',
        port: 110,
        secure: false,
        requireTLS: true,
      });
    }
    for (const scheme of ['pops', 'pop3s'] as const) {
      assert.deepEqual(pop3UrlOptions({ scheme, host: 'h' }), {
        host: 'h',
        port: 995,
        secure: true,
        requireTLS: false,
      });
    }
    assert.equal(pop3UrlOptions({ scheme: 'pops', host: 'h', port: 110 }).secure, true);
    assert.equal(pop3UrlOptions({ scheme: 'pop', host: 'h', port: 995 }).secure, false);
  });

  const methods = (text: string) => pop3UrlOptions(parsePop3Url(text)).auth?.methods;

  test('the method that it names is the only one; * and none are any (URL-03)', () => {
    assert.deepEqual(methods('pop://a;AUTH=+APOP@h'), ['APOP']);
    assert.deepEqual(methods('pop://a;AUTH=scram-sha-256@h'), ['SCRAM-SHA-256']);
    assert.equal(methods('pop://a;AUTH=*@h'), undefined);
    assert.equal(methods('pop://a@h'), undefined);
  });

  function choice(text: string, capabilities: readonly string[], tls: boolean): string {
    const { auth } = pop3UrlOptions(parsePop3Url(text));
    assert.ok(auth !== undefined);
    try {
      return chooseLogin({
        auth: { ...auth, pass: 'tanstaaf' },
        capabilities: new Capabilities(capabilities),
        greeting: 'ready',
        security: tls ? { tls, by: 'implicit', version: '', cipher: '', verified: true, fingerprint: '' } : { tls },
        allowInsecureAuth: false,
        certificate: false,
      }).name;
    } catch (error) {
      return (error as Pop3Error).code;
    }
  }

  test('a named method is not replaced, and * shows no password to others (URL-04)', () => {
    assert.equal(choice('pop://a;AUTH=SCRAM-SHA-256@h', ['USER', 'SASL PLAIN'], true), 'NO_MECHANISM');
    assert.equal(choice('pop://a;AUTH=+APOP@h', ['USER', 'SASL PLAIN'], true), 'NO_MECHANISM');
    assert.equal(choice('pop://a;AUTH=PLAIN@h', ['USER', 'SASL PLAIN SCRAM-SHA-256'], true), 'PLAIN');
    assert.equal(choice('pop://a;AUTH=*@h', ['USER', 'SASL PLAIN'], true), 'PLAIN');
    assert.equal(choice('pop://a;AUTH=*@h', ['USER', 'SASL PLAIN'], false), 'INSECURE');
    assert.equal(choice('pop://a;AUTH=*@h', ['USER', 'SASL PLAIN SCRAM-SHA-256'], false), 'SCRAM-SHA-256');
  });

  test('the secret comes from whoever has it, never with the URL (URL-06)', () => {
    const { auth } = pop3UrlOptions(parsePop3Url('pops://ada@mail.example'));
    assert.deepEqual(auth, { user: 'ada' });
  });
});
