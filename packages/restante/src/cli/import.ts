import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { Failure } from '../failure.ts';
import { DOVECOT_FORMAT } from '../import/dovecot-list.ts';
import { EmlSource } from '../import/eml.ts';
import { MaildirSource } from '../import/maildir.ts';
import { MboxSource } from '../import/mbox.ts';
import type { ImportReport } from '../import/report.ts';
import { importLetters } from '../import/run.ts';
import type { Source } from '../import/source.ts';
import { readUniqueIdList, type UniqueIdList, xUidl } from '../import/unique-id-list.ts';
import { atOffice } from './at-office.ts';
import { Ended, EXIT, UsageError } from './exit-code.ts';
import { counted, print, printJson, say } from './output.ts';
import { placesOf } from './places.ts';
import { Progress } from './progress.ts';
import { facts, grouped, table } from './table.ts';

interface ImportOptions {
  readonly maildir?: string;
  readonly mbox?: string;
  readonly eml?: readonly string[];
  readonly mboxQuoting: 'mboxrd' | 'none';
  readonly uidl?: string;
  readonly uidlFormat: string;
  readonly again?: boolean;
  readonly dryRun?: boolean;
}

/** `restante import NAME`. */
export function importCommand(): Command {
  return new Command('import')
    .description("bring letters in from another system's files, with their order and times of arrival")
    .argument('<name>', 'the account that they are for')
    .option('--maildir <dir>', 'a Maildir: the letters in its new and cur')
    .option('--mbox <file>', 'an mbox file')
    .option('--eml <files...>', 'files with one letter each')
    .addOption(
      new Option('--mbox-quoting <kind>', 'whether one > before From is taken away')
        .choices(['mboxrd', 'none'])
        .default('mboxrd'),
    )
    .option('--uidl <source>', 'keep unique-ids: dovecot, courier, x-uidl, or a file that has them')
    .option('--uidl-format <format>', "Dovecot's pop3_uidl_format", DOVECOT_FORMAT)
    .option('--again', 'import what was imported before once more')
    .option('--dry-run', 'change nothing, and say what would be')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, options: ImportOptions, self: Command) => {
      const places = placesOf(self);
      refuseContradictions(options);
      const uniqueIds = uniqueIdsOf(options);
      const source = sourceOf(options, uniqueIds);
      const progress = new Progress({ ...source.extent, shown: process.stderr.isTTY === true && !places.json });
      const report = await atOffice(places, {}, async (office) => {
        const intake = await office.openIntake({ name });
        try {
          return await importLetters({
            source,
            intake,
            again: options.again === true,
            dryRun: options.dryRun === true,
            ...(uniqueIds !== undefined && { uniqueIds }),
            onProgress: (letters) => progress.show(source.done, letters),
          });
        } finally {
          progress.clear();
          source.close();
          await intake.close();
        }
      });
      if (places.json) printJson({ name, dryRun: options.dryRun === true, ...report });
      else tell(report, options.dryRun === true);
      if (report.stopped !== undefined) {
        throw new Failure(
          `it ended before the last letter: ${report.stopped}; mend that and repeat, nothing comes twice`,
        );
      }
      if (report.refusedLetters > 0) throw new Ended(EXIT.partly);
    });
}

const EXAMPLES = `
The same letters are never taken twice: after an interruption, or when more have come, repeat the command.

Examples:
  restante import anna --maildir /home/anna/Maildir
  restante import anna --maildir /home/anna/Maildir --uidl dovecot --dry-run
  restante import anna --mbox /var/mail/anna
  restante import anna --eml letter.eml another.eml`;

function refuseContradictions({ maildir, mbox, eml, uidl, again }: ImportOptions): void {
  if ([maildir, mbox, eml].filter((source) => source !== undefined).length !== 1) {
    throw new UsageError('say where the letters are: --maildir DIR, --mbox FILE or --eml FILE…, one of them');
  }
  if (again === true && uidl !== undefined) {
    throw new UsageError('--again gives new unique-ids, --uidl keeps the old ones: take one of them');
  }
  if ((uidl === 'dovecot' || uidl === 'courier') && maildir === undefined) {
    throw new UsageError(`--uidl ${uidl} goes with --maildir: its list lies in the Maildir`);
  }
}

/** The names under which servers keep their lists in a Maildir. */
const LISTS = { dovecot: 'dovecot-uidlist', courier: 'courierpop3dsizelist' } as const;

function uniqueIdsOf({ uidl, uidlFormat, maildir = '' }: ImportOptions): UniqueIdList | undefined {
  if (uidl === undefined) return undefined;
  if (uidl === 'x-uidl') return xUidl;
  if (uidl === 'dovecot' || uidl === 'courier')
    return readUniqueIdList(resolve(maildir, LISTS[uidl]), uidlFormat, false);
  return readUniqueIdList(resolve(uidl), uidlFormat, true);
}

function sourceOf(options: ImportOptions, uniqueIds: UniqueIdList | undefined): Source {
  const { maildir, mbox, eml = [] } = options;
  if (mbox !== undefined) return MboxSource.open(mbox, { quoting: options.mboxQuoting });
  if (maildir === undefined) return new EmlSource(eml);
  const list = uniqueIds?.order === undefined ? dovecotOrder(maildir) : uniqueIds;
  return MaildirSource.open(maildir, list?.order === undefined ? {} : { order: list.order });
}

/** What Dovecot served has Dovecot's order, whatever becomes of its unique-ids. */
function dovecotOrder(maildir: string): UniqueIdList | undefined {
  const path = resolve(maildir, LISTS.dovecot);
  return existsSync(path) ? readUniqueIdList(path, DOVECOT_FORMAT, false) : undefined;
}

function tell(report: ImportReport, dryRun: boolean): void {
  const { taken, octets, already, refused, refusedLetters, leftOut, matching, letters, seconds } = report;
  print(
    facts([
      [dryRun ? 'would be taken' : 'taken', taken],
      ['octets', octets],
      ['there already', already],
      ['could not be taken', refusedLetters],
      ...(matching === undefined ? [] : [['unique-ids', `${grouped(matching)} of ${grouped(letters)} match`] as const]),
      ['seconds', seconds.toFixed(1)],
    ]),
  );
  if (refused.length > 0) {
    print(
      `\n${table(
        ['NOT TAKEN', 'WHY', 'REMEDY'],
        refused.map(({ place, why, remedy }) => [place, why, remedy]),
      )}`,
    );
  }
  if (refused.length < refusedLetters) print(`and ${counted(refusedLetters - refused.length, 'more letter')}\n`);
  if (leftOut.length > 0)
    print(
      `\n${table(
        ['LEFT OUT', 'WHY'],
        leftOut.map(({ place, why }) => [place, why]),
      )}`,
    );
  if (dryRun) say('Nothing was changed.');
}
