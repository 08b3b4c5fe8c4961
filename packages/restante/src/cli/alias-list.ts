import { Command } from 'commander';
import { atOffice } from './at-office.ts';
import { print, printJson, say } from './output.ts';
import { placesOf } from './places.ts';
import { table } from './table.ts';

/** `restante alias list`. */
export function listCommand(): Command {
  return new Command('list').description('list the aliases').action(async (_options: object, self: Command) => {
    const places = placesOf(self);
    const aliases = await atOffice(places, {}, (office) => office.listAliases({}));
    if (places.json) printJson(aliases);
    else if (aliases.length === 0) say('There are no aliases: make one with restante alias add ADDRESS ACCOUNT.');
    else {
      const rows = aliases.map(({ address, accounts }) => [address, accounts.join(' ')]);
      print(table(['ADDRESS', 'ACCOUNTS'], rows));
    }
  });
}
