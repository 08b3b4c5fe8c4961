import { readFileSync, statSync } from 'node:fs';
import { Command, Option } from 'commander';
import { mailboxKey } from '../../collect/account.ts';
import { adopt } from '../../collect/coming-over/adopt.ts';
import { PROGRAMS, type Program } from '../../collect/coming-over/elsewhere.ts';
import { listOf, readState } from '../../collect/coming-over/read-state.ts';
import { openJournal } from '../../collect/journal/open.ts';
import { Failure, reasonOf } from '../../failure.ts';
import { counted, printJson, say } from '../output.ts';
import { placesOf } from '../places.ts';
import { stateFolder } from './choose.ts';
import { harmless } from './harmless.ts';
import { generalOverrides, optionsBelow, withGeneralOptions } from './options.ts';
import { oneAccount } from './session.ts';

/** Octets of a file at most: a list of two million letters is smaller. */
const LARGEST = 256 * 1024 * 1024;

/** `restante collect import-state FILE URL|NAME --from PROGRAM`. */
export function importStateCommand(): Command {
  const command = new Command('import-state')
    .description('take over what fetchmail, getmail, mpop or Thunderbird has fetched: it is not fetched again')
    .argument('<file>', 'where the program remembers it, such as ~/.fetchids')
    .argument('<url|name>', 'the same maildrop here: a POP URL, or the name of an account in the configuration')
    .addOption(new Option('--from <program>', 'whose file it is').choices(PROGRAMS).makeOptionMandatory())
    .option('--of <name>', 'what the maildrop is called in the file, where that is another name');
  return withGeneralOptions(command, 'state').addHelpText('after', EXAMPLES).action(importState);
}

const EXAMPLES = `
Nobody is called. What the program has counts as kept, and is never deleted at the server unless --delete-adopted says so, since nothing
proves what it has. What has come since is fetched. Let the other program rest from then on: the two do not know of each other.

Examples:
  restante collect import-state ~/.fetchids pops://anna@pop.example.org --from fetchmail
  restante collect import-state ~/.getmail/oldmail-pop.example.org-995-anna pops://anna@pop.example.org --from getmail
  restante collect import-state ~/.mpop_uidls/anna_at_pop.example.org anna --from mpop`;

async function importState(file: string, word: string, _options: object, self: Command): Promise<void> {
  const options = optionsBelow(self);
  const places = placesOf(self, generalOverrides(options));
  const { account } = await oneAccount(places, word, options, { calls: false });
  const program = options['from'] as Program;
  const { host, auth } = account.server;
  const lists = readState(program, octetsOf(file), file);
  const list = listOf(program, lists, { user: auth?.user ?? '', host }, file, options['of'] as string | undefined);
  const journal = openJournal(stateFolder(places), mailboxKey(account));
  try {
    const { adopted, known } = adopt(journal, list, program, Date.now());
    const { partly } = list;
    if (places.json) return printJson({ account: account.name, from: program, adopted, known, partly });
    say(`${harmless(account.name)}: ${counted(adopted, 'letter')} that ${program} has will not be fetched.`);
    if (known > 0) say(`${counted(known, 'letter')} had been known before.`);
    if (partly > 0) say(`${counted(partly, 'letter')} of which ${program} has only the beginning will be fetched.`);
  } finally {
    journal.close();
  }
}

function octetsOf(file: string): Buffer {
  try {
    const { size } = statSync(file);
    if (size > LARGEST) throw new Failure(`${file} has ${size} octets, far more than any list of letters`);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`${file} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}
