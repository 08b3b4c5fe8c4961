import { dirname } from 'node:path';
import { Command } from 'commander';
import { readSettings } from '../config/read-settings.ts';
import type { Level } from '../doctor/finding.ts';
import { Ended, EXIT } from './exit-code.ts';
import { type ListenOptions, listenOverrides, withListenOptions } from './listen-options.ts';
import { print, printJson } from './output.ts';
import { type GlobalOptions, readConfiguration, whereabouts } from './places.ts';

/** `restante doctor`. */
export function doctorCommand(): Command {
  return withListenOptions(new Command('doctor'))
    .description('look at everything an office needs, and say what is wrong and what to do about it')
    .addHelpText('after', EXAMPLES)
    .action(doctor);
}

const EXAMPLES = `
Nothing is changed; the office may be open, closed, or not yet there. Give the options that serve is given.
The exit status is 0 when all is well, 5 when something is to be seen to, 6 when something is wrong.

Examples:
  restante doctor
  restante doctor --pop3 0.0.0.0:110 --pop3s 0.0.0.0:995
  restante doctor --json`;

async function doctor(options: ListenOptions, self: Command): Promise<void> {
  const globals = self.optsWithGlobals<GlobalOptions>();
  const { data, file } = whereabouts(globals);
  const text = readConfiguration(file, globals.config !== undefined);
  const overrides = listenOverrides(options);
  const read = readSettings({ ...(text !== undefined && { text }), folder: dirname(file), overrides });
  const settings = read.type === 'settings' ? read.settings : undefined;
  const configuration = {
    file,
    exists: text !== undefined,
    count: read.type === 'settings' ? [...read.origins.values()].filter(({ type }) => type === 'file').length : 0,
    problems: read.type === 'wrong' ? read.problems : [],
  };

  // Loaded only here: the store and the certificates take longer to load than most verbs need.
  const { examine } = await import('../doctor/doctor.ts');
  const reports = await examine({ data, configuration, settings });
  const levels = new Set(reports.flatMap(({ findings }) => findings.map(({ level }) => level)));
  if (globals.json === true) {
    const findings = reports.flatMap(({ subject, findings }) => findings.map((finding) => ({ subject, ...finding })));
    printJson({ data, verdict: levels.has('error') ? 'error' : levels.has('warning') ? 'warning' : 'ok', findings });
  } else {
    for (const { subject, findings } of reports) {
      print(`${subject}\n`);
      for (const { level, what, remedy } of findings) {
        print(`  ${MARKS[level]}  ${what}\n${remedy === undefined ? '' : `           ${remedy}\n`}`);
      }
    }
  }
  if (levels.has('error')) throw new Ended(EXIT.faults);
  if (levels.has('warning')) throw new Ended(EXIT.warnings);
}

const MARKS: Readonly<Record<Level, string>> = { ok: 'ok     ', warning: 'warning', error: 'ERROR  ' };
