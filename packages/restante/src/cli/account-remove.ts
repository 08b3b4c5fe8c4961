import { Command } from 'commander';
import type { Rule } from '../delivery/routes.ts';
import { Failure } from '../failure.ts';
import type { Onward } from '../office/onward.ts';
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
        for (const line of told(removed.onward)) say(line);
        if (places.json) printJson(removed);
      });
    });
}

/** Where mail for what led to it goes from now on: a line for each destination. */
function* told(onward: readonly Onward[]): Generator<string> {
  const destinations = Map.groupBy(onward, destination);
  for (const [where, addresses] of destinations) {
    yield `Mail for ${addresses.map(({ address }) => address).join(', ')} ${where}.`;
  }
}

function destination({ result, accounts, rule }: Onward): string {
  switch (result) {
    case 'maildrops':
      return `goes to ${accounts.join(', ')} from now on, ${BY[rule ?? 'address']}`;
    case 'disabled':
      return 'is refused from now on: whom it leads to is disabled';
    case 'unavailable':
      return 'has to wait from now on: restante route test says why';
    case 'unknown-user':
    case 'not-served':
      return 'is refused from now on';
  }
}

const BY: Readonly<Record<Rule, string>> = {
  address: 'whose own address it is',
  alias: 'by an alias',
  name: 'by name',
  postmaster: 'who is postmaster',
  'catch-all': 'by the catch-all',
};
