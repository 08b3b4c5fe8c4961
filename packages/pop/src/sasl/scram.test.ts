import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ChannelBindings } from './channel-binding.ts';
import type { ProvenLogin, SaslStep, Verdict } from './mechanism.ts';
import { type ScramCredentials, scram, scramClient } from './scram.ts';
import { clientProof, deriveKeys, type ScramHash, type ScramKeys, scramKeys } from './scram-keys.ts';

/** The dialogs of RFC 5802 §5 and RFC 7677 §3: user "user", password "pencil". */
const SHA_1 = {
  hash: 'SHA-1',
  clientNonce: 'fyko+d2lbbFgONRv9qkxdawL',
  serverNonce: '3rfcNHYJY1ZVvWVs7j',
  salt: 'QSXCR+Q6sek8bf92',
  first: 'n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL',
  challenge: 'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
  final: 'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
  signature: 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
} as const;
const SHA_256 = {
  hash: 'SHA-256',
  clientNonce: 'rOprNGfwEbeRWgbNEkqO',
  serverNonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
  first: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
  challenge: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  final: 'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  signature: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
} as const;

const text = (octets: Uint8Array | undefined) => Buffer.from(octets ?? []).toString();
const salt = Buffer.from(SHA_256.salt, 'base64');
const keysOf = (password: string, hash: ScramHash = 'SHA-256', given: Uint8Array = salt) =>
  scramKeys(hash, password, { salt: given, iterations: 4_096 });
const pencil = await keysOf('pencil');
const EXPORTED = { type: 'tls-exporter', data: Buffer.alloc(32, 7) };
const END_POINT = { type: 'tls-server-end-point', data: Buffer.alloc(32, 9) };

interface Given {
  readonly hash?: ScramHash;
  readonly plus?: boolean;
  readonly nonce?: string;
  readonly accounts?: Readonly<Record<string, ScramKeys>>;
  readonly channelBindings?: ChannelBindings;
  readonly verdict?: Verdict;
}

/** One exchange with a server, in text. */
function server(given: Given = {}) {
  const authorized: ProvenLogin[] = [];
  const asked: string[] = [];
  const { accounts = { user: pencil }, channelBindings } = given;
  const exchange = scram({
    hash: given.hash ?? 'SHA-256',
    plus: given.plus ?? false,
    keys: (name) => {
      asked.push(name);
      return accounts[name];
    },
    authorize: (login) => {
      authorized.push(login);
      return (
        given.verdict ?? { type: 'accepted', account: login.authorizationIdentity ?? login.authenticationIdentity }
      );
    },
    nonce: () => given.nonce ?? SHA_256.serverNonce,
    ghosts: { secret: Buffer.from('of the server'), iterations: 4_096 },
  }).serve({
    hostname: 'example.net',
    authenticate: () => assert.fail('nobody shows a password'),
    ...(channelBindings !== undefined && { channelBindings }),
  });
  const next = async (response: string | undefined): Promise<string> => {
    const step: SaslStep = await exchange.next(response === undefined ? undefined : Buffer.from(response));
    return step.type === 'challenge' ? text(step.data) : step.type;
  };
  return { next, authorized, asked };
}

const client = (given: Partial<ScramCredentials> = {}) =>
  scramClient({
    hash: 'SHA-256',
    authenticationIdentity: 'user',
    password: 'pencil',
    nonce: SHA_256.clientNonce,
    ...given,
  });

/** Both halves with each other; what the server makes of it in the end. */
async function meet(mine: Partial<ScramCredentials>, theirs: Given = {}) {
  const caller = client(mine);
  const host = server(theirs);
  let said = await host.next(text(caller.initial));
  for (let turns = 0; turns < 2 && said.includes('='); turns += 1) {
    said = await host.next(text(await caller.next(Buffer.from(said))));
  }
  if (said === 'accepted') caller.finished();
  return { said, ...host };
}

