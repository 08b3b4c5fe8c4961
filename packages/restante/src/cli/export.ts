import { StoreError } from '@restante/pop/maildrop';
import { Command } from 'commander';
import { Failure } from '../failure.ts';
import { exportLetters, type LetterWriter } from '../import/export.ts';
import { MaildirWriter } from '../import/maildir-writer.ts';
import { MboxWriter } from '../import/mbox-writer.ts';
import { NewFile } from '../import/new-file.ts';
import { atOffice } from './at-office.ts';
import { UsageError } from './exit-code.ts';
import { counted, printJson, say } from './output.ts';
import { placesOf } from './places.ts';
import { Progress } from './progress.ts';

interface ExportOptions {
  readonly maildir?: string;
  readonly mbox?: string;
  readonly uidl?: string;
}

/** `restante export NAME`. */
export function exportCommand(): Command {
  return new Command('export')
    .description("write an account's letters into files that other systems read")
    .argument('<name>', 'the account')
    .option('--maildir <dir>', 'a Maildir, which must not be there yet')
    .option('--mbox <file>', 'an mbox file, which must not be there yet')
    .option('--uidl <file>', 'write the unique-ids too, in two columns')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, options: ExportOptions, self: Command) => {
      const places = placesOf(self);
      const target = options.maildir ?? options.mbox;
      if (target === undefined || (options.maildir !== undefined && options.mbox !== undefined)) {
        throw new UsageError('say where the letters go: --maildir DIR or --mbox FILE, one of them');
      }
      const report = await atOffice(places, {}, async (office) => {
        const outgoing = await office.openOutgoing({ name });
        const progress = new Progress({
          unit: 'letter',
          sum: outgoing.count,
          shown: process.stderr.isTTY === true && !places.json,
        });
        try {
          const { writer, uniqueIds } = writersOf(options);
          return await exportLetters({
            outgoing,
            writer,
            ...(uniqueIds !== undefined && { uniqueIds }),
            onProgress: (letters) => progress.show(letters, letters),
          });
        } catch (thrown) {
          if (!(thrown instanceof StoreError)) throw thrown;
          throw new Failure(`nothing was written, since not every letter could be read: ${thrown.message}`);
        } finally {
          progress.clear();
          await outgoing.close();
        }
      });
      say(`${target} holds ${counted(report.letters, 'letter')}.`);
      if (places.json) printJson({ name, ...report });
    });
}

const EXAMPLES = `
It is as of one moment, while mail flows. Nothing is ever written over.

Examples:
  restante export anna --maildir /srv/export/anna --uidl /srv/export/anna.uidl
  restante export anna --mbox anna.mbox`;

function writersOf({ maildir, mbox = '', uidl }: ExportOptions): {
  readonly writer: LetterWriter;
  readonly uniqueIds?: UniqueIdWriter;
} {
  const uniqueIds = uidl === undefined ? undefined : new UniqueIdWriter(uidl);
  try {
    const writer = maildir === undefined ? new MboxWriter(mbox) : new MaildirWriter(maildir);
    return { writer, ...(uniqueIds !== undefined && { uniqueIds }) };
  } catch (thrown) {
    void uniqueIds?.abandon();
    throw thrown;
  }
}

/** The list with two columns that `import --uidl FILE` reads. */
class UniqueIdWriter {
  readonly #file: NewFile;

  constructor(path: string) {
    this.#file = NewFile.open(path);
  }

  add(line: string): void {
    this.#file.write(Buffer.from(line));
  }

  async finish(): Promise<void> {
    this.#file.finish();
  }

  async abandon(): Promise<void> {
    this.#file.abandon();
  }
}
