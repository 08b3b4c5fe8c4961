import { Command } from 'commander';
import { Failure } from '../failure.ts';
import { atOffice } from './at-office.ts';
import { counted, printJson, say } from './output.ts';
import { placesOf } from './places.ts';
import { confirm, interactive } from './terminal.ts';

interface PurgeOptions {
  readonly now?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** `restante purge [NAME]`. */
export function purgeCommand(): Command {
  return new Command('purge')
    .description('destroy deleted letters for good')
    .argument('[name]', 'the account; all of them, when none is named')
    .option('--now', 'also those that could be brought back still (undelete.window)')
    .option('--dry-run', 'destroy nothing, and say what would be')
    .option('--yes', 'do not ask on a terminal')
    .action(async (name: string | undefined, options: PurgeOptions, self: Command) => {
      const places = placesOf(self);
      const { now = false, dryRun = false, yes = false } = options;
      const request = { ...(name !== undefined && { name }), now };
      await atOffice(places, {}, async (office) => {
        if (now && !dryRun && !yes && interactive()) {
          const { count } = await office.purge({ ...request, dryRun: true });
          const question = `Destroy ${counted(count, 'letter')} that could be brought back, for good?`;
          if (count > 0 && !(await confirm(question))) throw new Failure('nothing was destroyed');
        }
        const purged = await office.purge({ ...request, dryRun });
        if (places.json) return printJson(purged);
        const { count, octets } = purged;
        say(
          dryRun
            ? `${counted(count, 'letter')} in ${counted(octets ?? 0, 'octet')} would be destroyed.`
            : `${counted(count, 'letter')} destroyed.`,
        );
      });
    });
}
