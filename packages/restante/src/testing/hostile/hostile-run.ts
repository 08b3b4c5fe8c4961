import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { connect, type Pop3ClientOptions } from '@restante/pop/client';
import type { Clock } from '@restante/pop/server';
import { ManualClock, selfSignedCertificate, turns } from '@restante/pop/testing';
import { type CollectAccount, mailboxKey } from '../../collect/account.ts';
import { openMaildir } from '../../collect/destinations/maildir.ts';
import type { AccountReport, CollectEvent } from '../../collect/event.ts';
import { openJournal } from '../../collect/journal/open.ts';
import { collectAccount } from '../../collect/run.ts';
import { withLf } from '../real-mail/files.ts';
import { type HostileCase, letterNamed } from './hostile-case.ts';
import { HostileServer, PASSWORD, USER_NAME } from './hostile-server.ts';

const MINUTE = 60_000;
/** Far more than anything of ours waits for. */
const MOST_MINUTES = 240;
/** The longest pause between two sessions of one call, in milliseconds. */
const PAUSE = 8_000;

/** One maildrop that is called for again and again, at a server with failings, into a Maildir. */
export class HostileRun {
  readonly server: HostileServer;
  /** What must never be, and was. */
  readonly violations: string[] = [];
  readonly events: CollectEvent[] = [];
  readonly #letters: ReadonlyMap<string, Buffer>;
  readonly #maildir: string;
  readonly #state: string;
  readonly #case: HostileCase;
  readonly #clock = new ManualClock();
  /** Pauses that last until nobody is connected. */
  readonly #pauses = new Set<() => void>();
  /** Nobody is connected while the collector pauses between two sessions: that is over at once. */
  readonly #hastened: Clock = {
    now: () => this.#clock.now(),
    monotonic: () => this.#clock.monotonic(),
    set: (ring, wait) => {
      if (wait > PAUSE) return this.#clock.set(ring, wait);
      const alarm = this.#clock.set(ring, this.server.open === 0 ? 0 : wait);
      const end = () => {
        alarm.clear();
        ring();
      };
      this.#pauses.add(end);
      return {
        clear: () => {
          alarm.clear();
          this.#pauses.delete(end);
        },
      };
    },
  };

  constructor(folder: string, hostile: HostileCase) {
    this.#case = hostile;
    this.#maildir = join(folder, 'Maildir');
    this.#state = join(folder, 'state');
    const texts = hostile.letters ?? { a: letterNamed('a'), b: letterNamed('b'), c: letterNamed('c') };
    this.#letters = new Map(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text, 'latin1')]));
    const letters = this.held([...this.#letters.keys()].join(''));
    this.server = new HostileServer(letters, {}, (letter) => {
      const saved = this.stored();
      if (!saved.some(({ octets }) => octets.equals(stored(letter.octets)))) {
        this.violations.push(`${letter.uniqueId} is deleted, and is not in the Maildir`);
      }
    });
    this.server.onIdle = () => {
      const pauses = [...this.#pauses];
      this.#pauses.clear();
      for (const end of pauses) setImmediate(end);
    };
  }

  held(names: string): HostileServer['letters'] {
    return [...names].map((name) => ({ uniqueId: `id-${name}`, octets: this.#letters.get(name) ?? Buffer.alloc(0) }));
  }

  /** Calls once. While the server is silent time goes by, until something has come of it. */
  async call(afterwards: 'keep' | 'delete'): Promise<AccountReport> {
    let report: AccountReport | undefined;
    const account = this.#account(afterwards);
    const running = collectAccount({
      account,
      openJournal: () => openJournal(this.#state, mailboxKey(account)),
      destination: { name: `maildir:${this.#maildir}`, open: () => openMaildir(this.#maildir) },
      clock: this.#hastened,
      connect: (options) => this.#connect(options),
      report: (event) => this.events.push(event),
      random: () => 0.5,
    }).then((ended) => {
      report = ended;
      return ended;
    });
    for (let minutes = 0; report === undefined; ) {
      await turns(5);
      if (!this.server.isSilent || report !== undefined) continue;
      if (minutes === MOST_MINUTES)
        throw new Error(`it waits for a server that has been silent for ${minutes} minutes`);
      minutes += 1;
      // The disk has a clock of its own, and what waits for it should not find that hours have gone by.
      await later(20);
      await this.#clock.advance(MINUTE);
    }
    return running;
  }

  /** Days go by: whatever is put off is due. */
  async wait(): Promise<void> {
    await this.#clock.advance(7 * 24 * 60 * MINUTE);
  }

  /** What is in the Maildir, each by its letter's name, `?` where it is none. */
  stored(): readonly { readonly name: string; readonly octets: Buffer }[] {
    const folders = ['new', 'cur'].map((each) => join(this.#maildir, each));
    return folders.flatMap((folder) =>
      filesOf(folder).map((file) => {
        const octets = readFileSync(join(folder, file));
        const [name = '?'] = [...this.#letters].find(([, letter]) => octets.equals(stored(letter))) ?? [];
        return { name, octets };
      }),
    );
  }

  /** The names of what is in the Maildir, in order. */
  storedNames(): string {
    return this.stored()
      .map(({ name }) => name)
      .sort()
      .join('');
  }

  leftNames(): string {
    return this.server.letters
      .map(({ uniqueId }) => uniqueId.slice('id-'.length))
      .sort()
      .join('');
  }

  /** The letters under each name that has the same octets: the first of those names stands for them all. */
  known(names: string): string {
    return [...names]
      .map((name) => [...this.#letters].find(([, each]) => this.#letters.get(name)?.equals(each))?.[0] ?? '?')
      .sort()
      .join('');
  }

  allNames(): string {
    return this.known([...this.#letters.keys()].join(''));
  }

  #account(afterwards: 'keep' | 'delete'): CollectAccount {
    const { tls, server } = this.#case;
    const ca = tls === 'untrusted' ? selfSignedCertificate().cert : this.server.certificate;
    const way = tls === undefined ? { ignoreTLS: true, allowInsecureAuth: true } : { requireTLS: true, tls: { ca } };
    return {
      name: 'ada',
      server: {
        host: 'localhost',
        port: 110,
        secure: false,
        auth: { user: USER_NAME, pass: () => PASSWORD },
        ...way,
        ...server,
      },
      policy: {
        afterwards: { type: afterwards },
        firstRun: { type: 'all' },
        commitEvery: 100,
        large: 1_000_000,
        attempts: 3,
      },
    };
  }

  #connect(options: Pop3ClientOptions): ReturnType<typeof connect> {
    return connect({ ...options, clock: this.#hastened, socket: this.server.connect() });
  }
}

/** As a letter lies in a Maildir: with LF line ends, where they can be made CRLF again. */
function stored(letter: Buffer): Buffer {
  return /(?<!\r)\n/.test(letter.toString('latin1')) ? letter : withLf(letter);
}

function filesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
