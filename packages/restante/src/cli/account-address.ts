import { Command } from 'commander';
import { atOffice } from './at-office.ts';
import { print, printJson, say } from './output.ts';
import { placesOf } from './places.ts';

interface AddressOptions {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
}

/** `restante account address NAME`. */
export function addressCommand(): Command {
  return new Command('address')
    .description("list an account's own addresses, or change them")
    .argument('<name>')
    .option('--add <addr>', 'a full address that reaches it from now on (may be given again)', gather)
    .option('--remove <addr>', 'one that no longer does (may be given again)', gather)
    .action(async (name: string, { add = [], remove = [] }: AddressOptions, self: Command) => {
      const places = placesOf(self);
      const asked = add.length + remove.length === 0;
      const account = await atOffice(places, {}, (office) =>
        asked ? office.showAccount({ name }) : office.changeAddresses({ name, add, remove }),
      );
      const { addresses } = account;
      if (places.json) printJson(account);
      else if (asked) print(addresses.map((address) => `${address}\n`).join(''));
      if (addresses.length === 0) say(`The account ${account.name} has no addresses of its own.`);
      else if (!asked) say(`The account ${account.name} has ${addresses.join(', ')} as its own.`);
    });
}

/** Takes an option that may be given again. */
export function gather(address: string, addresses: readonly string[] = []): readonly string[] {
  return [...addresses, address];
}
