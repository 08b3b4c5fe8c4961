import { Command } from 'commander';
import { atOffice } from './at-office.ts';
import { printJson, say } from './output.ts';
import { placesOf } from './places.ts';

/** `restante account disable NAME`. */
export function disableCommand(): Command {
  return stateCommand('disable', 'let nobody log in, and take no mail, until it is enabled again', true);
}

/** `restante account enable NAME`. */
export function enableCommand(): Command {
  return stateCommand('enable', 'undo disable', false);
}

function stateCommand(verb: string, description: string, disabled: boolean): Command {
  return new Command(verb)
    .description(description)
    .argument('<name>')
    .action(async (name: string, _options: object, self: Command) => {
      const places = placesOf(self);
      const account = await atOffice(places, {}, async (office) => {
        await office.setDisabled({ name, disabled });
        return office.showAccount({ name });
      });
      say(`The account ${account.name} is ${account.state}.`);
      if (places.json) printJson(account);
    });
}
