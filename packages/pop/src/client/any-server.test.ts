import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import type { Pop3Client } from './pop3-client.ts';
import { PASSWORD, PIPELINING, play } from './scene.test-support.ts';
import { messageNumber } from './words.ts';

/** What servers say, and what they should not. */
const sayings = fc.constantFrom(
  ...['+OK', '+OK 2 40', '-ERR no', '-ERR [SYS/TEMP] later', '.', '1 20', '2 20', '1 same', '2 same', '..', '+ abc'],
  ...['+', 'Subject: x', '', 'x\\n.\\n\\c', '\\r\\c', '{x*20000}', '\\x00\\xff', 'a\\c'],
);
const scripts = fc
  .array(fc.tuple(fc.constantFrom('S:', 'S>'), sayings), { maxLength: 24 })
  .map((lines) => [...lines.map(([mark, text]) => `${mark} ${text}`), 'S: .'].join('\n'));
const ends = fc.constantFrom('', 'DROP', 'END', 'RESET');

/** Everything that a caller may do, at once; each answer or error code. */
async function everything(pop: Pop3Client): Promise<readonly unknown[]> {
  const answers: unknown[] = [];
  const note = (what: Promise<unknown>) =>
    what.then(
      (value) => answers.push(value),
      (error: { code?: unknown }) => answers.push(error.code ?? error),
    );
  const read = async (number: number) => {
    const retrieval = pop.retrieve(messageNumber(number));
    let octets = 0;
    for await (const part of retrieval) octets += part.length;
    assert.equal((await retrieval.done).octets, octets);
    return octets;
  };
  await Promise.all([
    ...[note(pop.stat()), note(pop.list()), note(pop.uniqueIds()), note(pop.top(messageNumber(1), 0))],
    ...[note(read(1)), note(read(2)), note(pop.noop()), note(pop.reset())],
  ]);
  answers.push(await pop.commit());
  return answers;
}

test('whatever a server says, every call settles, with a value or a code, and nothing is deleted', async () => {
  await fc.assert(
    fc.asyncProperty(scripts, ends, fc.boolean(), async (script, end, cut) => {
      const scene = { script: `${PIPELINING}\nC: STAT\n${script}\n${end}`, act: everything };
      const { value, error, peer } = await play(scene, cut && !script.includes('20000'));
      const answers = (value ?? [error?.code]) as readonly unknown[];
      assert.ok(answers.length === 9 || error !== undefined, inspect(answers));
      for (const answer of answers) {
        assert.ok(
          typeof answer !== 'string' || /^([A-Z_]+|committed|unknown|rolled-back)$/.test(answer),
          inspect(answer),
        );
        assert.ok(!(answer instanceof Error), inspect(answer));
      }
      assert.ok(!peer.heard.some((line) => line.startsWith('DELE')));
      assert.ok(!inspect(answers, { depth: 9 }).includes(PASSWORD));
    }),
    { numRuns: 150 },
  );
});

test('before login: whatever it says, no password without TLS unless that is allowed', async () => {
  const words = fc.constantFrom(
    '+OK',
    '-ERR',
    'USER',
    'STLS',
    'SASL PLAIN LOGIN',
    '.',
    '+ ',
    '+OK <1@x>',
    'AUTH',
    '{x*600}',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(words, { maxLength: 14 }), fc.boolean(), async (lines, cut) => {
      const script = ['S: +OK', ...lines.map((line) => `S: ${line}`)].join('\n');
      const options = { requireTLS: false, allowInsecureAuth: false };
      const { error, peer } = await play({ script, options }, cut);
      assert.ok(error !== undefined);
      assert.ok(!peer.heard.some((line) => /^(USER|PASS|AUTH|APOP)/.test(line)), peer.heard.join());
    }),
    { numRuns: 100 },
  );
});
