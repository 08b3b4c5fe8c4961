import type { CollectAccount, Policy } from '../account.ts';
import type { Destination } from '../destinations/destination.ts';
import type { AccountReport, CollectEvent } from '../event.ts';
import type { Journal } from '../journal/journal.ts';
import { memoryJournal } from '../journal/open.ts';
import { collectAccount } from '../run.ts';
import type { CollectSurroundings } from '../task.ts';
import { MemoryDestination, type MemoryDestinationOptions, MemoryDisk } from './memory-destination.test-support.ts';
import { Elsewhere, PASSWORD } from './office.test-support.ts';

export const KEEP: Policy = {
  afterwards: { type: 'keep' },
  firstRun: { type: 'all' },
  commitEvery: 1_000,
  large: 10 * 1024 * 1024,
  attempts: 3,
};
export const DELETE: Policy = { ...KEEP, afterwards: { type: 'delete' } };

export function account(policy: Policy, server: Partial<CollectAccount['server']> = {}): CollectAccount {
  return {
    name: 'ada',
    server: {
      host: 'pop.example.org',
      port: 110,
      secure: false,
      requireTLS: false,
      allowInsecureAuth: true,
      auth: { user: 'ada', pass: PASSWORD },
      ...server,
    },
    policy,
  };
}

export function letter(name: string, lines = 3): string {
  const body = Array.from({ length: lines }, (_, index) => `line ${index} of ${name}\r\n`).join('');
  return `Received: from there; Thu, 1 Jan 2026 00:00:00 +0000\r\nMessage-ID: <${name}@example.org>\r\nSubject: ${name}\r\n\r\n${body}`;
}

/** A journal that outlives the run that closes it. */
export function lasting(journal: Journal): Journal {
  return {
    get facts() {
      return journal.facts;
    },
    letters: () => journal.letters(),
    letter: (key) => journal.letter(key),
    write: (changes, facts) => journal.write(changes, facts),
    close: () => {},
  };
}

/** All that a run has to do with; outlives it. */
export class World {
  readonly elsewhere: Elsewhere;
  readonly disk: MemoryDisk;
  readonly journal: Journal = memoryJournal();
  events: CollectEvent[] = [];

  constructor({
    elsewhere = new Elsewhere(),
    disk = new MemoryDisk(),
  }: Partial<Pick<World, 'elsewhere' | 'disk'>> = {}) {
    this.elsewhere = elsewhere;
    this.disk = disk;
  }

  async run(
    policy: Policy,
    options: Partial<CollectSurroundings> & {
      readonly destination?: MemoryDestinationOptions;
      readonly server?: Partial<CollectAccount['server']>;
      readonly journal?: Journal;
      readonly open?: () => Destination | Promise<Destination>;
      readonly openJournal?: () => Journal;
    } = {},
  ): Promise<AccountReport> {
    this.events = [];
    const { destination, server, journal = lasting(this.journal), report, ...surroundings } = options;
    const open = options.open ?? (() => new MemoryDestination(this.disk, destination));
    const running = collectAccount({
      account: account(policy, server),
      openJournal: () => journal,
      destination: { name: 'memory:', open },
      clock: this.elsewhere.clock,
      connect: this.elsewhere.connect,
      random: () => 0,
      report: (event) => {
        this.events.push(event);
        report?.(event);
      },
      ...surroundings,
    });
    let going = true;
    const over = running.finally(() => {
      going = false;
    });
    // What waits for nothing but time has it.
    while (going) await this.elsewhere.clock.advance(1_000);
    return over;
  }

  happened(event: CollectEvent['event']): CollectEvent[] {
    return this.events.filter((each) => each.event === event);
  }
}
