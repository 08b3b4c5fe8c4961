import assert from 'node:assert/strict';
import { test } from 'node:test';
import { external, externalClient } from './external.ts';
import type { ProvenLogin, SaslStep } from './mechanism.ts';

/** What EXTERNAL makes of a response on a connection with a certificate that is ada's, or with none. */
function serve(response: string | undefined, externalIdentity: string | undefined = 'ada') {
  const asked: ProvenLogin[] = [];
  const exchange = external({
    authorize: (login) => {
      asked.push(login);
      return { type: 'accepted', account: login.authorizationIdentity ?? login.authenticationIdentity };
    },
  }).serve({
    hostname: 'example.net',
    authenticate: () => assert.fail('nobody shows a password'),
    ...(externalIdentity !== '' && { externalIdentity }),
  });
  const step = exchange.next(response === undefined ? undefined : Buffer.from(response, 'latin1')) as SaslStep;
  return { type: step.type, login: asked[0] };
}

test('whose certificate it is comes in, as itself or in somebody’s stead (SASL-02, SASL-03, SASL-05)', () => {
  const itself = { mechanism: 'EXTERNAL', authenticationIdentity: 'ada' };
  assert.deepEqual(serve(''), { type: 'accepted', login: itself });
  assert.deepEqual(serve('ada').login, itself);
  assert.deepEqual(serve('bob').login, { ...itself, authorizationIdentity: 'bob' });
  assert.equal(serve(undefined).type, 'challenge');
});

test('without a certificate, or with a name that nobody can have, nobody is asked (SASL-05, AUTH-18)', () => {
  for (const name of ['', 'ada', 'bob']) assert.deepEqual(serve(name, ''), { type: 'refused', login: undefined });
  for (const name of ['\xc2\xad', 'a\x07', '\xff', 'ada\0', '\0']) {
    assert.deepEqual(serve(name), { type: 'refused', login: undefined });
  }
});

test('the client says in whose stead, or an empty response; it answers no challenge (AUTH-08)', () => {
  assert.equal(externalClient().initial?.length, 0);
  assert.equal(Buffer.from(externalClient('bób').initial ?? []).toString(), 'bób');
  for (const name of ['', '\u00ad', 'a\0']) assert.throws(() => externalClient(name), TypeError);
  assert.throws(() => externalClient().next(new Uint8Array()));
});
