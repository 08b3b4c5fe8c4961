import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PASSWORD, play } from './scene.test-support.ts';
import type { MessageNumber } from './words.ts';

const login = (...capabilities: readonly string[]) => `
  S: +OK ready
  C: CAPA
  S> +OK
  S> USER
  ${capabilities.map((line) => `S> ${line}`).join('\n')}
  S: .
  C: USER ada
  S: +OK
  C: PASS ${PASSWORD}
  S: +OK`;
const one = 1 as MessageNumber;

describe('listings that are asked for ahead', () => {
  test('go out with CAPA, before anything is answered', async () => {
    const { value, peer } = await play({
      script: `${login('PIPELINING', 'UIDL')}
        C: CAPA
        C: UIDL
        C: LIST
        S> +OK
        S> PIPELINING
        S> UIDL
        S: .
        S> +OK
        S> 1 a
        S: .
        S> +OK
        S> 1 120
        S: .
        C: UIDL
        S> +OK
        S> 1 b
        S: .`,
      options: { ahead: ['UIDL', 'LIST'] },
      act: async (pop) => [await pop.uniqueIds(), await pop.list(), await pop.uniqueIds()],
    });
    assert.deepEqual(value, [
      [{ number: 1, uniqueId: 'a' }],
      [{ number: 1, octets: 120 }],
      // Only the first is answered from what was asked ahead.
      [{ number: 1, uniqueId: 'b' }],
    ]);
    await peer.finished;
  });

  test('and STAT with them: only the first answer is from ahead', async () => {
    const { value, peer } = await play({
      script: `${login('PIPELINING', 'UIDL')}
        C: CAPA
        C: UIDL
        C: STAT
        S> +OK
        S> PIPELINING
        S> UIDL
        S: .
        S> +OK
        S> 1 a
        S: .
        S: +OK 1 120
        C: STAT
        S: +OK 2 240`,
      options: { ahead: ['UIDL', 'STAT'] },
      act: async (pop) => [await pop.uniqueIds(), await pop.stat(), await pop.stat()],
    });
    assert.deepEqual(value, [[{ number: 1, uniqueId: 'a' }], { count: 1, octets: 120 }, { count: 2, octets: 240 }]);
    await peer.finished;
  });

  test('are not asked for where the server did not say that it pipelines, or is not to (EXT-23)', async () => {
    const script = (...capabilities: readonly string[]) => `${login(...capabilities)}
      C: CAPA
      S> +OK
      S> PIPELINING
      S: .
      C: UIDL
      S> +OK
      S: .`;
    for (const scene of [
      { script: script('UIDL'), options: { ahead: ['UIDL'] as const } },
      { script: script('UIDL', 'PIPELINING'), options: { ahead: ['UIDL'] as const, pipelining: false } },
    ]) {
      const { value, peer } = await play({ ...scene, act: (pop) => pop.uniqueIds() });
      assert.deepEqual(value, []);
      await peer.finished;
    }
  });

  test('that fail say so to whoever wants them', async () => {
    const script = `${login('PIPELINING')}
      C: CAPA
      C: UIDL
      C: LIST
      S: -ERR
      S: -ERR [SYS/TEMP] later
      S> +OK
      S> nonsense
      S: .
      C: NOOP
      S: +OK`;
    const { value } = await play({
      script,
      options: { ahead: ['UIDL', 'LIST'] },
      act: async (pop) => [
        await pop.uniqueIds().catch((error) => error.code),
        await pop.list().catch((error) => error.code),
        await pop.noop(),
      ],
    });
    assert.deepEqual(value, ['SYS_TEMP', 'PROTOCOL', undefined]);
  });

  test('are forgotten when a letter is deleted, and let go by a signal', async () => {
    const { value, peer } = await play({
      script: `${login('PIPELINING', 'UIDL')}
        C: CAPA
        C: UIDL
        C: LIST
        S> +OK
        S> PIPELINING
        S> UIDL
        S: .
        S> +OK
        S> 1 a
        S: .
        S> +OK
        S> 1 120
        S: .
        C: RETR 1
        S> +OK
        S: .
        C: DELE 1
        S: +OK
        C: LIST
        S> +OK
        S: .`,
      options: { ahead: ['UIDL', 'LIST'] },
      act: async (pop) => {
        const aborted = await pop.uniqueIds({ signal: AbortSignal.abort() }).catch((error) => error.code);
        const receipt = await pop.retrieve(one).stored(async (it) => {
          for await (const _ of it);
        });
        await pop.delete(receipt);
        return [aborted, await pop.list()];
      },
    });
    assert.deepEqual(value, ['ABORTED', []]);
    await peer.finished;
  });
});
