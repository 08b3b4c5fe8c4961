import { Command } from 'commander';
import { gather } from './account-address.ts';
import { atOffice } from './at-office.ts';
import { print, printJson, say } from './output.ts';
import { placesOf } from './places.ts';
import { type PasswordOptions, readPassword, withPasswordOptions } from './read-password.ts';

interface AddOptions extends PasswordOptions {
  readonly address?: readonly string[];
}

/** `restante account add NAME`. */
export function addCommand(): Command {
  const command = new Command('add')
    .description('make an account')
    .argument('<name>', 'the name: for logging in, and as NAME@ each of our domains')
    .option('--address <addr>', 'a full address that reaches it too (may be given again)', gather);
  return withPasswordOptions(command).action(async (name: string, options: AddOptions, self: Command) => {
    const places = placesOf(self);
    const { passwordHash, shown } = await readPassword(options);
    const account = await atOffice(places, { create: true }, (office) =>
      office.addAccount({ name, addresses: options.address ?? [], passwordHash }),
    );
    say(`The account ${account.name} is there.`);
    if (places.json) printJson(shown === undefined ? account : { ...account, password: shown });
    else if (shown !== undefined) print(`${shown}\n`);
  });
}
