import { type ChildProcess, spawn } from 'node:child_process';
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
import { LastWords } from './last-words.ts';
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

/** How long a command that is told to end may take, and how long the last of what it said may, in milliseconds. */
const GRACE = 5_000;
const LAST_WORDS = 1_000;

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

  async close(): Promise<void> {
    await this.#last;
    await this.#services.spool.close();
  }

  async #run(letter: Waiting): Promise<Placing> {
    let child: ChildProcess;
    const said = new LastWords();
    try {
      const input = await letter.spooled.descriptor();
      // A group of its own: whatever it starts can be ended with it, and Ctrl-C does not end it in the middle of a letter.
      child = spawn('/bin/sh', ['-c', this.#options.line], {
        detached: true,
        stdio: [input, 'pipe', 'pipe'],
        env: this.#environment(letter),
      });
    } catch (thrown) {
      return { type: 'refused', blame: 'destination', why: `the command cannot be run: ${reasonOf(thrown)}` };
    }
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (octets: Buffer) => said.push(octets)).on('error', () => undefined);
    }
    return this.#outcome(letter, await ended(child, this.#options.patience), said);
  }

  #outcome(letter: Waiting, end: End, said: LastWords): Placing {
    const words = said.text === '' ? '' : `: ${said.text}`;
    switch (end.type) {
      case 'not-begun':
        return { type: 'refused', blame: 'destination', why: `the command cannot be run: ${end.why}` };
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

type End =
  | { readonly type: 'not-begun'; readonly why: string }
  | { readonly type: 'exit'; readonly status: number }
  | { readonly type: 'killed'; readonly signal: NodeJS.Signals }
  | { readonly type: 'late' };

/** How it ends; it is made to when it takes too long. */
function ended(child: ChildProcess, patience: number): Promise<End> {
  return new Promise((resolve) => {
    let late = false;
    let kill: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => {
      late = true;
      endGroup(child, 'SIGTERM');
      kill = setTimeout(() => endGroup(child, 'SIGKILL'), GRACE);
    }, patience);
    const settle = (end: End) => {
      clearTimeout(timer);
      clearTimeout(kill);
      // Whatever it left running may go on talking; nobody waits for that.
      for (const stream of [child.stdout, child.stderr]) (stream as { unref?: () => void } | null)?.unref?.();
      resolve(end);
    };
    child.once('error', (error) => settle({ type: 'not-begun', why: reasonOf(error) }));
    child.once('exit', (status, signal) => {
      if (late) endGroup(child, 'SIGKILL');
      const end: End = late
        ? { type: 'late' }
        : signal !== null
          ? { type: 'killed', signal }
          : { type: 'exit', status: status ?? 1 };
      if (end.type === 'exit' && end.status === 0) return settle(end);
      const patient = setTimeout(() => settle(end), LAST_WORDS);
      child.once('close', () => {
        clearTimeout(patient);
        settle(end);
      });
    });
  });
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // All of them have ended.
  }
}
