import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { cramMd5, cramMd5Client } from './cram-md5.ts';
import { type ProvenLogin, type SaslStep, Secret, type Verdict } from './mechanism.ts';

/** RFC 2195 §2. */
const TAG = '1896.697170952';
const HOST = 'postoffice.reston.mci.net';
const ANSWER = 'tim b913a602c7eda7a495b4e6e7334d3890';
const SECRET = 'tanstaaftanstaaf';

function server({ secrets = { tim: SECRET }, verdict }: { secrets?: Record<string, string>; verdict?: Verdict } = {}) {
  const authorized: ProvenLogin[] = [];
  const exchange = cramMd5({
    secret: (name) => (secrets[name] === undefined ? undefined : new Secret(secrets[name])),
    authorize: (login) => {
      authorized.push(login);
      return verdict ?? { type: 'accepted', account: login.authenticationIdentity };
    },
    tag: () => TAG,
  }).serve({ hostname: HOST, authenticate: () => assert.fail('nobody shows a password') });
  const next = async (response: string | undefined): Promise<string> => {
    const step: SaslStep = await exchange.next(response === undefined ? undefined : Buffer.from(response));
    return step.type === 'challenge' ? Buffer.from(step.data).toString() : step.type;
  };
  return { authorized, next };
}

test('the example of RFC 2195 §2, both halves (CRAM-01, CRAM-02, E.2)', async () => {
  const client = cramMd5Client('tim', SECRET);
  assert.equal(client.initial, undefined);
  const { next, authorized } = server();
  const challenge = await next(undefined);
  assert.equal(challenge, '<1896.697170952@postoffice.reston.mci.net>');
  const answer = await client.next(Buffer.from(challenge));
  assert.equal(Buffer.from(answer).toString('base64'), 'dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw');
  assert.equal(await next(Buffer.from(answer).toString()), 'accepted');
  assert.deepEqual(authorized, [{ mechanism: 'CRAM-MD5', authenticationIdentity: 'tim' }]);
});

test('the server speaks first: an initial response is malformed, also an empty one (CRAM-03, AUTH-09)', async () => {
  for (const initial of ['', 'test', ANSWER]) assert.equal(await server().next(initial), 'malformed');
});

test('the name is all before the last blank (CRAM-02)', async () => {
  const { next, authorized } = server({ secrets: { 'tim  tom': SECRET } });
  await next(undefined);
  assert.equal(await next(ANSWER.replace('tim', 'tim  tom')), 'accepted');
  assert.equal(authorized[0]?.authenticationIdentity, 'tim  tom');
});

test('another digest, and a name that is nobody’s or nobody can have, are refused alike (AUTH-26)', async () => {
  const ofNothing = createHmac('md5', '').update(`<${TAG}@${HOST}>`).digest('hex');
  for (const answer of [
    ANSWER.replace('b9', 'b8'),
    ANSWER.replace('tim', 'tom'),
    ANSWER.replace('tim', 'a\u0007'),
    `tom ${ofNothing}`,
    `tim ${ofNothing}`,
  ]) {
    const { next, authorized } = server();
    await next(undefined);
    assert.equal(await next(answer), 'refused', answer);
    assert.deepEqual(authorized, []);
  }
});

test('what is no name and digest is malformed', async () => {
  for (const answer of [
    '',
    'tim',
    ' b913a602c7eda7a495b4e6e7334d3890',
    'b913a602c7eda7a495b4e6e7334d3890',
    'tim B913A602C7EDA7A495B4E6E7334D3890',
    ANSWER.slice(0, -1),
    `${ANSWER}0`,
    `${ANSWER} `,
  ]) {
    const { next } = server();
    await next(undefined);
    assert.equal(await next(answer), 'malformed', answer);
  }
});

test('whether one who has proved itself may come in is decided elsewhere', async () => {
  for (const type of ['refused', 'unavailable'] as const) {
    const { next } = server({ verdict: { type } });
    await next(undefined);
    assert.equal(await next(ANSWER), type);
  }
});

test('the client answers one challenge, and only a msg-id', async () => {
  for (const challenge of [
    '',
    'nonce',
    '<a@b',
    '<a>',
    '<a b@c>',
    '<a@b>x',
    '<a\x01@b>',
    '<a\xe9@b>',
    '<a@b>\n',
    '<a@<b>',
  ]) {
    const client = cramMd5Client('tim', SECRET);
    assert.throws(() => client.next(Buffer.from(challenge, 'latin1')), Error, challenge);
    assert.throws(() => client.next(Buffer.from('<a@b>')), Error, 'there is no second try');
  }
  const client = cramMd5Client('tim', SECRET);
  assert.match(Buffer.from(await client.next(Buffer.from('<a@b>'))).toString(), /^tim [0-9a-f]{32}$/);
  assert.throws(() => client.next(Buffer.from('<a@b>')));
});
