import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { certificate, PASSWORD, PLAIN, play } from './scene.test-support.ts';
import type { MessageNumber } from './words.ts';

/** Whatever would end a line, and with it a command, or a C string at the other end. */
const ENDS = ['\r\n', '\r', '\n', '\0'];
const METHODS = [
  ...['USER', 'APOP', 'PLAIN', 'LOGIN', 'CRAM-MD5', 'SCRAM-SHA-256', 'SCRAM-SHA-1'],
  ...['OAUTHBEARER', 'XOAUTH2', 'EXTERNAL'],
];
const SECRETS: Readonly<Record<string, string>> = { OAUTHBEARER: 'accessToken', XOAUTH2: 'accessToken' };

/** Logs in by a method with what is given; says what went wrong, and what the server got to see behind CAPA. */
async function outcome(method: string, auth: Readonly<Record<string, string>>) {
  const { error, peer } = await play({
    script: `TLS\nS: +OK <1896.697170952@dbc.mtview.ca.us>\nC: CAPA\nS> +OK\nS> USER\nS> SASL ${method}\nS: .`,
    options: {
      secure: true,
      tls: { ca: certificate.cert, ...(method === 'EXTERNAL' && certificate) },
      auth: { user: 'ada', [SECRETS[method] ?? 'pass']: PASSWORD, methods: [method], ...auth },
    },
  });
  return { code: error?.code, heard: peer.heard.slice(1) };
}

describe('CR, LF and NUL go nowhere', () => {
  for (const method of METHODS) {
    test(`in a name, a password, a token or an authorization identity by ${method}`, async () => {
      for (const end of ENDS) {
        const evil = `ada${end}DELE 1`;
        const secret = SECRETS[method] ?? 'pass';
        const given = [
          ...(method === 'EXTERNAL' ? [] : [{ user: evil }, { [secret]: evil }]),
          ...(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'EXTERNAL'].includes(method)
            ? [{ authorizationIdentity: evil }]
            : []),
        ];
        for (const auth of given) {
          const { code, heard } = await outcome(method, auth);
          // APOP and CRAM-MD5 send a digest of the password, and no octet of it.
          const isDigest = 'pass' in auth && ['APOP', 'CRAM-MD5'].includes(method);
          assert.deepEqual(
            [code, heard.filter((line) => !line.startsWith('USER ada'))],
            isDigest ? [code, heard] : ['ARGUMENT', []],
          );
          assert.ok(!heard.some((line) => line.includes('DELE')), heard.join());
        }
      }
    });
  }

  test('in a number, a language, a unique-id', async () => {
    const evil = '1\r\nDELE 1' as never;
    const { value, peer } = await play({
      script: PLAIN,
      act: (pop) =>
        Promise.all(
          [
            () => pop.list(evil as MessageNumber),
            () => pop.retrieve(evil as MessageNumber).done,
            () => pop.top(evil as MessageNumber, 0),
            () => pop.top(1 as MessageNumber, evil),
            () => pop.uniqueIds(evil as MessageNumber),
            () => pop.speak(evil),
          ].map(async (call) => {
            try {
              return await Promise.race([call(), Promise.resolve('sent')]);
            } catch (error) {
              return (error as { code: string }).code;
            }
          }),
        ),
    });
    await peer.closed;
    assert.ok(!peer.heard.some((line) => line.includes('DELE')), `${value}`);
  });
});
