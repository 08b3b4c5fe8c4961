import { Command } from 'commander';
import type { LetterHistory } from '../store/ledger/reader.ts';
import { atOffice } from './at-office.ts';
import { deedOf, who } from './ledger-words.ts';
import { formatMoment } from './moment.ts';
import { print, printJson, say } from './output.ts';
import { placesOf } from './places.ts';
import { facts, table } from './table.ts';

/** `restante letter NAME UNIQUE-ID`. */
export function letterCommand(): Command {
  return new Command('letter')
    .description('show what became of one letter, and by whom')
    .argument('<name>', 'the account')
    .argument('<unique-id>', 'the letter, as UIDL and restante sessions --json name it')
    .action(async (name: string, uniqueId: string, _options: object, self: Command) => {
      const places = placesOf(self);
      const history = await atOffice(places, {}, (office) => office.letterHistory({ name, uniqueId }));
      const state = stateOf(history, uniqueId);
      if (places.json) return printJson(asJson(name, uniqueId, state, history));
      show(name, uniqueId, state, history);
    });
}

type State = 'present' | 'deleted' | 'renamed' | 'destroyed';

const STATES: Readonly<Record<State, string>> = {
  present: 'in the mailbox',
  deleted: 'deleted, and can be brought back',
  renamed: 'brought back under another unique-id',
  destroyed: 'destroyed for good',
};

function stateOf({ arrivals, events }: LetterHistory, uniqueId: string): State {
  if (arrivals.some(({ present }) => present)) return 'present';
  const back = events.findLast(({ deed }) => deed === 'restored');
  if (back?.became !== undefined && back.uniqueId === uniqueId) return 'renamed';
  return arrivals.length > 0 ? 'deleted' : 'destroyed';
}

function asJson(name: string, uniqueId: string, state: State, { arrivals, events, more }: LetterHistory): unknown {
  const iso = (moment: number): string => new Date(moment).toISOString();
  return {
    name,
    uniqueId,
    state,
    arrivals: arrivals.map((arrival) => ({ ...arrival, arrived: iso(arrival.arrived) })),
    events: events.map(
      ({ entry: { id: _, change: __, began, ended, ...entry }, at, arrived, destroyed, ...event }) => ({
        ...event,
        at: iso(at),
        arrived: iso(arrived),
        ...(destroyed !== undefined && { destroyed: iso(destroyed) }),
        by: { ...entry, began: iso(began), ended: iso(ended) },
      }),
    ),
    more,
  };
}

function show(name: string, uniqueId: string, state: State, { arrivals, events, more }: LetterHistory): void {
  const known = [...arrivals, ...events];
  const first = known.reduce(
    (least, each) => (each.arrived < least.arrived ? each : least),
    known[0] as (typeof known)[0],
  );
  const from = arrivals.find((arrival) => arrival.from !== undefined)?.from;
  const became = events.findLast((event) => event.became !== undefined)?.became;
  print(
    facts([
      ['letter', uniqueId],
      ['arrived', formatMoment(first.arrived)],
      ['from', from === undefined ? '' : from === '' ? '<>' : from.replace(/\p{C}/gu, '?')],
      ['octets', first.octets],
      ['state', `${STATES[state]}${state === 'renamed' ? `: ${became}` : ''}`],
    ]),
  );
  if (events.length === 0) say('No session has fetched or deleted it.');
  else {
    const rows = events.flatMap(({ at, deed, entry, destroyed }) => [
      [formatMoment(at), deedOf(deed, entry.kind), ...who(entry), entry.kind === 'session' ? entry.session : ''],
      ...(destroyed === undefined ? [] : [[formatMoment(destroyed), 'destroyed for good', '', '', '', '']]),
    ]);
    rows.sort(([a = ''], [b = '']) => (a < b ? -1 : a > b ? 1 : 0));
    print(`\n${table(['WHEN', 'WHAT', 'FROM', 'LOGIN', 'OVER', 'SESSION'], rows)}`);
    if (more) say('There is more: only the first events are shown.');
  }
  if (state === 'deleted') say(`It comes back with: restante undelete ${name} --unique-id '${uniqueId}'`);
}
