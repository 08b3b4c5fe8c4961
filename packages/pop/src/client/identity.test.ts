import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PeerCertificate } from 'node:tls';
import { type Called, verifiedName } from './identity.ts';

describe('whose name it is', () => {
  const named = (host: string, subjectaltname?: string) =>
    verifiedName({ host, by: 'implicit' }, { subject: { CN: host }, subjectaltname } as PeerCertificate);

  test('an alternative name, in any case, and never the common name (TLS-13, TLS-14)', () => {
    assert.equal(named('Mail.Example.org', 'DNS:mail.example.ORG'), 'mail.example.ORG');
    assert.equal(named('mail.example.org.', 'DNS:a, DNS:mail.example.org'), 'mail.example.org');
    assert.equal(named('mail.example.org'), undefined);
    assert.equal(named('mail.example.org', 'URI:pop://mail.example.org, IP Address:192.0.2.1'), undefined);
    assert.equal(named('mail.example.org', 'DNS:target.example.net'), undefined);
    assert.equal(named('münchen.example', 'DNS:xn--mnchen-3ya.example'), 'xn--mnchen-3ya.example');
  });

  test('a wildcard is one whole label, the left-most (TLS-15)', () => {
    assert.equal(named('a.example.com', 'DNS:*.example.com'), '*.example.com');
    for (const [host, name] of [
      ['example.com', '*.example.com'],
      ['a.b.example.com', '*.example.com'],
      ['foo.example.com', 'f*.example.com'],
      ['foo.example.com', '*o.example.com'],
      ['a.b.example.com', 'a.*.example.com'],
      ['example.com', '*.com'],
      ['localhost', '*'],
      ['.example.com', '*.example.com'],
    ] as const) {
      assert.equal(named(host, `DNS:${name}`), undefined, `${host} by ${name}`);
    }
  });

  test('what is quoted, to look like two names, is none', () => {
    assert.equal(named('b.example', 'DNS:"a.example, DNS:b.example"'), undefined);
  });

  test('an address is one of the addresses, and no name', () => {
    assert.equal(named('127.0.0.1', 'DNS:localhost, IP Address:127.0.0.1'), '127.0.0.1');
    assert.equal(named('::1', 'IP Address:0:0:0:0:0:0:0:1'), '::1');
    assert.equal(named('127.0.0.1', 'DNS:127.0.0.1'), undefined);
    assert.equal(named('127.0.0.1'), undefined);
  });
});

describe('whose name it is, where a mail domain has named the host', () => {
  const called = (hostCounts: boolean, by: Called['by'] = 'implicit'): Called => ({
    host: 'pop.host.example',
    foundBy: { domain: 'example.net', hostCounts },
    by,
  });
  const named = (whom: Called, subjectaltname: string) => verifiedName(whom, { subjectaltname } as PeerCertificate);

  test('the domain’s SRV name, of this service and of this domain, is enough (TLS-16)', () => {
    assert.equal(named(called(false), 'othername:SRVName:_pop3s.example.net'), '_pop3s.example.net');
    assert.equal(named(called(false), 'othername:SRVName:_POP3S.Example.NET, DNS:x'), '_POP3S.Example.NET');
    assert.equal(named(called(false, 'stls'), 'othername:SRVName:_pop3.example.net'), '_pop3.example.net');
    for (const other of [
      'othername:SRVName:_pop3.example.net',
      'othername:SRVName:_imaps.example.net',
      'othername:SRVName:_pop3s._tcp.example.net',
      'othername:SRVName:_pop3s.example.org',
      'othername:SRVName:_pop3s.*.net',
      'othername:UPN:_pop3s.example.net',
      'othername:"SRVName:_pop3s.example.net"',
      'DNS:_pop3s.example.org',
    ]) {
      assert.equal(named(called(false), other), undefined, other);
    }
  });

  test('so is the domain’s own name; the host’s only where it counts (TLS-12, TLS-24)', () => {
    assert.equal(named(called(false), 'DNS:example.net'), 'example.net');
    assert.equal(named(called(false), 'DNS:pop.host.example'), undefined);
    assert.equal(named(called(true), 'DNS:pop.host.example'), 'pop.host.example');
    assert.equal(
      named({ host: 'pop.host.example', by: 'implicit' }, 'othername:SRVName:_pop3s.example.net'),
      undefined,
    );
  });
});
