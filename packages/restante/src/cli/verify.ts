import { Command, InvalidArgumentError } from 'commander';
import { parseOctets } from '../config/quantity.ts';
import { Ended, EXIT } from './exit-code.ts';
import { counted, print, printJson, say } from './output.ts';
import { type GlobalOptions, whereabouts } from './places.ts';
import { problemText } from './problem-text.ts';
import { Progress } from './progress.ts';

/** Problems that are told one by one; beyond that they are counted. */
const TOLD = 1_000;

/** `restante verify`. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('read every letter, prove it sound, and look through the index, while mail flows')
    .option('--rate <octets>', 'read no more than this a second, such as 50M or "20 MiB"', rate)
    .addHelpText('after', EXAMPLES)
    .action(verifyAll);
}

const EXAMPLES = `
Nothing is changed, and nobody waits; the office may be open or closed, and --data may name a backup.
The exit status is 0 when all is sound, 1 when something is not.

Examples:
  restante verify
  restante verify --rate 50M
  restante verify --data /var/backups/restante --json`;

interface VerifyOptions extends GlobalOptions {
  readonly rate?: number;
}

async function verifyAll(options: VerifyOptions, self: Command): Promise<void> {
  const globals = self.optsWithGlobals<GlobalOptions>();
  const { data } = whereabouts(globals);
  const json = globals.json === true;
  // Loaded only here: the store takes longer to load than most verbs need.
  const { verifyData } = await import('../office/verify-data.ts');
  const problems: object[] = [];
  let progress: Progress | undefined;
  let told = 0;
  const report = await verifyData({
    data,
    ...(options.rate !== undefined && { rate: options.rate }),
    onProblem: (problem) => {
      told += 1;
      if (told > TOLD) return;
      problems.push(problem);
      progress?.clear();
      if (!json) print(problemText(problem));
    },
    onProgress: ({ sum, octets, letters }) => {
      progress ??= new Progress({ unit: 'octet', sum, shown: !json && process.stderr.isTTY === true });
      progress.show(octets, letters);
    },
  });
  progress?.clear();
  if (json) printJson({ data, sound: report.problems === 0, ...report, found: problems });
  else {
    const more = told > TOLD ? `; ${counted(told - TOLD, 'more')} not shown` : '';
    const verdict = report.problems === 0 ? 'all sound' : counted(report.problems, 'problem');
    const { letters, octets } = report;
    say(`${counted(letters, 'stored letter')} read, ${counted(octets, 'octet')}: ${verdict}${more}.`);
  }
  if (report.problems > 0) throw new Ended(EXIT.failed);
}

/** `50M` too, as everybody writes it: millions of octets. */
function rate(text: string): number {
  const octets = parseOctets(/^[\d.]+ ?[kMG]$/.test(text) ? `${text}B` : /^\d+$/.test(text) ? `${text} B` : text);
  if (octets === undefined || octets <= 0) {
    throw new InvalidArgumentError('write so many octets a second as 50M, "20 MiB" or 1000000.');
  }
  return octets;
}
