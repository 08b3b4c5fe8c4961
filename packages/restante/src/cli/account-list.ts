import { Command } from 'commander';
import { percentCell } from './account-quota.ts';
import { atOffice } from './at-office.ts';
import { print, printJson, say } from './output.ts';
import { placesOf } from './places.ts';
import { table } from './table.ts';

/** `restante account list`. */
export function listCommand(): Command {
  return new Command('list').description('list the accounts').action(async (_options: object, self: Command) => {
    const places = placesOf(self);
    const accounts = await atOffice(places, {}, (office) => office.listAccounts({}));
    if (places.json) printJson(accounts);
    else if (accounts.length === 0) say('There are no accounts: make one with restante account add NAME.');
    else {
      const rows = accounts.map((account) => [
        account.name,
        account.state,
        account.letters,
        account.octets,
        percentCell(account),
        account.addresses.join(' '),
      ]);
      print(table(['NAME', 'STATE', 'LETTERS', 'OCTETS', 'QUOTA', 'ADDRESSES'], rows));
    }
  });
}
