import { Command } from 'commander';
import { leads } from './alias-add.ts';
import { atOffice } from './at-office.ts';
import { printJson, say } from './output.ts';
import { placesOf } from './places.ts';

/** `restante alias remove ADDRESS [ACCOUNT…]`. */
export function removeCommand(): Command {
  return new Command('remove')
    .description('let an address no longer lead to these accounts, or to any')
    .argument('<address>', 'the alias; @DOMAIN is the catch-all of a domain')
    .argument('[account...]', 'the accounts that it shall no longer lead to; all of them when none is named')
    .action(async (address: string, accounts: readonly string[], _options: object, self: Command) => {
      const places = placesOf(self);
      const left = await atOffice(places, {}, (office) => office.removeAlias({ address, accounts }));
      say(left.accounts.length === 0 ? `The alias ${left.address} is gone.` : leads(left));
      if (places.json) printJson(left);
    });
}
