import { Command } from 'commander';
import { collectAll } from '../../collect/collector.ts';
import type { AccountReport } from '../../collect/event.ts';
import type { Plan } from '../../collect/plan/plan.ts';
import { Failure } from '../../failure.ts';
import { Ended } from '../exit-code.ts';
import { counted, print, printJson, say } from '../output.ts';
import { placesOf } from '../places.ts';
import { call } from './calling.ts';
import { chooseAccounts, stateFolder } from './choose.ts';
import { COLLECT_EXIT, statusOfOne } from './exit-status.ts';
import { type GivenOptions, generalOverrides, optionsBelow, withGeneralOptions, withServerOptions } from './options.ts';
import { tasksFor } from './tasks.ts';

/** `restante collect check URL|NAME…`. */
export function checkCommand(): Command {
  const command = new Command('check')
    .description('say whether there is new mail, and fetch nothing')
    .argument('[url|name...]', 'a POP URL, or accounts in the configuration (default: all of them)');
  return withServerOptions(withGeneralOptions(command, 'state'))
    .addHelpText('after', EXAMPLES)
    .action(async (words: readonly string[], _options: object, self: Command) => {
      const options = optionsBelow(self);
      let status: number;
      try {
        status = await check(words, options, self);
      } catch (thrown) {
        // Their exit status would say that there is no new mail.
        if (!(thrown instanceof Failure)) throw thrown;
        say(`restante: ${thrown.message}`);
        throw new Ended(COLLECT_EXIT.failed);
      }
      if (status !== COLLECT_EXIT.done) throw new Ended(status);
    });
}

const EXAMPLES = `
New is what restante collect would fetch. The exit status is 0 when there is some, 1 when there is none, and above 1 when that
could not be found out: 2 usage, 3 login, 4 network or TLS, 5 something else, 75 try again.

Examples:
  restante collect check pops://anna@pop.example.org && notify-send "new mail"
  restante collect check --json`;

async function check(words: readonly string[], options: GivenOptions, self: Command): Promise<number> {
  const places = placesOf(self, generalOverrides(options));
  const chosen = await chooseAccounts(places, { words, options, collects: false });
  const found = new Map<string, number>();
  const tasks = tasksFor(chosen, { places, folder: stateFolder(places), dryRun: true });
  const reports = await collectAll({
    accounts: tasks,
    parallel: places.settings['collect.parallel'],
    perHost: places.settings['collect.per_host'],
    dryRun: true,
    connect: call,
    planned: ({ name }, plan) => found.set(name, (found.get(name) ?? 0) + newLetters(plan)),
  });
  const rows = chosen.map(({ account: { name } }, index) => {
    const report = reports[index];
    const wrong = report !== undefined && notFound(report);
    return { account: name, new: wrong ? null : (found.get(name) ?? 0), ...(wrong && { error: report.error }) };
  });
  if (places.json) printJson(rows);
  else for (const row of rows) if (row.new !== null) print(`${row.account}: ${counted(row.new, 'new letter')}\n`);
  for (const row of rows) if (row.new === null) say(`restante: ${row.account}: ${row.error}`);
  for (const [index, { account }] of chosen.entries()) {
    const { held = 0, failed = 0 } = reports[index] ?? {};
    if (held + failed > 0) say(`restante: ${account.name}: ${stuck(held, failed)}: --dry-run says why`);
  }
  if (rows.some((row) => (row.new ?? 0) > 0)) return COLLECT_EXIT.done;
  const wrong = reports.filter(notFound).map(({ result }) => statusOfOne(result));
  return wrong.length === 0 ? COLLECT_EXIT.partly : Math.min(...wrong);
}

/** Whether it could not be found out. Letters that are stuck since an earlier run are known, and not new. */
function notFound({ result, error }: AccountReport): boolean {
  return result !== 'done' && !(result === 'partly' && error === undefined);
}

function stuck(held: number, failed: number): string {
  return [held > 0 ? `${held} held` : '', failed > 0 ? `${failed} not fetched` : '']
    .filter((part) => part !== '')
    .join(', ');
}

/** Letters that only their octets can tell are new where more of them are there than are kept. */
function newLetters({ steps, unrecognised }: Plan): number {
  const fetched = steps.filter((step) => step.type === 'fetch');
  const doubtful = fetched.filter(({ known }) => known === 'by-octets').length;
  return fetched.length - doubtful + Math.max(0, doubtful - unrecognised.length);
}
