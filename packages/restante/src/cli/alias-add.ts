import { Command } from 'commander';
import type { AliasView } from '../office/aliases.ts';
import { atOffice } from './at-office.ts';
import { printJson, say } from './output.ts';
import { placesOf } from './places.ts';

/** `restante alias add ADDRESS ACCOUNT…`. */
export function addCommand(): Command {
  return new Command('add')
    .description('let an address lead to accounts, beside those that it leads to already')
    .argument('<address>', 'a full address, or @DOMAIN for whatever leads nowhere else in that domain')
    .argument('<account...>', 'the names of accounts here; each gets every letter')
    .action(async (address: string, accounts: readonly string[], _options: object, self: Command) => {
      const places = placesOf(self);
      const { newDomain, ...alias } = await atOffice(places, {}, (office) => office.addAlias({ address, accounts }));
      say(leads(alias));
      if (newDomain) {
        const domain = alias.address.slice(alias.address.lastIndexOf('@') + 1);
        say(`Mail for ${domain} was not taken before; now it is, for the addresses in it that lead somewhere.`);
      }
      if (places.json) printJson(alias);
    });
}

/** Says where an alias leads. */
export function leads({ address, accounts }: AliasView): string {
  const last = accounts.at(-1);
  const names = accounts.length > 1 ? `${accounts.slice(0, -1).join(', ')} and ${last}` : last;
  return `${address} leads to ${names}.`;
}
