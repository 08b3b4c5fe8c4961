import type { MaybePromise } from '@restante/pop/maildrop';
import { LetterHead } from '../../delivery/loops.ts';
import { reasonOf } from '../../failure.ts';
import { LineFeeds } from '../../import/line-feeds.ts';
import type {
  Destination,
  IncomingLetter,
  Placing,
  Settled,
  Stage,
  StagedLetter,
  UnsettledLetter,
} from './destination.ts';
import { type CommandEnd, RunningCommand } from './running-command.ts';
import { senderOf } from './sender.ts';
import type { LineEnds } from './spec.ts';
import type { Spool, SpooledLetter } from './spool.ts';

export interface CommandServices {
  readonly spool: Spool;
  /** What the command is told of whose letter it is. */
  readonly account: string | undefined;
  /** What the command's environment has beside our own variables. */
  readonly environment: NodeJS.ProcessEnv;
}

export interface CommandOptions {
  readonly name: string;
  /** For `/bin/sh -c`. */
  readonly line: string;
  readonly lineEnds: LineEnds;
  /** How long it may take for one letter, in milliseconds. */
  readonly patience: number;
}

/** A staged letter of ours. */
interface Waiting extends StagedLetter {
  readonly spooled: SpooledLetter;
  readonly sender: string;
  readonly recipient: string | undefined;
}

/** Exit statuses that say something of the command or the machine, and nothing of the letter: sysexits.h, and what sh says. */
const NOT_THE_LETTER: Readonly<Record<number, string | undefined>> = {
  71: 'the system fails (EX_OSERR)',
  74: 'reading or writing fails (EX_IOERR)',
  75: 'it says to come again later (EX_TEMPFAIL)',
  78: 'it is not set up (EX_CONFIG)',
  126: 'it cannot be run',
  127: 'it is not there',
};

/**
 * A command for each letter, one after the other. The letter is its standard input: a file, so that a command never takes the
 * beginning of a letter for all of it, whatever becomes of us meanwhile. At least once: when we die before the journal has
 * what it said, nobody knows, and it is run again.
 */
export class CommandDestination implements Destination {
  readonly name: string;
  readonly promise = 'at-least-once';
  /** A little more than the command itself has: it ends then, and what it said is told. */
  readonly patience: number;
  readonly #options: CommandOptions;
  readonly #services: CommandServices;
  /** What came of letters, so that the command is not run again for one. */
  readonly #placed = new WeakMap<StagedLetter, Placing>();
  #running: RunningCommand | undefined;
  #closing = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: CommandOptions, services: CommandServices) {
    this.name = options.name;
    this.patience = options.patience + 60_000;
    this.#options = options;
    this.#services = services;
  }

  stage(letter: IncomingLetter): Stage {
    return this.stageFor(letter, undefined);
  }

  /** With the address that it was sent to, where that is known. */
  stageFor(letter: IncomingLetter, recipient: string | undefined): Stage {
    const spooled = this.#services.spool.take();
    const form = this.#options.lineEnds === 'lf' ? new LineFeeds() : undefined;
    const head = new LetterHead();
    let sender: string | undefined;
    let came = 0;
    return {
      write: (octets): MaybePromise<void> => {
        came += octets.length;
        if (sender === undefined) {
          const whole = head.take(octets);
          if (whole !== undefined) sender = senderOf(whole.octets.subarray(0, whole.head));
        }
        return spooled.write(form === undefined ? octets : form.push(octets));
      },
      end: async (): Promise<Waiting> => {
        if (form !== undefined) await spooled.write(form.end());
        sender ??= senderOf(head.rest());
        return { type: 'staged', letter, place: this.name, octets: came, spooled, sender, recipient };
      },
      abandon: () => spooled.close(),
    };
  }

  /** Nothing of it outlives us. */
  async prepare(_letters: readonly StagedLetter[]): Promise<void> {}

  place(letters: readonly StagedLetter[]): Promise<readonly Placing[]> {
    const turn = this.#last.then(async () => {
      const placings: Placing[] = [];
      for (const letter of letters as readonly Waiting[]) {
        const placing = this.#placed.get(letter) ?? (await this.#run(letter));
        this.#placed.set(letter, placing);
        placings.push(placing);
        await letter.spooled.close();
      }
      return placings;
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async settle(letters: readonly UnsettledLetter[]): Promise<readonly Settled[]> {
    return letters.map(() => ({ type: 'not-there' }));
  }

  /** A command that runs is ended: its letter comes again, so whatever it does now it would do twice. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#running?.end();
    await this.#last;
    await this.#services.spool.close();
  }

  async #run(letter: Waiting): Promise<Placing> {
    const { line, patience } = this.#options;
    try {
      const input = await letter.spooled.descriptor();
      if (this.#closing) return CLOSED;
      const running = new RunningCommand(line, { input, environment: this.#environment(letter), patience });
      this.#running = running;
      const end = await running.ended;
      this.#running = undefined;
      return this.#outcome(letter, end, running.lastWords);
    } catch (thrown) {
      return { type: 'refused', blame: 'destination', why: `the command cannot be run: ${reasonOf(thrown)}` };
    }
  }

  #outcome(letter: Waiting, end: CommandEnd, said: string): Placing {
    const words = said === '' ? '' : `: ${said}`;
    switch (end.type) {
      case 'not-begun':
        return { type: 'refused', blame: 'destination', why: `the command cannot be run: ${end.why}` };
      case 'stopped':
        return CLOSED;
      case 'late': {
        const seconds = Math.round(this.#options.patience / 1000);
        return { type: 'refused', blame: 'letter', why: `the command took longer than ${seconds} seconds${words}` };
      }
      case 'killed':
        return { type: 'refused', blame: 'letter', why: `the command was ended by ${end.signal}${words}` };
      case 'exit': {
        if (end.status === 0) return { type: 'placed', place: letter.place };
        const known = NOT_THE_LETTER[end.status];
        const why = `the command ended with status ${end.status}${known === undefined ? '' : `, ${known}`}${words}`;
        return { type: 'refused', blame: known === undefined ? 'letter' : 'destination', why };
      }
    }
  }

  #environment({ letter, spooled, sender, recipient }: Waiting): NodeJS.ProcessEnv {
    const own = {
      RESTANTE_ACCOUNT: this.#services.account ?? letter.mailbox,
      RESTANTE_MAILDROP: letter.mailbox,
      RESTANTE_UNIQUE_ID: letter.uniqueId ?? '',
      RESTANTE_OCTETS: String(spooled.octets),
      RESTANTE_SENDER: sender,
      RESTANTE_RECIPIENT: recipient ?? '',
    };
    const clean = Object.entries(own).map(([name, value]) => [name, value.replaceAll('\0', '')]);
    return { ...this.#services.environment, ...Object.fromEntries(clean) };
  }
}

const CLOSED: Placing = { type: 'refused', blame: 'destination', why: 'the run ended before the command did' };
