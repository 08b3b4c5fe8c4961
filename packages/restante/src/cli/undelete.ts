import { Command } from 'commander';
import type { Undeleted, UndeleteRequest } from '../office/keeping.ts';
import { gather } from './account-address.ts';
import { atOffice } from './at-office.ts';
import { formatMoment, parseMoment } from './moment.ts';
import { counted, print, printJson, say } from './output.ts';
import { placesOf } from './places.ts';
import { table } from './table.ts';

interface UndeleteOptions {
  readonly since?: string;
  readonly session?: string;
  readonly uniqueId?: readonly string[];
  readonly newUniqueIds?: boolean;
  readonly dryRun?: boolean;
}

/** `restante undelete NAME`. */
export function undeleteCommand(): Command {
  return new Command('undelete')
    .description('bring deleted letters back into a mailbox')
    .argument('<name>', 'the account')
    .option('--since <time>', 'only those deleted since then: 2026-11-24T10:30, or 3 d for the last three days')
    .option('--session <id>', 'only those that this session deleted')
    .option('--unique-id <id>', 'only this letter (may be given again)', gather)
    .option('--new-unique-ids', 'under new unique-ids, so that every client fetches them anew')
    .option('--dry-run', 'bring nothing back, and show what would be')
    .action(async (name: string, options: UndeleteOptions, self: Command) => {
      const places = placesOf(self);
      const request: UndeleteRequest = {
        name,
        ...(options.since !== undefined && { since: parseMoment(options.since, Date.now(), '--since') }),
        ...(options.session !== undefined && { session: options.session }),
        ...(options.uniqueId !== undefined && { uniqueIds: options.uniqueId }),
        newUniqueIds: options.newUniqueIds === true,
        dryRun: options.dryRun === true,
      };
      const undeleted = await atOffice(places, {}, (office) => office.undelete(request));
      if (places.json) return printJson(undeleted);
      if (request.dryRun) return show(undeleted);
      say(`${counted(undeleted.count, 'letter')} came back to ${undeleted.name}.`);
    });
}

function show({ name, count, octets = 0, letters = [] }: Undeleted): void {
  if (count === 0) {
    say(`Nothing would come back to ${name}.`);
    return;
  }
  print(
    table(
      ['DELETED', 'BY SESSION', 'FROM', 'ARRIVED', 'OCTETS', 'UNIQUE-ID'],
      letters.map((letter) => [
        formatMoment(letter.expunged),
        letter.session,
        letter.address,
        formatMoment(letter.arrived),
        letter.octets,
        letter.uniqueId,
      ]),
    ),
  );
  const more = count > letters.length ? `, of which the first ${counted(letters.length, 'letter')} are shown` : '';
  say(`${counted(count, 'letter')} in ${counted(octets, 'octet')} would come back to ${name}${more}.`);
}
