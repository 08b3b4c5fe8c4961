import { dirname, resolve } from 'node:path';
import { Command } from 'commander';
import { mailboxKey } from '../collect/account.ts';
import { type Origin, type Problem, readSettings } from '../config/read-settings.ts';
import type { Settings } from '../config/settings.ts';
import { examineAddresses, wantedAddresses } from '../doctor/addresses.ts';
import { examineCertificates } from '../doctor/certificates.ts';
import { certificatePairs } from '../serve/certificates.ts';
import { joined, understand } from './collect/account.ts';
import { Ended, EXIT } from './exit-code.ts';
import { counted, print, printJson } from './output.ts';
import { type GlobalOptions, problemLine, readConfiguration, whereabouts } from './places.ts';

/** `restante config check`. */
export function configCheckCommand(): Command {
  return new Command('check')
    .description('say everything that would keep serve from starting with this configuration')
    .argument('[file]', 'the configuration; default that in force')
    .addHelpText('after', EXAMPLES)
    .action(check);
}

const EXAMPLES = `
The settings, the certificates and the addresses are looked at; nothing is opened, bound or changed. Whether a port is free
only restante doctor says. The exit status is 0 when all is well, and 2 when anything is wrong.

Examples:
  restante config check
  restante config check /etc/restante/restante.toml && systemctl restart restante`;

async function check(named: string | undefined, _options: object, self: Command): Promise<void> {
  const options = self.optsWithGlobals<GlobalOptions>();
  const { data, file: usual } = whereabouts(options);
  const file = named === undefined ? usual : resolve(named);
  const text = readConfiguration(file, named !== undefined || options.config !== undefined);
  const read = readSettings({ ...(text !== undefined && { text }), folder: dirname(file) });
  if (read.type === 'wrong') return tell(options, file, read.problems);

  const { settings } = read;
  const mistakes = [...collectMistakes(settings, read.origins)];
  if (mistakes.length > 0) return tell(options, file, mistakes);
  const findings = [
    ...(await examineCertificates({ data, settings, now: Date.now() })),
    ...(await examineAddresses(settings)),
  ];
  const wrong = findings.filter(({ level }) => level === 'error');
  const problems = wrong.map(({ what, remedy }) => ({ inFile: true, message: remedy ? `${what}: ${remedy}` : what }));
  if (problems.length > 0) return tell(options, file, problems);
  if (options.json === true) return printJson({ file, problems });
  const looked = [
    counted(read.origins.size, 'setting'),
    counted(certificatePairs(data, settings).length, 'certificate'),
    counted(wantedAddresses(settings).length, 'listener'),
    ...(settings['collect.account'].size === 0
      ? []
      : [`${counted(settings['collect.account'].size, 'account')} to collect from`]),
  ];
  print(`${file}${text === undefined ? ' is not there, and need not be' : ' is well'}: ${looked.join(', ')}\n`);
}

/** What only who collects mail can say to be wrong: URLs, destinations, and two accounts of one maildrop. */
function* collectMistakes(
  { 'collect.account': accounts }: Settings,
  origins: ReadonlyMap<string, Origin>,
): Generator<Problem> {
  const names = new Map<string, string>();
  for (const [name, account] of accounts) {
    const problem = (key: string, message: string): Problem => {
      const dotted = `collect.account.${name}.${key}`;
      const origin = origins.get(dotted);
      const line = origin?.type === 'file' ? origin.line : undefined;
      return { inFile: true, message: `${dotted}${joined(message)}`, ...(line !== undefined && { line }) };
    };
    const understood = understand(account);
    if ('problems' in understood) {
      for (const { key, message } of understood.problems) yield problem(key, message);
      continue;
    }
    const maildrop = mailboxKey(understood);
    const other = names.get(maildrop);
    if (other === undefined) names.set(maildrop, name);
    else yield problem('url', `is the same maildrop as that of ${other} (${maildrop})`);
  }
}

function tell(options: GlobalOptions, file: string, problems: readonly Problem[]): never {
  if (options.json === true)
    printJson({ file, problems: problems.map(({ line, message }) => ({ line: line ?? null, message })) });
  else print(problems.map((problem) => `${problemLine(problem, file)}\n`).join(''));
  throw new Ended(EXIT.usage);
}
