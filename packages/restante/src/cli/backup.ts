import { resolve } from 'node:path';
import { Command } from 'commander';
import { atOffice } from './at-office.ts';
import { counted, printJson, say } from './output.ts';
import { placesOf } from './places.ts';

/** `restante backup DIR`. */
export function backupCommand(): Command {
  return new Command('backup')
    .description('copy everything into a folder, as of one moment, while mail flows')
    .argument('<dir>', 'a folder that is not there yet, or has an earlier backup of this office')
    .action(async (dir: string, _options: object, self: Command) => {
      const places = placesOf(self);
      const directory = resolve(dir);
      const report = await atOffice(places, {}, (office) => office.backup({ directory }));
      const files = `${counted(report.segments, 'file')}, ${report.added} of them new`;
      say(`${directory} holds ${counted(report.letters, 'letter')} in ${counted(report.octets, 'octet')} (${files}).`);
      for (const name of report.missed) {
        say(`not copied, since a collector has it now: ${name}; repeat the backup when that is done`);
      }
      if (places.json) printJson({ directory, ...report });
    });
}
