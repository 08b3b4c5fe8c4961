import { hostileServers, one, read } from './hostile.test-support.ts';
import { PLAIN } from './scene.test-support.ts';

hostileServers('letters', [
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
  {
    name: 'a deletion that is refused: the letter is not deleted, and may be again',
    script: `${PLAIN}\nC: RETR 1\nS> +OK\nS: .\nC: DELE 1\nS: -ERR read-only\nC: DELE 1\nS: +OK\nC: QUIT\nS: +OK`,
    act: async (pop) => {
      const receipt = await pop.retrieve(one).stored(async (it) => {
        for await (const _ of it);
      });
      const refused = await pop.delete(receipt).catch((error) => error.code);
      await pop.delete(receipt);
      return [refused, await pop.commit()];
    },
    answer: ['REFUSED', 'committed'],
  },
  {
    name: 'a TOP that brings more lines than were asked for',
    script: `${PLAIN}\nC: TOP 1 0\nS> +OK\nS> Subject: x\nS>\nS> body\nS: .`,
    act: async (pop) => (await pop.top(one, 0)).toString(),
    answer: 'Subject: x\r\n\r\nbody\r\n',
  },
  {
    name: 'a letter that is refused and comes all the same: nothing of it is taken for an answer',
    script: `${PLAIN}\nC: RETR 1\nS> -ERR no\nS> Subject: x\nS: .`,
    act: async (pop, peer) => {
      const refused = await read(pop).catch((error) => error.code);
      await peer.played;
      return [refused, await pop.noop().catch((error) => error.code), await pop.commit()];
    },
    answer: ['REFUSED', 'CLOSED', 'rolled-back'],
  },
  {
    name: 'a letter that is one line of 32 MiB',
    script: `${PLAIN}\nC: RETR 1\nS: +OK\nS: {x*33554432}\nS: .`,
    act: async (pop) => {
      let octets = 0;
      for await (const part of pop.retrieve(one)) octets += part.length;
      return octets;
    },
    answer: 33_554_434,
  },
]);
