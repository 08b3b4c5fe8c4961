import { Command } from 'commander';
import { atOffice } from './at-office.ts';
import { print, printJson, say } from './output.ts';
import { placesOf } from './places.ts';
import { type PasswordOptions, readPassword, withPasswordOptions } from './read-password.ts';

/** `restante account password NAME`. */
export function passwordCommand(): Command {
  const command = new Command('password').description('give an account a new password').argument('<name>');
  return withPasswordOptions(command).action(async (name: string, options: PasswordOptions, self: Command) => {
    const places = placesOf(self);
    await atOffice(places, {}, async (office) => {
      // First, so that nobody types a password twice for a name that is misspelt.
      const account = await office.showAccount({ name });
      const { passwordHash, shown } = await readPassword(options);
      await office.setPassword({ name, passwordHash });
      say(`The account ${account.name} has a new password.`);
      if (places.json) printJson(shown === undefined ? account : { ...account, password: shown });
      else if (shown !== undefined) print(`${shown}\n`);
    });
  });
}
