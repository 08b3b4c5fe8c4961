import { Command } from 'commander';
import { atOffice } from './at-office.ts';
import { print, printJson } from './output.ts';
import { placesOf } from './places.ts';
import { facts } from './table.ts';

/** `restante status`. */
export function statusCommand(): Command {
  return new Command('status').description('say how the office is').action(async (_options: object, self: Command) => {
    const places = placesOf(self);
    const status = await atOffice(places, {}, (office) => office.status({}));
    if (places.json) return printJson(status);
    print(
      facts([
        ['office', status.open ? 'open' : 'closed'],
        ['accounts', status.accounts],
        ['letters', status.letters],
        ['octets', status.octets],
        ...Object.entries(status.nearQuota).map(([level, count]) => [`from ${level} % of quota`, count] as const),
        ['sessions', status.sessions],
        ...Object.entries(status.sessionsByProtocol).map(
          ([protocol, sessions]) => [`${protocol} sessions`, sessions] as const,
        ),
        ...Object.entries(status.delayed).map(
          ([what, count]) => [what === 'waiting' ? 'logins waiting' : `delayed ${what}`, count] as const,
        ),
        ...status.listening.map(({ door, address }) => [door, address] as const),
        ['data', status.data],
      ]),
    );
  });
}
