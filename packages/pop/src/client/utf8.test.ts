import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { certificate, PASSWORD, play, type Scene } from './scene.test-support.ts';

/** A login by USER behind what was said before. */
const LOGIN = `
  C: USER ada
  S: +OK
  C: PASS ${PASSWORD}
  S: +OK
  C: CAPA
  S: -ERR`;

async function heard(scene: Scene): Promise<readonly string[]> {
  const { peer, error } = await play(scene);
  assert.equal(error, undefined);
  await peer.finished;
  return peer.heard;
}

describe('UTF8', () => {
  const offered = 'S: +OK\nC: CAPA\nS> +OK\nS> UTF8\nS> USER\nS: .';

  test('is asked for before the login, where it is wanted and offered', async () => {
    const { pop, peer } = await play({
      script: `${offered}\nC: UTF8\nS: +OK${LOGIN}`,
      options: { utf8: true },
    });
    assert.equal(pop?.utf8, true);
    await peer.finished;
    const plain = await play({ script: `${offered}${LOGIN}` });
    assert.equal(plain.pop?.utf8, false);
    await plain.peer.finished;
    const missing = await play({ script: `S: +OK\nC: CAPA\nS: -ERR${LOGIN}`, options: { utf8: true } });
    assert.equal(missing.pop?.utf8, false);
    await missing.peer.finished;
  });

  test('a server that will not have it gives letters as to anybody', async () => {
    const { pop, peer } = await play({
      script: `${offered}\nC: UTF8\nS: -ERR not now${LOGIN}`,
      options: { utf8: true },
    });
    assert.equal(pop?.utf8, false);
    await peer.finished;
  });

  test('comes behind STLS, which is not sent any more behind it (STLS-15)', async () => {
    const said = await heard({
      script: `
        S: +OK
        C: CAPA
        S> +OK
        S> STLS
        S> UTF8
        S: .
        C: STLS
        S: +OK
        TLS
        C: CAPA
        S> +OK
        S> STLS
        S> UTF8
        S> USER
        S: .
        C: UTF8
        S: +OK${LOGIN}`,
      options: { utf8: true, requireTLS: true, tls: { ca: certificate.cert }, allowInsecureAuth: false },
    });
    assert.deepEqual(said.slice(0, 5), ['CAPA', 'STLS', 'CAPA', 'UTF8', 'USER ada']);
    assert.equal(said.filter((line) => line === 'STLS').length, 1);
  });

  test('without TLS where it is not required, STLS is not made up for later (STLS-15)', async () => {
    const said = await heard({ script: `${offered}\nC: UTF8\nS: +OK${LOGIN}`, options: { utf8: true } });
    assert.ok(!said.includes('STLS'));
  });

  test('a letter that needs it says so, and a new session with it has the letter (UTF-07)', async () => {
    const once = await play({
      script: `${offered}${LOGIN}
        C: RETR 1
        S: -ERR [UTF8] it has addresses beyond ASCII
        C: TOP 1 0
        S: -ERR [utf8/header] that too`,
      act: async (pop) => [
        await pop.retrieve(1 as never).done.catch((error) => [error.code, error.retryable]),
        await pop.top(1 as never, 0).catch((error) => error.code),
      ],
    });
    assert.deepEqual(once.value, [['UTF8_NEEDED', false], 'UTF8_NEEDED']);
    const again = await play({
      script: `${offered}\nC: UTF8\nS: +OK${LOGIN}\nC: RETR 1\nS> +OK\nS> Subject: \\xc3\\xa9\nS> \nS: .`,
      options: { utf8: true },
      act: async (pop) => {
        const letter = pop.retrieve(1 as never);
        const parts: Buffer[] = [];
        for await (const part of letter) parts.push(part);
        return Buffer.concat(parts).toString();
      },
    });
    assert.equal(again.value, 'Subject: é\r\n\r\n');
  });
});

