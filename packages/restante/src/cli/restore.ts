import { resolve } from 'node:path';
import { Command } from 'commander';
import { counted, printJson, say } from './output.ts';
import { placesOf } from './places.ts';

/** `restante restore DIR`. */
export function restoreCommand(): Command {
  return new Command('restore')
    .description('make a new data folder from a backup, each letter proved sound')
    .argument('<dir>', 'the folder that backup wrote')
    .addHelpText('after', EXAMPLES)
    .action(async (dir: string, _options: object, self: Command) => {
      const { data, json } = placesOf(self);
      const { restoreData } = await import('../office/open-store.ts');
      const report = await restoreData(resolve(dir), data);
      say(`${data} is a post office again: ${counted(report.contents, 'stored letter')}, each proved sound.`);
      if (json) printJson({ data, ...report });
    });
}

const EXAMPLES = `
A data folder that holds mail already is not touched.

Examples:
  restante restore /var/backups/restante --data /srv/mail`;
