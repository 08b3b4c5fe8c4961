import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { Ended, EXIT } from './exit-code.ts';
import { counted, print, printJson, say } from './output.ts';
import { type GlobalOptions, whereabouts } from './places.ts';
import { problemText } from './problem-text.ts';
import { Progress } from './progress.ts';

/** `restante repair`. */
export function repairCommand(): Command {
  return new Command('repair')
    .description('mend what verify has found, with the office closed')
    .option('--from <backup>', 'a backup to take sound letters from')
    .option('--set-aside <dir>', 'take letters that cannot be mended out of their mailboxes, into files there')
    .option('--dry-run', 'change nothing, and say what would be')
    .addOption(
      new Option('--salvage <dir>', 'save letters that no index knows, as a Maildir for each mailbox').conflicts([
        'from',
        'setAside',
        'dryRun',
      ]),
    )
    .addHelpText('after', EXAMPLES)
    .action(repair);
}

const EXAMPLES = `
All of it is one step, behind a copy of the index; the exit status is 0 when all is sound afterwards, else 3.

Examples:
  restante repair --dry-run
  restante repair --from /var/backups/restante
  restante repair --from /var/backups/restante --set-aside damaged
  restante repair --salvage saved`;

interface RepairOptions extends GlobalOptions {
  readonly from?: string;
  readonly setAside?: string;
  readonly dryRun?: boolean;
  readonly salvage?: string;
}

async function repair(options: RepairOptions, self: Command): Promise<void> {
  const globals = self.optsWithGlobals<GlobalOptions>();
  const { data } = whereabouts(globals);
  const json = globals.json === true;
  // Loaded only here: the store takes longer to load than most verbs need.
  const { repairData, salvageData } = await import('./repair-here.ts');
  if (options.salvage !== undefined) {
    const into = resolve(options.salvage);
    const report = await salvageData({ data, into });
    if (json) return printJson({ data, ...report });
    for (const folder of report.folders) print(`${folder}\n`);
    say(
      `${counted(report.letters, 'letter')} in ${into}, to be read by restante import --maildir; their unique-ids were in the index only.`,
    );
    if (report.damaged > 0) say(`${counted(report.damaged, 'damaged letter')} left out.`);
    return;
  }
  let progress: Progress | undefined;
  const report = repairData({
    data,
    ...(options.from !== undefined && { from: options.from }),
    ...(options.setAside !== undefined && { setAside: options.setAside }),
    dryRun: options.dryRun === true,
    onProgress: ({ sum, octets, letters }) => {
      progress ??= new Progress({ unit: 'octet', sum, shown: !json && process.stderr.isTTY === true });
      progress.show(octets, letters);
    },
  });
  progress?.clear();
  // A letter that was set aside holds nobody up any more.
  const sound = report.problems.length === 0 && (report.left.length === 0 || report.setAside.length > 0);
  if (json) printJson({ data, dryRun: options.dryRun === true, sound, ...report });
  else {
    for (const [check, rows] of Object.entries(report.sums)) print(`${check}: ${counted(rows, 'row')} set right\n`);
    if (report.replaced > 0) print(`letters: ${counted(report.replaced, 'damaged record')} replaced by a sound one\n`);
    for (const { maildrop, uniqueId, file } of report.setAside) {
      print(`set aside: maildrop ${maildrop}, unique-id ${uniqueId}${file === undefined ? '' : `, ${file}`}\n`);
    }
    for (const { segment, offset, what } of report.left) {
      print(`not mended: segment ${segment} at ${offset}: ${what}\n`);
    }
    for (const problem of report.problems) print(problemText(problem));
    const would = options.dryRun === true ? 'Nothing was changed. ' : '';
    const kept = report.before === undefined ? '' : ` The index as it was: ${report.before}.`;
    say(
      `${would}${counted(report.letters, 'stored letter')} read: ${sound ? 'all is sound then' : 'not all is sound'}.${kept}`,
    );
  }
  if (!sound) throw new Ended(EXIT.partly);
}