for (const vector of [SHA_1, SHA_256]) {
  test(`the example of RFC ${vector.hash === 'SHA-1' ? '5802 §5 (E.3' : '7677 §3 (E.4'}, SCRAM-01, SCRAM-02)`, async () => {
    const { hash, clientNonce, serverNonce } = vector;
    const caller = client({ hash, nonce: clientNonce });
    assert.equal(text(caller.initial), vector.first);
    assert.equal(text(await caller.next(Buffer.from(vector.challenge))), vector.final);
    assert.throws(() => caller.finished());
    assert.equal(text(await caller.next(Buffer.from(vector.signature))), '');
    caller.finished();

    const user = await keysOf('pencil', hash, Buffer.from(vector.salt, 'base64'));
    const host = server({ hash, nonce: serverNonce, accounts: { user } });
    assert.equal(await host.next(undefined), '');
    assert.equal(await host.next(vector.first), vector.challenge);
    assert.equal(await host.next(vector.final), vector.signature);
    assert.equal(await host.next(''), 'accepted');
    assert.deepEqual(host.authorized, [{ mechanism: `SCRAM-${hash}`, authenticationIdentity: 'user' }]);
  });
}

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

describe('SCRAM-PLUS', () => {
  const both = () => new ChannelBindings([EXPORTED, END_POINT]);

  test('both halves with the same binding, of either type (SCRAM-10, SCRAM-11)', async () => {
    for (const binding of [EXPORTED, END_POINT]) {
      const { said, authorized } = await meet({ binding }, { plus: true, channelBindings: both() });
      assert.deepEqual([said, authorized[0]?.mechanism], ['accepted', 'SCRAM-SHA-256-PLUS']);
    }
    assert.equal(text(client({ binding: EXPORTED }).initial), `p=tls-exporter,,${SHA_256.first.slice(3)}`);
  });

  test('somebody in between has another TLS connection on either side (SCRAM-08)', async () => {
    for (const mine of [EXPORTED, END_POINT]) {
      const binding = { ...mine, data: Buffer.alloc(32, 8) };
      assert.equal((await meet({ binding }, { plus: true, channelBindings: both() })).said, 'refused');
    }
  });

  test('a type that there is not, and -PLUS without binding or TLS, are refused at once (SCRAM-11, SCRAM-21)', async () => {
    for (const header of ['p=foo,,', 'p=tls-unique,,', 'n,,', 'y,,']) {
      const host = server({ plus: true, channelBindings: both() });
      assert.equal(await host.next(`${header}n=user,r=abc`), 'refused', header);
      assert.deepEqual(host.asked, []);
    }
    assert.equal(await server({ plus: true }).next('p=tls-exporter,,n=user,r=abc'), 'refused');
    assert.equal(await server({ channelBindings: both() }).next('p=tls-exporter,,n=user,r=abc'), 'refused');
  });

  test('"y" where -PLUS is offered: somebody took it out of the list (SCRAM-09)', async () => {
    assert.equal((await meet({ binding: 'possible' }, { channelBindings: both() })).said, 'refused');
    assert.equal((await meet({ binding: 'possible' })).said, 'accepted');
    assert.equal((await meet({ binding: 'possible' }, { channelBindings: new ChannelBindings([]) })).said, 'accepted');
    assert.equal((await meet({}, { channelBindings: both() })).said, 'accepted');
  });

  test('tls-exporter is good for one exchange of a connection, -PLUS stays offered (SCRAM-24)', async () => {
    const channelBindings = both();
    const wrong = { binding: EXPORTED, password: 'pen' };
    assert.equal((await meet(wrong, { plus: true, channelBindings })).said, 'refused');
    assert.equal((await meet({ binding: EXPORTED }, { plus: true, channelBindings })).said, 'refused');
    assert.equal(await server({ channelBindings }).next('y,,n=user,r=abc'), 'refused');
    assert.equal((await meet({ binding: END_POINT }, { plus: true, channelBindings })).said, 'accepted');
  });
});

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

test('what the client’s half says, the server’s half understands, and only with the same password', async () => {
  const word = fc.string({
    minLength: 1,
    maxLength: 8,
    unit: fc.constantFrom('a', ' ', '=', ',', '2C', 'é', '字', '\u00aa'),
  });
  await fc.assert(
    fc.asyncProperty(word, word, word, async (name, password, other) => {
      const prepared = name.normalize('NFKC');
      const theirs = { accounts: { [prepared]: await keysOf(password) } };
      const mine = { authenticationIdentity: name, password };
      const { said, authorized } = await meet(mine, theirs);
      assert.deepEqual([said, authorized[0]?.authenticationIdentity], ['accepted', prepared]);
      const same = other.normalize('NFKC') === password.normalize('NFKC');
      assert.equal((await meet({ ...mine, password: other }, theirs)).said, same ? 'accepted' : 'refused');
    }),
    { numRuns: 25 },
  );
});
