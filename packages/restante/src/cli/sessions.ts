import { Command } from 'commander';
import type { OpenOffice } from '../control/client.ts';
import type { LedgerEntry, LedgerLetters, LedgerPolls } from '../store/ledger/entry.ts';
import type { Page } from '../store/ledger/reader.ts';
import { atOffice } from './at-office.ts';
import { deeds, who } from './ledger-words.ts';
import { formatMoment, parseMoment } from './moment.ts';
import { counted, print, printJson, say } from './output.ts';
import { placesOf } from './places.ts';
import { table } from './table.ts';

const HOUR = 3_600_000;

/** `restante sessions NAME`. */
export function sessionsCommand(): Command {
  return new Command('sessions')
    .description('show who fetched and deleted what in a mailbox')
    .argument('<name>', 'the account')
    .option('--since <time>', 'only since then: 2026-11-24T10:30, or 3 d for the last three days')
    .action(async (name: string, { since: text }: { since?: string }, self: Command) => {
      const places = placesOf(self);
      const since = text === undefined ? undefined : parseMoment(text, Date.now(), '--since');
      const ledger = await atOffice(places, {}, (office) => readLedger(office, { name, since, letters: places.json }));
      if (places.json) return printJson(asJson(name, ledger));
      show(name, ledger);
    });
}

interface Ledger {
  readonly entries: readonly LedgerEntry[];
  readonly letters: ReadonlyMap<number, readonly LedgerLetters[]>;
  readonly polls: readonly LedgerPolls[];
}

async function readLedger(
  office: OpenOffice,
  { name, since, letters }: { readonly name: string; readonly since: number | undefined; readonly letters: boolean },
): Promise<Ledger> {
  const from = since === undefined ? {} : { since };
  const entries = await all((after: number) => office.ledgerEntries({ name, ...from, after }), 0);
  const [first, last] = [entries[0], entries.at(-1)];
  const parts =
    letters && first && last
      ? await all((after) => office.ledgerLetters({ name, after, last: last.id }), { entry: first.id, part: 0 })
      : [];
  const hour = since === undefined ? Number.MIN_SAFE_INTEGER : since - (since % HOUR) - 1;
  const polls = await all((after) => office.ledgerPolls({ name, after }), { hour, address: '' });
  return { entries, letters: Map.groupBy(parts, ({ entry }) => entry), polls };
}

async function all<Line, Place>(ask: (after: Place) => Promise<Page<Line, Place>>, start: Place): Promise<Line[]> {
  const lines: Line[] = [];
  for (let after: Place | undefined = start; after !== undefined; ) {
    const page: Page<Line, Place> = await ask(after);
    for (const line of page.lines) lines.push(line);
    after = page.next;
  }
  return lines;
}

function asJson(name: string, { entries, letters, polls }: Ledger): unknown {
  const iso = (moment: number): string => new Date(moment).toISOString();
  return {
    name,
    entries: entries.map(({ id, change: _, ...entry }) => ({
      ...entry,
      began: iso(entry.began),
      ended: iso(entry.ended),
      letters: (letters.get(id) ?? []).flatMap(({ deed, letters: part }) =>
        part.map((letter) => ({ deed, ...letter, arrived: iso(letter.arrived) })),
      ),
    })),
    polls: polls.map((each) => ({ ...each, hour: iso(each.hour) })),
  };
}

function show(name: string, { entries, polls }: Ledger): void {
  if (entries.length === 0) say(`No session fetched or deleted anything of ${name}.`);
  else {
    print(
      table(
        ['WHEN', 'WHAT', 'FROM', 'LOGIN', 'OVER', 'ENDED BY', 'SESSION'],
        entries.map((entry) => [
          formatMoment(entry.began),
          deeds(entry),
          ...who(entry),
          entry.end,
          entry.kind === 'session' ? entry.session : '',
        ]),
      ),
    );
  }
  const looked = polls.reduce((sum, { sessions }) => sum + sessions, 0);
  const addresses = [...new Set(polls.map(({ address }) => address))];
  if (looked > 0) {
    const shown = addresses.slice(0, 5).join(', ');
    const more =
      addresses.length > 5 ? ` and ${counted(addresses.length - 5, 'address').replace(/ss$/, 'sses')} more` : '';
    say(`${counted(looked, 'session')} looked and took nothing, from ${shown}${more}.`);
  }
  if (entries.some(({ removed }) => removed > 0)) {
    say(`What a session deleted comes back with: restante undelete ${name} --session SESSION --dry-run`);
  }
}
