import type { Cell } from './cell.ts';
import { failure } from './collectors.ts';
import { runProgram } from './peer-program.ts';
import { recipe } from './recipe.ts';

/** How a letter is handed in. */
export type Way = 'LMTP' | 'SMTP' | 'STARTTLS';
const ALL_WAYS: readonly Way[] = ['LMTP', 'SMTP', 'STARTTLS'];

/** A program that hands in one letter. */
export interface Sender {
  readonly name: string;
  /** What must be installed. */
  readonly program: string;
  readonly ways: readonly Way[];
  /** Whether it hands the letter in as it is. */
  spares(letter: Buffer): boolean;
  /** Hands the letter in for the cell's account; rejects when the office did not take it. */
  send(cell: Cell, way: Way, letter: Buffer): Promise<void>;
}

export const swaks: Sender = {
  name: 'swaks',
  program: 'swaks',
  ways: ALL_WAYS,
  // It has views of its own on how a letter ends: it takes a dot on the last line for the end, and adds a line end to text.
  spares: (letter) => /[^\r\n.]\r\n$/.test(letter.toString('latin1')),
  send: (cell, way, letter) => command('swaks', cell, way, letter.subarray(0, -2)),
};

export const msmtp: Sender = {
  name: 'msmtp',
  program: 'msmtp',
  ways: ALL_WAYS,
  spares: () => true,
  send: (cell, way, letter) => command('msmtp', cell, way, letter),
};

export const curlSending: Sender = {
  name: 'curl',
  program: 'curl',
  ways: ['SMTP', 'STARTTLS'],
  spares: () => true,
  send: (cell, way, letter) => command('curl', cell, way, letter),
};

export const smtplib: Sender = {
  name: 'smtplib',
  program: 'python3',
  ways: ALL_WAYS,
  spares: () => true,
  async send(cell, way, letter) {
    cell.file('letter.eml', letter);
    const script = cell.file('send.py', recipe('smtplib', way, cell));
    const result = await runProgram(['python3', script], cell.home);
    if (result.status !== 0) throw failure('smtplib', result);
  },
};

async function command(name: string, cell: Cell, way: Way, letter: Buffer): Promise<void> {
  cell.file('letter.eml', letter);
  const result = await runProgram(['sh', '-c', recipe(name, way, cell)], cell.home);
  if (result.status !== 0) throw failure(name, result);
}
