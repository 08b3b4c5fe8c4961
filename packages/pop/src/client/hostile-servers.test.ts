import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import type { Pop3ErrorCode } from './error.ts';
import type { Pop3Client } from './pop3-client.ts';
import type { Receipt } from './receipt.ts';
import { loggedIn, PASSWORD, PIPELINING, PLAIN, play, type Scene } from './scene.test-support.ts';
import { messageNumber } from './words.ts';

/** What a server may do wrong, and what has to come of it: this value, or an error with this code. */
interface Case extends Scene {
  readonly name: string;
  readonly answer?: unknown;
  readonly code?: Pop3ErrorCode;
  /** The same, where what was not asked for comes late enough to be taken for an answer. */
  readonly late?: Pop3ErrorCode;
  /** What the caller's error has to say. */
  readonly message?: RegExp;
  readonly retryable?: boolean;
}

const one = messageNumber(1);

async function read(pop: Pop3Client, number = one): Promise<string> {
  const parts: Buffer[] = [];
  const retrieval = pop.retrieve(number);
  for await (const part of retrieval) parts.push(part);
  const { octets } = await retrieval.done;
  const letter = Buffer.concat(parts);
  assert.equal(letter.length, octets);
  return letter.toString('latin1');
}

/** Reads these letters at once; an error becomes its code. */
function readAll(...numbers: readonly number[]) {
  return (pop: Pop3Client): Promise<unknown> =>
    Promise.all(
      numbers.map((number) => read(pop, messageNumber(number)).catch((error: { code: string }) => error.code)),
    );
}

