import { Command, InvalidArgumentError, Option } from 'commander';
import { formatOctets, parseOctets } from '../config/quantity.ts';
import type { AccountView } from '../office/accounts.ts';
import { atOffice } from './at-office.ts';
import { print, printJson, say } from './output.ts';
import { placesOf } from './places.ts';
import { facts, grouped } from './table.ts';

/** A limit as it is written: so much, none, or as the settings say. */
type Limit = number | 'none' | 'default';

interface QuotaOptions {
  readonly octets?: Limit;
  readonly letters?: Limit;
}

/** `restante account quota NAME`. */
export function quotaCommand(): Command {
  return new Command('quota')
    .description('show how much mail an account may hold, or change it')
    .argument('<name>')
    .addOption(
      new Option('--octets <n>', 'so much: 500M, 2G, "750 MiB", a number of octets; none, or default').argParser(
        octets,
      ),
    )
    .addOption(new Option('--letters <n>', 'so many letters; none, or default').argParser(letters))
    .action(async (name: string, options: QuotaOptions, self: Command) => {
      const places = placesOf(self);
      const edit = { set: {}, unset: [] as ('quotaOctets' | 'quotaLetters')[] };
      for (const [key, limit] of [
        ['quotaOctets', options.octets],
        ['quotaLetters', options.letters],
      ] as const) {
        if (limit === 'default') edit.unset.push(key);
        else if (limit !== undefined) Object.assign(edit.set, { [key]: limit === 'none' ? null : limit });
      }
      const changes = options.octets !== undefined || options.letters !== undefined;
      const account = await atOffice(places, {}, async (office) => {
        if (changes) await office.editPolicy({ name, edit });
        return office.showAccount({ name });
      });
      const { quota } = account;
      if (changes) say(`The account ${account.name} has this quota now.`);
      if ((quota.percent ?? 0) >= 100) say('It is full: no new mail is taken until there is room.');
      if (places.json) return printJson(quota);
      print(
        facts([
          ['octets', usage(account.octets, quota.octets, formatOctets, quota.own.octets)],
          ['letters', usage(account.letters, quota.letters, grouped, quota.own.letters)],
          ['used', quota.percent === null ? 'no limit' : `${quota.percent} %`],
        ]),
      );
    });
}

/** `412 of 500 MiB`, and whose limit it is. */
function usage(used: number, of: number | null, write: (value: number) => string, own: boolean): string {
  return `${grouped(used)} of ${of === null ? 'any number' : write(of)} (${own ? "the account's own" : 'default'})`;
}

/** `82 % of 500 MiB, 1,000 letters`. */
export function quotaLine({ quota: { octets, letters, percent } }: AccountView): string {
  const limits = [
    ...(octets === null ? [] : [formatOctets(octets)]),
    ...(letters === null ? [] : [`${grouped(letters)} letters`]),
  ];
  return percent === null ? 'none' : `${percent} % of ${limits.join(', ')}`;
}

/** In a list: `82 %`, or nothing where there is no limit. */
export function percentCell({ quota: { percent } }: AccountView): string {
  return percent === null ? '' : `${percent} %`;
}

function octets(text: string): Limit {
  // 500M as `df` and `quota` have it: of 1,024 each.
  const short = /^(\d+(?:\.\d+)?)\s?([KMGT])$/i.exec(text.trim());
  const value = short ? parseOctets(`${short[1]} ${short[2]?.toUpperCase()}iB`) : parseOctets(text);
  return limit(text, value, 'must be an amount such as 500M or "750 MiB", a number of octets, none, or default');
}

function letters(text: string): Limit {
  return limit(text, undefined, 'must be a number of letters, none, or default');
}

function limit(text: string, parsed: number | undefined, message: string): Limit {
  if (text === 'none' || text === 'default') return text;
  const value = parsed ?? (/^\d{1,15}$/.test(text) ? Number(text) : undefined);
  if (value === undefined) throw new InvalidArgumentError(message);
  return value;
}
