import { Command } from 'commander';
import { Failure } from '../failure.ts';
import { atOffice } from './at-office.ts';
import { counted, printJson, say } from './output.ts';
import { placesOf } from './places.ts';
import { confirm, interactive } from './terminal.ts';

/** `restante account remove NAME`. */
export function removeCommand(): Command {
  return new Command('remove')
    .description('remove an account with all of its mail, for good')
    .argument('<name>')
    .option('--yes', 'do not ask on a terminal, though mail goes with it')
    .action(async (name: string, options: { readonly yes?: boolean }, self: Command) => {
      const places = placesOf(self);
      await atOffice(places, {}, async (office) => {
        const account = await office.showAccount({ name });
        // A script means what it says; a person at a terminal may have meant another name.
        if (options.yes !== true && account.letters > 0 && interactive()) {
          const question = `Remove ${account.name} and ${counted(account.letters, 'letter')}, for good?`;
          if (!(await confirm(question))) throw new Failure('nothing was removed');
        }
        const removed = await office.removeAccount({ name });
        say(`The account ${removed.name} is gone, and with it ${counted(removed.letters, 'letter')}.`);
        const left = removed.aliases.filter((alias) => !removed.emptied.includes(alias));
        if (left.length > 0) say(`These aliases lead to others still: ${left.join(', ')}.`);
        if (removed.emptied.length > 0)
          say(`These led to nobody else, and are gone too: ${removed.emptied.join(', ')}.`);
        if (places.json) printJson(removed);
      });
    });
}