const cases: readonly Case[] = [
  // Before login.
  { name: 'no greeting at all', script: '', code: 'TIMEOUT', message: /greeting/ },
  { name: 'a greeting that never ends', script: `S: {x*20000}\\c`, code: 'LIMIT' },
  { name: 'a greeting of 32 MiB', script: `S: +OK {x*33554432}`, code: 'LIMIT' },
  { name: 'a greeting that drips without an end', script: `S: +O\\c`, code: 'TIMEOUT' },
  { name: 'the greeting of another protocol', script: 'S: * OK [CAPABILITY IMAP4rev1] ready', code: 'PROTOCOL' },
  { name: 'a greeting by LF', script: 'S: +OK ready\\n\\c', code: 'PROTOCOL' },
  { name: 'closed before the greeting', script: 'DROP', code: 'CLOSED', retryable: true },
  { name: 'reset before the greeting', script: 'RESET', code: 'NETWORK', retryable: true },
  {
    name: 'a greeting that refuses, with a code',
    script: 'S: -ERR [SYS/TEMP] too many connections',
    code: 'SYS_TEMP',
    retryable: true,
  },
  { name: 'a greeting that refuses, with none', script: 'S: -ERR go away', code: 'REFUSED', retryable: true },
  { name: 'two greetings', script: 'S> +OK one\nS: +OK two', code: 'PROTOCOL', late: 'TIMEOUT' },
  {
    name: 'a bare +OK all the way (OBS-02)',
    script: PLAIN.replaceAll('+OK ready', '+OK'),
    act: () => 'in',
    answer: 'in',
  },
  {
    name: 'terminal escapes in a refusal',
    script: 'S: -ERR \\x1b[2J\\x1b]0;owned\\x07 \\xe2\\x80\\xaetxt',
    code: 'REFUSED',
    message: /^[^\p{Cc}\u202e]*$/u,
  },
  { name: 'a CAPA that never ends', script: 'S: +OK\nC: CAPA\nS: +OK\nS: {X-A\\r\\n*2000}\\c', code: 'LIMIT' },
  {
    name: 'a CAPA that says only its dot',
    script: 'S: +OK\nC: CAPA\nS: +OK\nS: .\nC: USER {any}\nS: -ERR',
    code: 'NO_MECHANISM',
  },
  {
    name: 'a server that repeats the password in its refusal',
    script: `S: +OK\nC: CAPA\nS: -ERR\nC: USER ada\nS: +OK\nC: PASS ${PASSWORD}\nS: -ERR password ${PASSWORD} is wrong`,
    code: 'AUTH_FAILED',
    message: /\[secret\] is wrong/,
  },
  {
    name: 'a maildrop in use (RC-06)',
    script: `S: +OK\nC: CAPA\nS: -ERR\nC: USER ada\nS: +OK\nC: PASS ${PASSWORD}\nS: -ERR [in-use] busy`,
    code: 'IN_USE',
    retryable: true,
  },
  {
    name: 'a login too soon (RC-06)',
    script: `S: +OK\nC: CAPA\nS: -ERR\nC: USER ada\nS: +OK\nC: PASS ${PASSWORD}\nS: -ERR [LOGIN-DELAY] wait`,
    code: 'LOGIN_DELAY',
    retryable: true,
  },
  {
    name: 'an unknown further level of a code (EXT-16)',
    script: `S: +OK\nC: CAPA\nS: -ERR\nC: USER ada\nS: +OK\nC: PASS ${PASSWORD}\nS: -ERR [sys/Perm/DISK] broken`,
    code: 'SYS_PERM',
    retryable: false,
  },
  {
    name: 'a refusal without [AUTH] where each wrong password would have it (RC-07)',
    script: `S: +OK\nC: CAPA\nS> +OK\nS> USER\nS> AUTH-RESP-CODE\nS: .\nC: USER ada\nS: +OK\nC: PASS ${PASSWORD}\nS: -ERR no`,
    code: 'REFUSED',
    retryable: true,
  },
  {
    name: 'a status line in the middle of nowhere',
    script: `S: +OK\nC: CAPA\nS> -ERR\nS: +OK and more`,
    code: 'PROTOCOL',
    late: 'TIMEOUT',
  },

  // Listings.
  {
    name: 'numbers with text behind them (P3-58, P3-59)',
    script: `${PLAIN}\nC: STAT\nS: +OK 2 320 letters in all (7 new)`,
    act: (pop) => pop.stat(),
    answer: { count: 2, octets: 320 },
  },
  {
    name: 'a STAT of words',
    script: `${PLAIN}\nC: STAT\nS: +OK two letters`,
    act: (pop) => pop.stat(),
    code: 'PROTOCOL',
  },
  {
    name: 'a STAT beyond all numbers',
    script: `${PLAIN}\nC: STAT\nS: +OK 99999999999999999999 1`,
    act: (pop) => pop.stat(),
    code: 'PROTOCOL',
  },
  {
    name: 'a listing of two million lines (bounded memory)',
    script: `${PLAIN}\nC: LIST\nS: +OK\nS: {1 1\\r\\n*2000000}.`,
    act: (pop) => pop.list(),
    code: 'LIMIT',
    options: { limits: { listing: 5_000 } },
  },
  {
    name: 'a listing with a line of 32 MiB',
    script: `${PLAIN}\nC: UIDL\nS: +OK\nS: 1 {x*33554432}\nS: .`,
    act: (pop) => pop.uniqueIds(),
    code: 'LIMIT',
  },
  {
    name: 'a listing whose lines end with LF',
    script: `${PLAIN}\nC: LIST\nS: +OK\nS: 1 120\\n2 200\\n.\\n\\c`,
    act: (pop) => pop.list(),
    code: 'PROTOCOL',
  },
  {
    name: 'a listing that stops',
    script: `${PLAIN}\nC: LIST\nS> +OK\nS: 1 120`,
    act: (pop) => pop.list(),
    code: 'TIMEOUT',
  },
  {
    name: 'a listing cut off by the end of the connection',
    script: `${PLAIN}\nC: UIDL\nS> +OK\nS> 1 a\nS: 2 b\nDROP`,
    act: (pop) => pop.uniqueIds(),
    code: 'TRUNCATED',
    retryable: true,
  },
  {
    name: 'a number twice in one listing',
    script: `${PLAIN}\nC: LIST\nS> +OK\nS> 1 120\nS> 1 130\nS: .`,
    act: (pop) => pop.list(),
    code: 'PROTOCOL',
  },
  {
    name: 'letter 0, and a negative one',
    script: `${PLAIN}\nC: LIST\nS> +OK\nS> 0 120\nS: .\nC: LIST\nS> +OK\nS> -1 5\nS: .`,
    act: async (pop) => [await pop.list().catch((e) => e.code), await pop.list().catch((e) => e.code)],
    answer: ['PROTOCOL', 'PROTOCOL'],
  },
  {
    name: 'unique-ids that are paths, too long, missing or not ASCII; two the same (P3-57)',
    script: `${PLAIN}\nC: UIDL\nS> +OK\nS> 1 ../../x\nS> 2 {u*600}\nS> 3\nS> 4 \\xe9\nS> 5 same\nS> 6 same\nS: .`,
    act: (pop) => pop.uniqueIds(),
    answer: [
      { number: 1, uniqueId: '../../x' },
      { number: 2 },
      { number: 3 },
      { number: 4 },
      { number: 5, uniqueId: 'same' },
      { number: 6, uniqueId: 'same' },
    ],
  },
  {
    name: 'two letters with one unique-id: neither is taken for what was stored before (P3-57)',
    script: `${PLAIN}\nC: LIST\nS> +OK\nS> 1 10\nS> 2 20\nS: .\nC: UIDL\nS> +OK\nS> 1 same\nS> 2 same\nS: .`,
    act: async (pop) => {
      const codes: unknown[] = [];
      for await (const letter of pop.letters()) {
        try {
          codes.push(letter.storedBefore({ uniqueId: 'same', octets: 1, sha256: '' }));
        } catch (error) {
          codes.push((error as { code: unknown }).code);
        }
      }
      return codes;
    },
    answer: ['ARGUMENT', 'ARGUMENT'],
  },
  {
    name: 'fewer unique-ids than letters, and one for a letter that is not',
    script: `${PLAIN}\nC: LIST\nS> +OK\nS> 1 10\nS> 2 20\nS: .\nC: UIDL\nS> +OK\nS> 2 b\nS> 9 z\nS: .`,
    act: async (pop) => {
      const found: unknown[] = [];
      for await (const { number, octets, uniqueId } of pop.letters()) found.push([number, octets, uniqueId]);
      return found;
    },
    answer: [
      [1, 10, undefined],
      [2, 20, 'b'],
    ],
  },
  {
    name: 'no UIDL and no TOP (EXT-31)',
    script: `${loggedIn()}\nC: LIST\nS> +OK\nS> 1 10\nS: .\nC: UIDL\nS: -ERR unknown\nC: TOP 1 0\nS: -ERR unknown`,
    act: async (pop) => {
      const found: unknown[] = [];
      for await (const { uniqueId } of pop.letters()) found.push(uniqueId);
      return [found, await pop.top(one, 0).catch((e) => e.code)];
    },
    answer: [[undefined], 'UNSUPPORTED'],
  },
  {
    name: 'a UIDL that fails, of a server that has it, is no server without UIDL',
    script: `${PLAIN}\nC: LIST\nS> +OK\nS> 1 10\nS: .\nC: UIDL\nS: -ERR busy`,
    act: async (pop) => {
      for await (const letter of pop.letters()) return letter.number;
      return undefined;
    },
    code: 'REFUSED',
  },

  ...['Dovecot', 'Microsoft Exchange', 'Gpop', 'Restante'].map((name) => ({
    name: `the same session by a server that calls itself ${name} (EXT-30)`,
    script: `${loggedIn('UIDL', `IMPLEMENTATION ${name} 1.0`)}\nC: STAT\nS: +OK 0 0\nC: QUIT\nS: +OK`,
    act: async (pop: Pop3Client) => [await pop.stat(), await pop.commit()],
    answer: [{ count: 0, octets: 0 }, 'committed'],
  })),

  // Letters.
  {
    name: 'LF . LF and CR . CR inside a letter (P3-15)',
    script: `${PLAIN}\nC: RETR 1\nS> +OK\nS> a\\n.\\n-ERR forged\\n.\\r\\nb\\r.\\rc\nS: .`,
    act: (pop) => read(pop),
    // The line that is only a dot begins behind a lone LF, so it is no end and keeps its dot.
    answer: 'a\n.\n-ERR forged\n.\r\nb\r.\rc\r\n',
  },
  {
    name: 'dots at the beginning of lines (P3-14)',
    script: `${PLAIN}\nC: RETR 1\nS> +OK\nS> ..\nS> ...x\nS> .y\nS: .`,
    act: (pop) => read(pop),
    answer: '.\r\n..x\r\ny\r\n',
  },
  {
    name: 'a terminator in pieces, each a write of its own',
    script: `${PLAIN}\nC: RETR 1\nS: +OK\nS: abc\\c\nS: \\r\\c\nS: \\n\\c\nS: .\\c\nS: \\r\\c\nS: \\n\\c`,
    act: (pop) => read(pop),
    answer: 'abc\r\n',
  },
  {
    name: 'a segment that is exactly a dot and CRLF inside a line',
    script: `${PLAIN}\nC: RETR 1\nS: +OK\nS: abc\\c\nS: .\nS: rest\nS: .`,
    act: (pop) => read(pop),
    answer: 'abc.\r\nrest\r\n',
  },
  {
    name: 'an empty letter',
    script: `${PLAIN}\nC: RETR 1\nS: +OK 0 octets\nS: .`,
    act: (pop) => read(pop),
    answer: '',
  },
  {
    name: 'any octet (8 bits, NUL)',
    script: `${PLAIN}\nC: RETR 1\nS> +OK\nS> \\x00\\xff\\xe9\\x80\nS: .`,
    act: (pop) => read(pop),
    answer: '\x00\xff\xe9\x80\r\n',
  },
  {
    name: 'a line of 20,000 octets in a letter',
    script: `${PLAIN}\nC: RETR 1\nS> +OK\nS> {x*20000}\nS: .`,
    act: async (pop) => (await read(pop)).length,
    answer: 20_002,
  },
  {
    name: 'a letter cut off by the end of the connection (P3-69)',
    script: `${PLAIN}\nC: RETR 1\nS> +OK 100 octets\nS: abc\nDROP`,
    act: (pop) =>
      pop.retrieve(one).stored(async (it) => {
        for await (const _ of it);
      }),
    code: 'TRUNCATED',
    retryable: true,
  },
  {
    name: 'a letter cut off by a reset',
    script: `${PLAIN}\nC: RETR 1\nS> +OK 100 octets\nS: abc\nRESET`,
    act: (pop) => read(pop),
    code: 'TRUNCATED',
  },
  {
    name: 'a letter that ends with its dot and no CRLF',
    script: `${PLAIN}\nC: RETR 1\nS> +OK\nS> abc\nS: .\\c\nEND`,
    act: (pop) => read(pop),
    code: 'TRUNCATED',
  },
  {
    name: 'a letter that stops coming',
    script: `${PLAIN}\nC: RETR 1\nS> +OK\nS: abc`,
    act: (pop) => read(pop),
    code: 'TIMEOUT',
  },
  {
    name: 'a letter larger than was allowed',
    script: `${PLAIN}\nC: RETR 1\nS: +OK\nS: {x*5000}\nS: .`,
    act: (pop) => read(pop),
    options: { limits: { letter: 4_000 } },
    code: 'LIMIT',
  },
  {
    name: 'a TOP that has no end',
    script: `${PLAIN}\nC: TOP 1 0\nS: +OK\nS: {x*6000}`,
    act: (pop) => pop.top(one, 0),
    options: { limits: { top: 4_000 } },
    code: 'LIMIT',
  },
  {
    name: 'a size in the listing that is not the letter’s',
    script: `${PLAIN}\nC: LIST 1\nS: +OK 1 3\nC: RETR 1\nS> +OK 3 octets\nS> abcdef\nS: .`,
    act: async (pop) => {
      await pop.list(one);
      const retrieval = pop.retrieve(one);
      for await (const _ of retrieval);
      const { octets, declaredOctets } = await retrieval.done;
      return { octets, declaredOctets };
    },
    answer: { octets: 8, declaredOctets: 3 },
  },
  {
    name: 'another letter’s number in the answer to LIST n',
    script: `${PLAIN}\nC: LIST 1\nS: +OK 2 200`,
    act: (pop) => pop.list(one),
    code: 'PROTOCOL',
  },
  {
    name: 'a challenge where none can be',
    script: `${PLAIN}\nC: STAT\nS: + more?`,
    act: (pop) => pop.stat(),
    code: 'PROTOCOL',
  },
  {
    name: 'an answer nobody asked for, then silence',
    script: `${PLAIN}\nS: +OK you have new mail`,
    act: async (pop, peer) => {
      await peer.played;
      await pop.noop();
    },
    code: 'CLOSED',
  },
  {
    name: 'a farewell before the connection ends, as some send when they time out',
    script: `${PLAIN}\nS: -ERR autologout\nDROP`,
    act: async (pop, peer) => {
      await peer.played;
      await pop.noop();
    },
    code: 'CLOSED',
    message: /not asked for/,
  },

  // Pipelining.
  {
    name: 'pipelined letters, one of them refused with a code',
    script: `${PIPELINING}\nC: RETR 1\nC: RETR 2\nC: RETR 3\nS> +OK\nS> a\nS> .\nS> -ERR [SYS/TEMP] later\nS> +OK\nS> c\nS: .`,
    act: readAll(1, 2, 3),
    answer: ['a\r\n', 'SYS_TEMP', 'c\r\n'],
  },
  {
    name: 'pipelined commands that are refused, and work alone: no more pipelining',
    script: `${PIPELINING}
      C: RETR 1\nC: RETR 2\nC: RETR 3
      S> +OK\nS> a\nS> .\nS> -ERR one at a time\nS: -ERR one at a time
      C: RETR 2\nS> +OK\nS> b\nS: .
      C: RETR 3\nS> +OK\nS> c\nS: .
      C: NOOP\nS: +OK\nC: NOOP\nS: +OK`,
    act: async (pop) => {
      const letters = await readAll(1, 2, 3)(pop);
      await Promise.all([pop.noop(), pop.noop()]);
      return [letters, pop.pipelining];
    },
    answer: [['a\r\n', 'b\r\n', 'c\r\n'], 'distrusted'],
  },
  {
    name: 'pipelined commands that are refused alone too: the letter’s fault, not the server’s',
    script: `${PIPELINING}\nC: RETR 1\nC: RETR 2\nS> +OK\nS> a\nS> .\nS: -ERR gone\nC: RETR 2\nS: -ERR gone`,
    act: async (pop) => [await readAll(1, 2)(pop), pop.pipelining],
    answer: [['a\r\n', 'REFUSED'], 'on'],
  },
  {
    name: 'a server that drops what is pipelined',
    script: `${PIPELINING}\nC: RETR 1\nC: RETR 2\nS> +OK\nS> a\nS: .`,
    act: async (pop) => [await readAll(1, 2, 3)(pop), pop.pipelining],
    answer: [['a\r\n', 'TIMEOUT', 'TIMEOUT'], 'distrusted'],
  },
  {
    name: 'a server that answers one command too many',
    script: `${PIPELINING}\nC: LIST\nC: UIDL\nS> +OK\nS> 1 9\nS> 2 9\nS> .\nS> +OK\nS> 1 u\nS> 2 v\nS: .\nC: DELE 1\nC: DELE 2\nS> +OK\nS> +OK\nS: +OK\nC: QUIT\nS: +OK bye`,
    act: async (pop) => {
      const receipts: Receipt[] = [];
      for await (const letter of pop.letters()) {
        receipts.push(letter.storedBefore({ uniqueId: letter.uniqueId ?? '', octets: 9, sha256: '' }));
      }
      await Promise.all(receipts.map((receipt) => pop.delete(receipt)));
      return (await pop.commit()) === 'committed';
    },
    answer: false,
  },
  {
    name: 'the connection ends among pipelined letters: one is cut off, the others were never begun',
    script: `${PIPELINING}\nC: RETR 1\nC: RETR 2\nC: RETR 3\nS> +OK\nS> a\nS> .\nS> +OK\nS: b\nDROP`,
    act: readAll(1, 2, 3),
    answer: ['a\r\n', 'TRUNCATED', 'CLOSED'],
  },

  // The end.
  {
    name: '-ERR to QUIT: nobody knows (P3-64)',
    script: `${PLAIN}\nC: QUIT\nS: -ERR some deleted messages not removed`,
    act: (pop) => pop.commit(),
    answer: 'unknown',
  },
  {
    name: 'no answer to QUIT: nobody knows (P3-64)',
    script: `${PLAIN}\nC: QUIT\nDROP`,
    act: (pop) => pop.commit(),
    answer: 'unknown',
  },
  {
    name: 'silence at QUIT: nobody knows (P3-64)',
    script: `${PLAIN}\nC: QUIT`,
    act: (pop) => pop.commit(),
    answer: 'unknown',
  },
  {
    name: 'the connection is gone before QUIT: all letters are still there',
    script: `${PLAIN}\nDROP`,
    act: async (pop, peer) => {
      await peer.played;
      await pop.noop().catch(() => {});
      return pop.commit();
    },
    answer: 'rolled-back',
  },
  {
    name: 'more behind +OK to QUIT, in the same breath: that was the answer to something else',
    script: `${PLAIN}\nC: QUIT\nS> +OK\nS: +OK bye`,
    act: (pop) => pop.commit(),
    answer: 'unknown',
  },
  {
    name: 'a connection that stays open behind +OK to QUIT',
    script: `${PLAIN}\nC: QUIT\nS: +OK`,
    act: (pop) => pop.commit(),
    answer: 'committed',
  },
  {
    name: 'a connection that ends behind +OK to QUIT, however it does',
    script: `${PLAIN}\nC: QUIT\nS: +OK\nRESET`,
    act: (pop) => pop.commit(),
    answer: 'committed',
  },
];

describe('each failing of a server comes to an answer or a typed error, never a hang, a cut or a deletion', () => {
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
