import { hostileServers, readAll } from './hostile.test-support.ts';
import type { Receipt } from './receipt.ts';
import { PIPELINING, PLAIN } from './scene.test-support.ts';

hostileServers('pipelined commands, and the end', [
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
]);
