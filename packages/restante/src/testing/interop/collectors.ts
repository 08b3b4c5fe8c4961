import type { Mode } from '../connection.ts';
import { MODES } from '../connection.ts';
import type { Cell } from './cell.ts';
import { type ProgramResult, runProgram } from './peer-program.ts';
import { changed, recipe } from './recipe.ts';

/** A program that collects mail and remembers what it has. */
export interface Collector {
  readonly name: string;
  /** What must be installed. */
  readonly program: string;
  readonly modes: readonly Mode[];
  /** Calls at the office once; leaves the letters there or deletes them. What it brought lies in the cell's maildir. */
  call(cell: Cell, letters: 'keep' | 'delete'): Promise<void>;
  /** A letter that it brought without what it puts into the middle of a header itself. */
  withoutItsFields?(letter: Buffer): Buffer;
}

export const fetchmail: Collector = {
  name: 'fetchmail',
  program: 'fetchmail',
  modes: MODES,
  async call(cell, letters) {
    const keeping = recipe('fetchmail', cell.mode, cell);
    const text = letters === 'keep' ? keeping : changed(keeping, /^ {2}keep$/m, '  no keep fetchall');
    const result = await runProgram(['fetchmail', '-f', cell.file('.fetchmailrc', text)], cell.home);
    if (result.status !== 0 && result.status !== 1) throw failure('fetchmail', result); // 1: no new mail
  },
};

export const mpop: Collector = {
  name: 'mpop',
  program: 'mpop',
  modes: MODES,
  async call(cell, letters) {
    const keeping = recipe('mpop', cell.mode, cell);
    const text = letters === 'keep' ? keeping : changed(keeping, /^keep on$/m, 'keep off');
    const result = await runProgram(['mpop', '-C', cell.file('.mpoprc', text), 'office'], cell.home);
    if (result.status !== 0) throw failure('mpop', result);
  },
};

/**
 * getmail6 6.18 begins to listen for its delivering child's end only after the child was started, and on a busy machine
 * misses it and hangs. This starts the same program and waits for the child itself; what it says to a server is untouched.
 */
const GETMAIL = `import os, runpy, shutil
from getmailcore import baseclasses

def wait(self, child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

baseclasses.ForkingBase._prepare_child = lambda self: None
baseclasses.ForkingBase._wait_for_child = wait
runpy.run_path(shutil.which('getmail'), run_name='__main__')
`;

export const getmail: Collector = {
  name: 'getmail6',
  program: 'getmail',
  modes: ['plain', 'TLS'],
  async call(cell, letters) {
    const keeping = recipe('getmail6', cell.mode, cell);
    const text = letters === 'keep' ? keeping : changed(keeping, /^delete = false$/m, 'delete = true');
    const rc = cell.file('getmailrc', text);
    const result = await runProgram(
      ['python3', cell.file('getmail.py', GETMAIL), '--getmaildir', cell.home, '--rcfile', rc],
      cell.home,
    );
    if (result.status !== 0) throw failure('getmail6', result);
  },
};

export const poplib: Collector = {
  name: 'poplib',
  program: 'python3',
  modes: MODES,
  async call(cell, letters) {
    const overTls = recipe('poplib', 'TLS', cell);
    const box = recipe('poplib', cell.mode, cell);
    const keeping = cell.mode === 'TLS' ? overTls : changed(overTls, /^box = .*\n/m, box);
    const script = letters === 'keep' ? keeping : changed(keeping, /^KEEP = True$/m, 'KEEP = False');
    cell.file('post-office.password', `${cell.password}\n`);
    const result = await runProgram(['python3', cell.file('collect.py', script)], cell.home);
    if (result.status !== 0) throw failure('poplib', result);
  },
};

export const netPop3: Collector = {
  name: 'Net::POP3',
  program: 'perl',
  modes: MODES,
  async call(cell, letters) {
    const overTls = recipe('Net::POP3', 'TLS', cell);
    const keeping =
      cell.mode === 'TLS' ? overTls : changed(overTls, /^my \$box = .*\n/m, recipe('Net::POP3', cell.mode, cell));
    const script = letters === 'keep' ? keeping : changed(keeping, /^my \$keep = 1;$/m, 'my $keep = 0;');
    cell.file('post-office.password', `${cell.password}\n`);
    const result = await runProgram(['perl', cell.file('collect.pl', script)], cell.home);
    if (result.status !== 0) throw failure('Net::POP3', result);
  },
};

export function failure(name: string, { status, stdout, stderr }: ProgramResult): Error {
  return new Error(`${name} ended with ${status}:\n${stdout.toString('latin1').slice(-500)}\n${stderr}`);
}
