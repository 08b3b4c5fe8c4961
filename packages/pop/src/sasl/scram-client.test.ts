import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { client, SHA_256, text } from './scram.test-support.ts';

describe('SCRAM, the client', () => {
  const { challenge } = SHA_256;

  test('a nonce that does not go on from its own, or a message of another form, is not answered (SCRAM-05, SCRAM-07)', async () => {
    for (const message of [
      '',
      challenge.replace('r=rO', 'r=rQ'),
      challenge.replace(SHA_256.serverNonce, ''),
      challenge.replace('r=rO', 'r='),
      `m=x,${challenge}`,
      `${challenge},m=x`,
      challenge.replace(',i=4096', ''),
      challenge.replace(',i=4096', ',i=04096'),
      challenge.replace(',i=4096', ',i=4096.5'),
      challenge.replace(',i=4096', ',i=-1'),
      challenge.replace('s=W22', 's=!!!'),
      challenge.replace('gQ==', 'gQ'),
      challenge.replace('s=W22ZaJ0SNY7soEsUEjb6gQ==', 's='),
      'e=other-error',
      SHA_256.signature,
      '\xff',
    ]) {
      await assert.rejects(async () => client().next(Buffer.from(message, 'latin1')), Error, message);
    }
    assert.match(text(await client().next(Buffer.from(`${challenge},x=1`))), /^c=biws,/);
  });

  test('counts below the floor and beyond reason are refused, and not worked out (SCRAM-14)', async () => {
    for (const count of ['1', '4095', '2000001', '10000000', '4294967295', '9999999999']) {
      const message = Buffer.from(challenge.replace('4096', count));
      await assert.rejects(async () => client().next(message), /fewer than 4096 or more than 2000000/, count);
    }
    await assert.rejects(async () => client().next(Buffer.from(challenge.replace('4096', '1'.repeat(11)))));
  });

  test('a server that does not know the password is not believed, and one that says nothing neither (SCRAM-15)', async () => {
    for (const signature of [
      SHA_256.signature.replace('v=6', 'v=7'),
      'v=',
      'v=AAAA',
      'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4',
      '',
      'x',
      'e=',
      'e=server-does-support-channel-binding',
      'e=channel-bindings-dont-match',
      `${SHA_256.signature},m=x`,
    ]) {
      const caller = client();
      await caller.next(Buffer.from(challenge));
      assert.throws(() => caller.next(Buffer.from(signature)), Error, signature);
      assert.throws(() => caller.finished());
      assert.throws(() => caller.next(Buffer.from(SHA_256.signature)), Error, 'there is no second try');
      assert.throws(() => caller.finished());
    }
    const silent = client();
    assert.throws(() => silent.finished());
    await silent.next(Buffer.from(challenge));
    assert.throws(() => silent.finished());
  });

  test('a refusal in the last challenge is answered, and is no success (SCRAM-16)', async () => {
    const caller = client();
    await caller.next(Buffer.from(challenge));
    assert.equal(text(await caller.next(Buffer.from('e=invalid-proof'))), '');
    assert.throws(() => caller.finished());
  });

  test('a challenge behind the last one is not answered', async () => {
    const caller = client();
    await caller.next(Buffer.from(challenge));
    await caller.next(Buffer.from(SHA_256.signature));
    assert.throws(() => caller.next(Buffer.from(SHA_256.signature)));
    assert.throws(() => caller.finished());
  });

  test('names with commas and equals signs (SCRAM-04), and what RFC 4013 does not let through', async () => {
    const named = client({ authenticationIdentity: 'a=b,c', authorizationIdentity: '=2C' });
    assert.equal(text(named.initial), `n,a==3D2C,n=a=3Db=2Cc,r=${SHA_256.clientNonce}`);
    assert.equal(text(client({ authenticationIdentity: 'I\u00adX' }).initial), 'n,,n=IX,r=rOprNGfwEbeRWgbNEkqO');
    for (const bad of ['', '\u00ad', 'a\u0007', 'a\0']) {
      assert.throws(() => client({ authenticationIdentity: bad }), TypeError);
      assert.throws(() => client({ authorizationIdentity: bad }), TypeError);
      assert.throws(() => client({ password: bad }), TypeError);
    }
  });
});
