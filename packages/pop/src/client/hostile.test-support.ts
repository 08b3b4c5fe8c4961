import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import type { Pop3ErrorCode } from './error.ts';
import type { Pop3Client } from './pop3-client.ts';
import { PASSWORD, play, type Scene } from './scene.test-support.ts';
import { messageNumber } from './words.ts';

/** What a server may do wrong, and what has to come of it: this value, or an error with this code. */
export interface HostileCase extends Scene {
  readonly name: string;
  readonly answer?: unknown;
  readonly code?: Pop3ErrorCode;
  /** The same, where what was not asked for comes late enough to be taken for an answer. */
  readonly late?: Pop3ErrorCode;
  /** What the caller's error has to say. */
  readonly message?: RegExp;
  readonly retryable?: boolean;
}

export const one = messageNumber(1);

export async function read(pop: Pop3Client, number = one): Promise<string> {
  const parts: Buffer[] = [];
  const retrieval = pop.retrieve(number);
  for await (const part of retrieval) parts.push(part);
  const { octets } = await retrieval.done;
  const letter = Buffer.concat(parts);
  assert.equal(letter.length, octets);
  return letter.toString('latin1');
}

/** Reads these letters at once; an error becomes its code. */
export function readAll(...numbers: readonly number[]) {
  return (pop: Pop3Client): Promise<unknown> =>
    Promise.all(
      numbers.map((number) => read(pop, messageNumber(number)).catch((error: { code: string }) => error.code)),
    );
}

/** Each failing of a server comes to an answer or a typed error, never a hang, a cut or a deletion. */
export function hostileServers(what: string, cases: readonly HostileCase[]): void {
  describe(`a server that errs, or means harm: ${what}`, () => {
    for (const { name, answer, code, late, message, retryable, ...scene } of cases) {
      const large = /\d{7}/.test(scene.script);
      for (const cut of large ? [false] : [false, true]) {
        test(`${name}${cut ? ', octet by octet' : ''}`, { timeout: 30_000 }, async () => {
          const { value, error, peer } = await play(scene, cut);
          assert.equal(error?.code, cut ? (late ?? code) : code, inspect(error));
          if (answer !== undefined) assert.deepEqual(value, answer);
          if (message !== undefined) assert.match(error?.message ?? '', message);
          if (retryable !== undefined) assert.equal(error?.retryable, retryable);
          const shown = inspect(error, { depth: 9 });
          assert.ok(!shown.includes(PASSWORD), 'the password is in no error');
          const ending = peer.heard.filter((line) => /^(DELE|QUIT)/.test(line) && !scene.script.includes(`C: ${line}`));
          assert.ok(name.includes('one command too many') || ending.length === 0, `${ending}`);
        });
      }
    }
  });
}
