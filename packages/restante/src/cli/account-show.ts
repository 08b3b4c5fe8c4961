import { Command } from 'commander';
import { policyTable } from './account-policy.ts';
import { quotaLine } from './account-quota.ts';
import { atOffice } from './at-office.ts';
import { print, printJson } from './output.ts';
import { placesOf } from './places.ts';
import { facts } from './table.ts';

/** `restante account show NAME`. */
export function showCommand(): Command {
  return new Command('show')
    .description('show an account')
    .argument('<name>')
    .action(async (name: string, _options: object, self: Command) => {
      const places = placesOf(self);
      const account = await atOffice(places, {}, (office) => office.showAccount({ name }));
      if (places.json) return printJson(account);
      print(
        facts([
          ['name', account.name],
          ['state', account.state],
          ['letters', account.letters],
          ['octets', account.octets],
          ['quota', quotaLine(account)],
          ['addresses', account.addresses.join(' ')],
          ['aliases', account.aliases.join(' ')],
          ['created', account.created],
        ]) +
          '\n' +
          policyTable(account.policy),
      );
    });
}