describe('names and passwords beyond ASCII', () => {
  const answer = (capability: string) => `S: +OK\nC: CAPA\nS> +OK\nS> ${capability}\nS> USER\nS: .`;
  /** é as e and an accent, which SASLprep makes one character. */
  const decomposed = { user: 'jose\u0301', pass: 'cafe\u0301 \u00a0noir' };

  test('are not sent where the server does not say UTF8 USER (UTF-10)', async () => {
    for (const capability of ['UTF8', 'UTF8 X-USER', 'X-UTF8 USER']) {
      for (const auth of [
        { user: 'josé', pass: PASSWORD },
        { user: 'ada', pass: 'sécrétissime' },
      ]) {
        const { peer, error } = await play({ script: answer(capability), options: { auth, utf8: false } });
        assert.equal(error?.code, 'ARGUMENT');
        assert.doesNotMatch(inspect(error), /sécr/);
        await peer.finished;
        assert.deepEqual(peer.heard, ['CAPA']);
      }
    }
  });

  test('are sent as UTF-8, prepared, where it does, without UTF8 mode too (UTF-10)', async () => {
    const said = await heard({
      script: `${answer('UTF8 USER')}
        C: USER jos\\xc3\\xa9
        S: +OK
        C: PASS caf\\xc3\\xa9  noir
        S: +OK
        C: CAPA
        S: -ERR`,
      options: { auth: decomposed },
    });
    assert.equal(said.length, 4);
  });

  test('what no name can have goes nowhere (UTF-10)', async () => {
    for (const auth of [
      { user: 'jos\u00e9\u0007', pass: PASSWORD },
      { user: '\u00ad', pass: PASSWORD },
      { user: 'ada', pass: '\u0627\u0031' },
    ]) {
      const { peer, error } = await play({ script: answer('UTF8 USER'), options: { auth } });
      assert.equal(error?.code, 'ARGUMENT');
      await peer.finished;
      assert.deepEqual(peer.heard, ['CAPA']);
    }
  });
});

describe('LANG', () => {
  const offered = 'S: +OK\nC: CAPA\nS> +OK\nS> LANG\nS> USER\nS: .';

  test('is asked for before the login, so that its errors can be read', async () => {
    const { error, peer } = await play({
      script: `${offered}
        C: LANG de
        S: +OK de ab jetzt auf Deutsch
        C: USER ada
        S: +OK
        C: PASS ${PASSWORD}
        S: -ERR [AUTH] Kennwort geh\\xc3\\xb6rt nicht dazu`,
      options: { language: 'de' },
    });
    assert.equal(error?.code, 'AUTH_FAILED');
    assert.match(error?.message ?? '', /Kennwort gehört nicht dazu/);
    await peer.finished;
  });

  test('that is not to be had changes nothing', async () => {
    await heard({ script: `${offered}\nC: LANG x-none\nS: -ERR no${LOGIN}`, options: { language: 'x-none' } });
    await heard({ script: `S: +OK\nC: CAPA\nS: -ERR${LOGIN}`, options: { language: 'de' } });
  });

  test('what there is, and another one of it', async () => {
    const { value, peer } = await play({
      script: `${offered}${LOGIN}
        C: LANG
        S> +OK
        S> en English
        S> de Deutsch \\x1b[31m
        S> mul
        S: .
        C: LANG *
        S: +OK fr d'accord
        C: LANG tlh
        S: -ERR`,
      act: async (pop) => [
        await pop.languages(),
        await pop.speak('*'),
        await pop.speak('tlh').catch((error) => error.code),
        await pop.speak('de\r\nDELE 1').catch((error) => error.code),
      ],
    });
    assert.deepEqual(value, [
      [
        { tag: 'en', description: 'English' },
        { tag: 'de', description: 'Deutsch \\u{1b}[31m' },
        { tag: 'mul', description: '' },
      ],
      'fr',
      'REFUSED',
      'ARGUMENT',
    ]);
    await peer.finished;
  });
});
