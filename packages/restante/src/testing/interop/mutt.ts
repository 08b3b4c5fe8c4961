import { MODES } from '../connection.ts';
import type { Cell } from './cell.ts';
import { type Collector, failure } from './collectors.ts';
import { type ProgramResult, runProgram } from './peer-program.ts';
import { changed, recipe } from './recipe.ts';

/** mutt as a collector: it opens the mailbox where it is, and copies what its caches do not know. */
export const mutt: Collector = {
  name: 'mutt',
  program: 'mutt',
  modes: MODES,
  async call(cell, letters) {
    await typed(cell, 0, 'Fetching list of messages');
    if (letters === 'delete') await typed(cell, 1, '0 kept, ');
  },
  withoutItsFields: (letter) =>
    Buffer.from(letter.toString('latin1').replace(/^Content-Length: \d+\r?\nLines: \d+\r?\n/m, ''), 'latin1'),
};

/** `fetch-mail`, which remembers nothing. */
export async function fetchMail(cell: Cell, letters: 'keep' | 'delete'): Promise<void> {
  await typed(cell, 2, 'kept, 0 deleted', letters);
}

/** Runs the nth command of the page on a terminal, on which it must say `success`. */
async function typed(cell: Cell, nth: number, success: string, letters: 'keep' | 'delete' = 'keep'): Promise<void> {
  const keeping = recipe('mutt', cell.mode, cell);
  const text = letters === 'keep' ? keeping : changed(keeping, /^set pop_delete=no$/m, 'set pop_delete=yes');
  cell.file('post-office.muttrc', `${text}set sleep_time=0\n`);
  cell.folder('mutt-cache');
  const [, place = ''] = /^set pop_host="(.*)"$/m.exec(text) ?? [];
  const line = recipe('mutt', undefined, cell).split('\n')[nth] ?? '';
  const command = line.replace(/ pops:\S+/, ` ${place}`);
  const result = await onTerminal(command, cell.home);
  if (result.status !== 0 || !result.stdout.includes(success)) throw failure('mutt', result);
}

/** It asks about a certificate that it does not know, and is told to reject it. */
function onTerminal(command: string, home: string): Promise<ProgramResult> {
  const script = 'TERM=dumb exec script -qec "$1" /dev/null';
  return runProgram(['sh', '-c', script, 'sh', command], home, { question: '(r)eject', answer: 'r' });
}
