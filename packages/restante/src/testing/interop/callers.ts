import { PassThrough } from 'node:stream';
import { MODES, type Mode } from '../connection.ts';
import { OctetReader } from '../octet-reader.ts';
import type { Cell } from './cell.ts';
import { failure } from './collectors.ts';
import { runProgram } from './peer-program.ts';
import { changed, recipe } from './recipe.ts';

/** A program that does at the office what it is told, and remembers nothing. */
export interface Caller {
  readonly name: string;
  /** What must be installed. */
  readonly program: string;
  readonly modes: readonly Mode[];
  /** Message-number to octets. */
  list(cell: Cell): Promise<ReadonlyMap<number, number>>;
  /** Message-number to unique-id. */
  uniqueIds(cell: Cell): Promise<ReadonlyMap<number, string>>;
  /** Letters 1 to `count` in one session, one behind the other. */
  retrieve(cell: Cell, count: number): Promise<Buffer>;
  delete(cell: Cell, number: number): Promise<void>;
}

export const curl: Caller = {
  name: 'curl',
  program: 'curl',
  modes: MODES,
  list: async (cell) => numbered(await curlCall(cell, 0, ''), Number),
  uniqueIds: async (cell) => numbered(await curlCall(cell, 1, ''), String),
  retrieve: (cell, count) => curlCall(cell, 2, `[1-${count}]`),
  delete: async (cell, number) => {
    await curlCall(cell, 3, String(number));
  },
};

/** Runs the nth command of the page, with `path` where the page has letter 1 or nothing. */
async function curlCall(cell: Cell, nth: number, path: string): Promise<Buffer> {
  const secure = recipe('curl', undefined, cell);
  const plain = changed(changed(secure, /^ssl-reqd\n/m, ''), /^cacert = .*\n/m, '');
  cell.file('post-office.curl', cell.mode === 'plain' ? plain : secure);
  const line = recipe('curl', cell.mode, cell).split('\n')[nth] ?? '';
  const command = changed(line, /(?<=\d)\/1?(?=$| -X)/, `/${path}`);
  const result = await runProgram(['sh', '-c', command], cell.home);
  if (result.status !== 0) throw failure('curl', result);
  return result.stdout;
}

export const openssl: Caller = {
  name: 'openssl s_client',
  program: 'openssl',
  modes: ['STLS', 'TLS'],
  list: async (cell) => numbered(await typed(cell, ['LIST']), Number),
  uniqueIds: async (cell) => numbered(await typed(cell, ['UIDL']), String),
  retrieve: (cell, count) =>
    typed(
      cell,
      Array.from({ length: count }, (_, index) => `RETR ${index + 1}`),
    ),
  delete: async (cell, number) => {
    await typed(cell, [], [`DELE ${number}`]);
  },
};

/** Logs in, says the commands and QUIT, all at once; answers what the multi-line responses held. */
async function typed(cell: Cell, multiLine: readonly string[], singleLine: readonly string[] = []): Promise<Buffer> {
  const lines = [`USER ${cell.account}`, `PASS ${cell.password}`, ...multiLine, ...singleLine, 'QUIT'];
  const command = recipe('openssl', cell.mode, cell).trim();
  const result = await runProgram(['sh', '-c', command], cell.home, `${lines.join('\n')}\n`);
  if (result.status !== 0) throw failure('openssl', result);
  const reader = new OctetReader(new PassThrough().end(result.stdout));
  const positive = async () => {
    if (!/^\+OK/.test(await reader.line())) throw failure('openssl', result);
  };
  if (cell.mode === 'TLS') await positive(); // with STLS openssl keeps the greeting for itself
  for (const _ of ['USER', 'PASS']) await positive();
  const held: Buffer[] = [];
  for (const _ of multiLine) {
    await positive();
    held.push(await reader.multiLine());
  }
  for (const _ of [...singleLine, 'QUIT']) await positive();
  await reader.end();
  return Buffer.concat(held);
}

function numbered<T>(listing: Buffer, read: (text: string) => T): ReadonlyMap<number, T> {
  const lines = listing.toString('latin1').split('\r\n').slice(0, -1);
  return new Map(
    lines.map((line) => {
      const [, number, rest] = /^(\d+) (\S+)$/.exec(line) ?? [];
      if (number === undefined || rest === undefined) throw new Error(`a listing has the line ${JSON.stringify(line)}`);
      return [Number(number), read(rest)];
    }),
  );
}
