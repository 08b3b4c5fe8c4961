import { Command, CommanderError, Option } from 'commander';
import { Failure } from '../failure.ts';
import { VERSION } from '../version.ts';
import { endDelivery } from './end-delivery.ts';
import { Ended, EXIT, Interrupted, UsageError } from './exit-code.ts';
import { VERBS, verbOf } from './verbs.ts';

/** Runs one command line and answers the exit status. Everything that ends in one is printed here, and only here. */
export async function run(args: readonly string[]): Promise<number> {
  process.stdout.on('error', endQuietly);
  try {
    await (await program(verbOf(args), args)).parseAsync(args, { from: 'user' });
    return EXIT.done;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.done : EXIT.usage;
    if (thrown instanceof UsageError) {
      for (const line of thrown.lines) complain(line);
      return EXIT.usage;
    }
    if (thrown instanceof Interrupted) return EXIT.interrupted;
    if (thrown instanceof Ended) return thrown.status;
    if (thrown instanceof Failure) complain(thrown.message);
    else
      complain(`this should not have happened, please report it: ${thrown instanceof Error ? thrown.stack : thrown}`);
    return EXIT.failed;
  }
}

/**
 * The command line: all of it, or with the one verb that is wanted, or none for the version. Options that go with every verb stand at the top and are
 * taken anywhere.
 */
export async function program(verb?: string, words?: readonly string[]): Promise<Command> {
  const top = new Command('restante')
    .description('A post office: takes mail in by SMTP and LMTP, keeps it safe, and hands it over by POP3.')
    .version(VERSION, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', EXAMPLES);
  for (const [flags, meaning] of WITH_EVERY_VERB) top.option(flags, meaning);
  // All of them take as long to load as a call for mail takes.
  const wanted = verb !== undefined ? [VERBS[verb]] : words?.[0] === '--version' ? [] : Object.values(VERBS);
  for (const load of wanted) if (load) top.addCommand(await load(words));
  for (const command of [top, ...descendants(top)]) {
    command
      .exitOverride(command.name() === 'deliver' ? endDelivery : undefined)
      .showSuggestionAfterError()
      .helpCommand(false)
      .configureHelp({ showGlobalOptions: true, visibleGlobalOptions })
      .configureOutput({ outputError: (text, write) => write(mistake(text, command)) });
  }
  return top;
}

const WITH_EVERY_VERB = [
  ['--data <dir>', 'the data folder (default: data in a clone, else ~/.local/share/restante)'],
  ['--config <file>', 'the configuration (default: restante.toml in the data folder, if it is there)'],
  ['--json', 'print one JSON document (serve, collect: one object a line)'],
] as const;

const EXAMPLES = `
Examples:
  restante serve                             open the post office
  restante account add anna --generate       a new account, with a password made up for it
  restante account list
  restante alias add info@example.org anna   another address for her mail
  restante route test info@example.org       where a letter would go, and why
  restante collect pops://anna@pop.example.org --to account:anna
  restante backup /var/backups/restante
  restante VERB --help                       what a verb takes`;

/** The options that go with every verb are shown with each; the version is not one of them. */
function visibleGlobalOptions(command: Command): Option[] {
  return command.parent === null ? [] : WITH_EVERY_VERB.map(([flags, meaning]) => new Option(flags, meaning));
}

function descendants(command: Command): readonly Command[] {
  return command.commands.flatMap((child) => [child, ...descendants(child)]);
}

/** What commander has to say, on one line: what was probably meant, else where to read what is right. */
function mistake(text: string, command: Command): string {
  const said = text.trimEnd().replace(/^error: /, '');
  const [, extra] = /^too many arguments for .* but got \d+: (.*)\.$/.exec(said) ?? [];
  const what = extra === undefined ? said.replace('\n(Did', ' (Did') : `${JSON.stringify(extra)} is more than it takes`;
  const words: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) words.unshift(at.name());
  return `restante: ${what}${what.endsWith('?)') ? '' : `: see ${words.join(' ')} --help`}\n`;
}

function complain(line: string): void {
  process.stderr.write(`restante: ${line}\n`);
}

/** Whoever reads our output had enough (`restante account list | head`): that is no failure. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  throw error;
}
