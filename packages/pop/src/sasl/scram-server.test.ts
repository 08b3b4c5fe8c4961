import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { client, keysOf, meet, pencil, SHA_256, salt, server, text } from './scram.test-support.ts';
import { clientProof, deriveKeys, scramKeys } from './scram-keys.ts';

describe('SCRAM, the server', () => {
  test('a first message of any other form is malformed, and nobody is looked for (SCRAM-03, SCRAM-04, SCRAM-05)', async () => {
    for (const message of [
      '',
      'n',
      'n,',
      'n,,',
      'n,,n=user',
      'n,,n=,r=abc',
      'n,,n=user,r=',
      'n,,r=abc,n=user',
      'x,,n=user,r=abc',
      'p,,n=user,r=abc',
      'p=,,n=user,r=abc',
      'n,n=user,r=abc',
      'n,a=,n=user,r=abc',
      'n,b=me,n=user,r=abc',
      'n,,n=us=er,r=abc',
      'n,,n=us=2cer,r=abc',
      'n,,n=us\0er,r=abc',
      'n,,m=x,n=user,r=abc',
      'n,,n=user,m=x,r=abc',
      'n,,n=user,r=abc,m=x',
      'n,,n=user,r=a b',
      'n,,n=user,r=aéb',
      'n,,n=user,r=abc,',
      'n,,n=user,r=abc\n',
      'N,,n=user,r=abc',
      '\xff',
    ]) {
      const { next, asked } = server();
      assert.equal(await next(message), 'malformed', JSON.stringify(message));
      assert.deepEqual(asked, []);
    }
    const { next } = server();
    assert.match(await next('n,,n=user,r=abc,x=1,y=two'), /^r=abc%hv/);
  });

  test('a final message of any other form is malformed (SCRAM-05, SCRAM-19)', async () => {
    const { final } = SHA_256;
    for (const message of [
      '',
      final.slice(0, final.indexOf(',p=')),
      final.replace('c=biws,', ''),
      final.replace('c=biws', 'c=biw'),
      final.replace('c=biws', 'c=bi ws'),
      final.replace('VQ=', 'VQ'),
      final.replace('VQ=', 'V-_='),
      final.replace(',p=', ',m=1,p='),
      final.replace(/p=.*/, 'p='),
      `${final},x=1`,
      `x=1,${final}`,
    ]) {
      const { next, authorized } = server();
      await next(SHA_256.first);
      assert.equal(await next(message), 'malformed', message);
      assert.deepEqual(authorized, []);
    }
  });

  test('any other proof, nonce or header is refused, whoever it is (SCRAM-06, SCRAM-08)', async () => {
    const { final } = SHA_256;
    for (const message of [
      final.replace('p=dHz', 'p=dHa'),
      final.replace(/p=.*/, 'p=AAAA'),
      final.replace('$k0', '$k1'),
      final.replace('$k0', ''),
      final.replace('biws', Buffer.from('y,,').toString('base64')),
      final.replace('biws', Buffer.from('n,a=root,').toString('base64')),
      final.replace(',p=', ',x=1,p='),
    ]) {
      const { next, authorized } = server();
      await next(SHA_256.first);
      assert.equal(await next(message), 'refused', message);
      assert.deepEqual(authorized, []);
    }
  });

  test('what was heard once is of no use in the next exchange (SCRAM-06)', async () => {
    const { next } = server({ nonce: 'another' });
    await next(SHA_256.first);
    assert.equal(await next(SHA_256.final), 'refused');
  });

  test('the proof is over the whole header that was sent, also where c= says so (SCRAM-08)', async () => {
    // A client that proves itself for "y,," and said "n,,".
    const caller = client({ binding: 'possible' });
    const host = server();
    const challenge = await host.next(text(caller.initial).replace(/^y/, 'n'));
    assert.equal(await host.next(text(await caller.next(Buffer.from(challenge)))), 'refused');
    assert.deepEqual(host.authorized, []);
  });

  test('somebody unknown is answered as somebody with a wrong password, always alike (SCRAM-18, AUTH-26)', async () => {
    const first = (name: string) => `n,,n=${name},r=abc`;
    const one = server();
    const challenge = await one.next(first('ghost'));
    assert.match(challenge, /^r=abc[^,]+,s=[A-Za-z0-9+/]{22}==,i=4096$/);
    assert.equal(await server().next(first('ghost')), challenge);
    assert.notEqual(await server().next(first('ghost2')), challenge);
    const proof = `c=biws,r=abc${SHA_256.serverNonce},p=${Buffer.alloc(32).toString('base64')}`;
    assert.equal(await one.next(proof), 'refused');
    const known = server();
    await known.next(first('user'));
    assert.equal(await known.next(proof), 'refused');
    // A name that nobody can have is nobody's as well.
    const impossible = server();
    assert.match(await impossible.next(first('a\u0007')), /^r=abc/);
    assert.equal(await impossible.next(proof), 'refused');
    assert.deepEqual([impossible.asked, impossible.authorized], [[], []]);
  });

  test('a name is looked for as prepared, and signed as received (SCRAM-17)', async () => {
    const host = server({ accounts: { IX: pencil } });
    const first = 'n,,n=I\u00adX,r=abc';
    const challenge = await host.next(first);
    // What a client that does not prepare names would answer.
    const { clientKey } = await deriveKeys('SHA-256', 'pencil', { salt, iterations: 4_096 });
    const without = `c=biws,r=abc${SHA_256.serverNonce}`;
    const proof = clientProof('SHA-256', clientKey, `${first.slice(3)},${challenge},${without}`);
    assert.match(await host.next(`${without},p=${Buffer.from(proof).toString('base64')}`), /^v=/);
    assert.equal(host.authorized[0]?.authenticationIdentity, 'IX');
  });

  test('who may not come in gets no signature; what cannot be decided now is no refusal (SASL-02)', async () => {
    for (const type of ['refused', 'unavailable'] as const) {
      const { said, authorized } = await meet({ authorizationIdentity: 'a=b,c' }, { verdict: { type } });
      assert.equal(said, type);
      assert.deepEqual(authorized, [
        { mechanism: 'SCRAM-SHA-256', authenticationIdentity: 'user', authorizationIdentity: 'a=b,c' },
      ]);
    }
    const { said, authorized } = await meet({ authorizationIdentity: 'user' });
    assert.deepEqual([said, authorized[0]?.authorizationIdentity], ['accepted', undefined]);
  });

  test('the signature is answered by nothing (AUTH-16)', async () => {
    const { next } = server();
    await next(SHA_256.first);
    await next(SHA_256.final);
    assert.equal(await next('='), 'malformed');
  });

  test('fewer than 4,096 iterations are not stored, nor a password that is none (SCRAM-13)', async () => {
    await assert.rejects(scramKeys('SHA-256', 'pencil', { salt, iterations: 4_095 }), RangeError);
    for (const password of ['', '\u00ad', 'a\u0007']) await assert.rejects(keysOf(password), TypeError);
  });

  test('all that is stored: salt, count and two keys, none of which is the password’s (SCRAM-19)', () => {
    assert.deepEqual(Object.keys(pencil).sort(), ['iterations', 'salt', 'serverKey', 'storedKey']);
  });
});
