import { Command } from 'commander';
import { collectAll } from '../../collect/collector.ts';
import { Ended, UsageError } from '../exit-code.ts';
import { type Places, placesOf } from '../places.ts';
import { interactive } from '../terminal.ts';
import { call } from './calling.ts';
import { type ChosenAccount, chooseAccounts, stateFolder } from './choose.ts';
import { COLLECT_EXIT, statusOfAll } from './exit-status.ts';
import { type GivenOptions, generalOverrides, withAccountOptions, withGeneralOptions } from './options.ts';
import { withoutSecrets } from './secret.ts';
import { tasksFor } from './tasks.ts';
import { Telling } from './telling.ts';

/** What else can be asked for, in the order of the help; loaded when it is named, or shown. */
const SUBCOMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  check: async () => (await import('./check.ts')).checkCommand(),
  list: async () => (await import('./list.ts')).listCommand(),
  peek: async () => (await import('./peek.ts')).peekCommand(),
  get: async () => (await import('./get.ts')).getCommand(),
  'import-state': async () => (await import('./import-state.ts')).importStateCommand(),
};

/** `restante collect`; all of it, or what a command line with these words has need of. */
export async function collectCommand(words?: readonly string[]): Promise<Command> {
  const command = new Command('collect')
    .description('call for mail at other post offices: every letter once, and nothing deleted before it is safe')
    .argument('[url|name...]', 'a POP URL with --to, or accounts in the configuration (default: all of them)');
  withGeneralOptions(withAccountOptions(command), 'state', 'every', 'parallel', 'exec');
  command
    .option('--once', 'call once, whatever collect.every says')
    .option('--retry', 'try once more what is held or was given up')
    .option('--dry-run', 'fetch, delete and write nothing, and say what would be done, and why')
    .addHelpText('after', EXAMPLES)
    .action(collect);
  const named = (word: string): boolean => word === '-h' || word === '--help' || Object.hasOwn(SUBCOMMANDS, word);
  if (words === undefined || words.some(named)) {
    for (const load of Object.values(SUBCOMMANDS)) command.addCommand(await load());
  }
  return command;
}

const EXAMPLES = `
A password never stands on the command line or in a URL: name a file, a command or a variable, or be asked for it. pops:// is TLS
from the start, pop:// TLS by STLS. docs/collecting.md has all of it. The exit status is 0 when all is done, 1 when some letters
are not, 2 for a mistake in the command or the configuration, 3 when the login was refused, 4 for network or TLS, 75 to try again.

Examples:
  restante collect pops://anna@pop.example.org --to maildir:Mail --dry-run
  restante collect pops://anna@pop.example.org --to maildir:Mail --password-file anna.password --delete-after 14d
  restante collect pop://anna%40example.org@pop.example.org --to account:anna --password-command 'pass show mail'
  restante collect                           all accounts of the configuration, side by side
  restante collect --every 5m                again and again
  restante collect list anna                 what is there, and what is known of it`;

async function collect(words: readonly string[], options: GivenOptions, self: Command): Promise<void> {
  const places = placesOf(self, generalOverrides(options));
  const dryRun = options['dryRun'] === true;
  refuseContradictions(options);
  const chosen = await chooseAccounts(places, { words, options, collects: true });
  const every = dryRun ? undefined : interval(places, words, options);
  const retry = options['retry'] === true;
  const tasks = tasksFor(chosen, { places, folder: stateFolder(places), dryRun, retry });
  const telling = new Telling({
    json: places.json,
    dryRun,
    every,
    accounts: commandsOf(chosen),
    exec: places.settings['collect.exec'],
    environment: withoutSecrets(chosen.map(({ settings }) => settings)),
  });
  const { signal, forget } = endSignal(telling);
  const reports = await collectAll({
    accounts: tasks,
    parallel: places.settings['collect.parallel'],
    perHost: places.settings['collect.per_host'],
    ...(every !== undefined && { every }),
    signal,
    dryRun,
    // Who names an account is at hand, or a program that knows what it does.
    unattended: words.length === 0 && !interactive(),
    connect: call,
    report: (event) => telling.take(event),
    ...(dryRun && { planned: ({ name }, plan) => telling.plan(name, plan) }),
    finished: ({ account: { name } }, report) => telling.finished(name, report),
  });
  await telling.end(reports);
  forget();
  // Who runs until it is ended has done so when it is ended.
  const status = every === undefined ? statusOfAll(reports.map(({ result }) => result)) : COLLECT_EXIT.done;
  if (status !== COLLECT_EXIT.done) throw new Ended(status);
}

function refuseContradictions({ dryRun, retry, every, once }: GivenOptions): void {
  if (dryRun === true && retry === true) {
    throw new UsageError('--retry writes to the journal, and --dry-run writes nothing: take one of them');
  }
  if (every !== undefined && (once === true || dryRun === true)) {
    throw new UsageError(`--every and ${once === true ? '--once' : '--dry-run'} do not go together: take one of them`);
  }
}

/** `collect.every` goes for who names nobody: whoever names an account wants its mail now. */
function interval({ settings }: Places, words: readonly string[], { every, once }: GivenOptions): number | undefined {
  if (once === true || (every === undefined && words.length > 0)) return undefined;
  return settings['collect.every'];
}

function commandsOf(chosen: readonly ChosenAccount[]): ReadonlyMap<string, string | undefined> {
  return new Map(chosen.map(({ account, settings }) => [account.name, settings.exec]));
}

/** The first signal ends it in good order, the second one at once. */
function endSignal(telling: Telling): { readonly signal: AbortSignal; readonly forget: () => void } {
  const ended = new AbortController();
  const forget = (): void => {
    process.off('SIGINT', end).off('SIGTERM', end);
  };
  const end = (): void => {
    forget();
    ended.abort();
    telling.note('ending: what has come is brought to its place; once more ends it at once');
  };
  process.on('SIGINT', end).on('SIGTERM', end);
  return { signal: ended.signal, forget };
}
