import { existsSync } from 'node:fs';
import { messageNumber, type Pop3Client } from '@restante/pop/client';
import { Command } from 'commander';
import { mailboxKey } from '../../collect/account.ts';
import { journalPath } from '../../collect/journal/file-name.ts';
import { openJournal } from '../../collect/journal/open.ts';
import { Failure } from '../../failure.ts';
import { counted, print, printJson, say } from '../output.ts';
import { placesOf } from '../places.ts';
import { table } from '../table.ts';
import { type ChosenAccount, stateFolder } from './choose.ts';
import { harmless } from './harmless.ts';
import { generalOverrides, optionsBelow, withGeneralOptions, withServerOptions } from './options.ts';
import { lookAt, oneAccount } from './session.ts';
import { showLetter } from './shown-letter.ts';

/** `restante collect list URL|NAME`. */
export function listCommand(): Command {
  const command = new Command('list')
    .description('show the letters that are at the server, and what is known of them here')
    .argument('<url|name>', 'a POP URL, or the name of an account in the configuration')
    .option('--no-subjects', 'without subjects and dates, for which each header has to be fetched');
  return withServerOptions(withGeneralOptions(command, 'state'))
    .addHelpText('after', EXAMPLES)
    .action(async (word: string, _options: object, self: Command) => {
      const options = optionsBelow(self);
      const places = placesOf(self, generalOverrides(options));
      const chosen = await oneAccount(places, word, options);
      const states = statesOf(chosen, stateFolder(places));
      // Nobody reads subjects in a pipe, and a thousand headers take their time.
      const subjects = options['subjects'] !== false && process.stdout.isTTY === true && !places.json;
      const rows = await lookAt(chosen, (pop) => listed(pop, states, subjects));
      if (places.json) return printJson(rows);
      print(told(rows, subjects));
      const octets = rows.reduce((sum, row) => sum + row.octets, 0);
      say(`${counted(rows.length, 'letter')}, ${counted(octets, 'octet')}`);
    });
}

const EXAMPLES = `
STATE is what the journal has: kept, header kept, skipped, held and so on; new is what it does not know. Nothing is changed at the server.

Examples:
  restante collect list pops://anna@pop.example.org
  restante collect list anna --json`;

/** Letters of which subject and date are shown, the newest: more are not to be read, only to be waited for. */
const MOST_SUBJECTS = 1000;
/** Octets of a header in which subject and date are looked for. */
const HEADER = 64 * 1024;

interface Row {
  readonly number: number;
  readonly octets: number;
  readonly uniqueId: string | null;
  readonly state: string;
  readonly subject?: string;
  readonly date?: string;
}

/** What is known of each unique-id; nothing where a run that is under way has the journal. */
function statesOf({ account }: ChosenAccount, folder: string): ReadonlyMap<string, string> | undefined {
  const key = mailboxKey(account);
  if (!existsSync(journalPath(folder, key))) return new Map();
  try {
    const journal = openJournal(folder, key);
    try {
      const states = new Map<string, string>();
      for (const { uniqueId, state, headersOnly } of journal.letters()) {
        if (uniqueId !== undefined) states.set(uniqueId, state === 'kept' && headersOnly ? 'header kept' : state);
      }
      return states;
    } finally {
      journal.close();
    }
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    say(`restante: what is known of the letters is not shown: ${thrown.message}`);
    return undefined;
  }
}

async function listed(
  pop: Pop3Client,
  states: ReadonlyMap<string, string> | undefined,
  subjects: boolean,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const { number, octets, uniqueId } of pop.letters()) {
    rows.push({ number, octets, uniqueId: uniqueId ?? null, state: stateOf(states, uniqueId) });
  }
  if (!subjects || !pop.capabilities.top) return rows;
  // All at once: the client writes them in windows, where the server can pipeline.
  const newest = rows.length - MOST_SUBJECTS;
  return Promise.all(
    rows.map(async (row, index) => {
      if (index < newest) return row;
      const { subject, date } = await showLetter((await pop.top(messageNumber(row.number), 0)).subarray(0, HEADER));
      return { ...row, subject, date };
    }),
  );
}

function stateOf(states: ReadonlyMap<string, string> | undefined, uniqueId: string | undefined): string {
  if (states === undefined || uniqueId === undefined) return '?';
  const state = states.get(uniqueId);
  return state === undefined || state === 'listed' ? 'new' : state;
}

function told(rows: readonly Row[], subjects: boolean): string {
  const headings = ['NUMBER', 'OCTETS', 'STATE', ...(subjects ? ['DATE', 'SUBJECT'] : []), 'UNIQUE-ID'];
  return table(
    headings,
    rows.map(({ number, octets, uniqueId, state, date = '', subject = '' }) => [
      number,
      octets,
      state,
      ...(subjects ? [date, shortened(subject)] : []),
      harmless(uniqueId ?? '-'),
    ]),
  );
}

function shortened(subject: string): string {
  const characters = [...subject];
  return characters.length > 60 ? `${characters.slice(0, 59).join('')}…` : subject;
}
