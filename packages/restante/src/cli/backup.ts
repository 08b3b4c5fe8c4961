import { resolve } from 'node:path';
import { Command } from 'commander';
import { atOffice } from './at-office.ts';
import { counted, printJson, say } from './output.ts';
import { placesOf } from './places.ts';

/** `restante backup DIR`. */
export function backupCommand(): Command {
  return new Command('backup')
    .description('copy everything into a folder, as of one moment, while mail flows')
    .argument('<dir>', 'a folder that is empty or not there yet')
    .action(async (dir: string, _options: object, self: Command) => {
      const places = placesOf(self);
      const directory = resolve(dir);
      const report = await atOffice(places, {}, (office) => office.backup({ directory }));
      say(`${directory} holds ${counted(report.letters, 'letter')} in ${counted(report.octets, 'octet')}.`);
      if (places.json) printJson({ directory, ...report });
    });
}
