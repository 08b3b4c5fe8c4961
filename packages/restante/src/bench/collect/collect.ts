import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../../testing/interop/peer-program.ts';
import { temporaryFolder } from '../../testing/running-office.ts';
import { type Bench, type BenchOptions, type Comparison, type Contestant, compare } from '../bench.ts';
import { Link } from '../link/link.ts';
import { sizes } from './letters.ts';
import { FullOffice } from './office.ts';
import { Stream } from './stream.ts';
import { folder, TOOLS, type Tool } from './tools.ts';

const LETTERS = 1_000;
const AVERAGE = 67_000;
const KNOWN = 10_000;
const ROUND_TRIP = 50;

/** Letters collected into Maildirs from a Dovecot on the same machine: by us, by mpop, fetchmail and getmail6. */
export const collect: Bench = {
  name: 'collect',
  summary: 'letters collected from Dovecot into Maildirs, beside mpop, fetchmail and getmail6',
  async *measure(options) {
    await using office = await FullOffice.open();
    const all = sizes(LETTERS, AVERAGE);
    const octets = await office.fill('one', all);
    const ten = Array.from({ length: 10 }, (_, index) => `ten${index}`);
    for (const [index, account] of ten.entries()) {
      await office.fill(
        account,
        all.filter((_, letter) => letter % ten.length === index),
      );
    }
    using stream = await Stream.open(octets);
    using link = await Link.open([office.port, stream.port]);
    const place = { link, port: office.port };
    const letters = `${LETTERS.toLocaleString('en-US')} letters, ${(octets / 1e6).toFixed(1)} MB`;
    const wanted = (name: string): boolean => name.includes(options.only.comparison);

    for (const [where, milliseconds] of [['loopback', 0] as const, ['slow', ROUND_TRIP] as const]) {
      const over = milliseconds === 0 ? 'over loopback' : `over a link of ${milliseconds} ms round trip`;
      if (wanted(`one-${where}`)) {
        await link.setRoundTrip(milliseconds);
        const raw: Contestant = {
          name: 'one TCP stream',
          version: '',
          run: () => Stream.read(milliseconds === 0 ? stream.port : link.to(stream.port)),
        };
        const contestants = [...fetching(options, { ...place, accounts: ['one'], count: LETTERS, milliseconds }), raw];
        yield await comparison(`one-${where}`, `${letters}, of one account, ${over}`, contestants, options);
      }
      if (wanted(`ten-${where}`)) {
        await link.setRoundTrip(milliseconds);
        const contestants = fetching(options, { ...place, accounts: ten, count: LETTERS, milliseconds });
        yield await comparison(`ten-${where}`, `${letters}, of ten accounts, ${over}`, contestants, options);
      }
    }
    if (wanted('nothing-new-slow')) {
      await office.fill('many', new Array(KNOWN).fill(1_000));
      const contestants: Contestant[] = [];
      const errand = { ...place, accounts: ['many'], count: KNOWN, milliseconds: ROUND_TRIP };
      await link.setRoundTrip(0);
      for (const tool of chosen(options)) contestants.push(await knowing(tool, errand, options));
      await link.setRoundTrip(ROUND_TRIP);
      const what = `nothing new among ${KNOWN.toLocaleString('en-US')} letters, over a link of ${ROUND_TRIP} ms round trip`;
      yield await comparison('nothing-new-slow', what, contestants, options);
    }
  },
};

interface Place {
  readonly link: Link;
  readonly port: number;
  readonly accounts: readonly string[];
  /** Letters in all accounts. */
  readonly count: number;
  /** Round trip; 0: not over the link at all. */
  readonly milliseconds: number;
}

async function comparison(
  name: string,
  what: string,
  contestants: readonly Contestant[],
  options: BenchOptions,
): Promise<Comparison> {
  options.note(`\n${name}`);
  return { name, what, results: await compare(contestants, options) };
}

function chosen({ only, quick }: BenchOptions): readonly Tool[] {
  return TOOLS.filter(({ name, slow }) => name.includes(only.contestant) && !(quick && slow));
}

/** Each tool fetches all letters for the first time, into new Maildirs. */
function fetching(options: BenchOptions, place: Place): readonly Contestant[] {
  const port = place.milliseconds === 0 ? place.port : place.link.to(place.port);
  return chosen(options).map((tool) => ({
    name: tool.name,
    version: versionOf(tool),
    async run() {
      const home = newHome(place.accounts);
      const seconds = await run(tool, tool.prepare({ home, port, accounts: place.accounts }), home);
      mustHave(tool, home, place);
      // Homes stay until the bench ends: ext4 uses no inode again that was freed in the last minutes, and looks at each of them for
      // every file that is made meanwhile. Making a thousand files took half a second then, and not a twentieth.
      return seconds;
    },
  }));
}

/** The tool has fetched all letters before. */
async function knowing(tool: Tool, place: Place, { note }: BenchOptions): Promise<Contestant> {
  const home = newHome(place.accounts);
  const command = tool.prepare({ home, port: place.link.to(place.port), accounts: place.accounts });
  const seconds = await run(tool, command, home);
  mustHave(tool, home, place);
  note(`${tool.name}: ${seconds.toFixed(2)} s to fetch them first`);
  return {
    name: tool.name,
    version: versionOf(tool),
    async run() {
      const took = await run(tool, command, home);
      mustHave(tool, home, place);
      return took;
    },
  };
}

async function run(tool: Tool, command: readonly [string, ...string[]], home: string): Promise<number> {
  const began = performance.now();
  const { status, stdout, stderr } = await runProgram(command, home, '', 1_800_000);
  const seconds = (performance.now() - began) / 1000;
  if (status !== 0 && status !== tool.nothing)
    throw new Error(`${tool.name} ended with ${status}:\n${stdout}\n${stderr}`);
  return seconds;
}

function newHome(accounts: readonly string[]): string {
  const home = temporaryFolder();
  for (const path of ['', ...accounts.flatMap((name) => [name, `${name}/cur`, `${name}/new`, `${name}/tmp`])]) {
    folder(join(home, path));
  }
  return home;
}

function mustHave({ name }: Tool, home: string, { accounts, count }: Place): void {
  const came = accounts.flatMap((account) => ['new', 'cur'].flatMap((each) => readdirSync(join(home, account, each))));
  if (came.length !== count) throw new Error(`${name} brought ${came.length} letters, not ${count}`);
}

function versionOf({ version: [program, ...words] }: Tool): string {
  return (
    /\d+\.\d[\d.]*/.exec(
      execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    )?.[0] ?? ''
  );
}
