import { hostileServers, one } from './hostile.test-support.ts';
import type { Pop3Client } from './pop3-client.ts';
import { loggedIn, PLAIN } from './scene.test-support.ts';

hostileServers('numbers and listings', [
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
  {
    name: 'another letter’s unique-id in the answer to UIDL n',
    script: `${PLAIN}\nC: UIDL 1\nS: +OK 2 abc`,
    act: (pop) => pop.uniqueIds(one),
    code: 'PROTOCOL',
  },
  {
    name: 'numbers that are none: a sign, a fraction, a blank line, twenty digits',
    script: `${PLAIN}
      C: LIST\nS> +OK\nS> +1 10\nS: .
      C: LIST\nS> +OK\nS> 1.5 10\nS: .
      C: LIST\nS> +OK\nS>\nS: .
      C: LIST\nS> +OK\nS> 1 99999999999999999999\nS: .
      C: LIST\nS> +OK\nS> 0x1 10\nS: .`,
    act: async (pop) => {
      const codes: unknown[] = [];
      for (let times = 0; times < 5; times += 1) codes.push(await pop.list().catch((error) => error.code));
      return codes;
    },
    answer: Array.from({ length: 5 }, () => 'PROTOCOL'),
  },
  {
    name: 'letters in any order',
    script: `${PLAIN}\nC: LIST\nS> +OK\nS> 3 30\nS> 1 10\nS: .`,
    act: async (pop) => (await pop.list()).map(({ number }) => number),
    answer: [3, 1],
  },
]);
