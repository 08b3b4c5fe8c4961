import { setTimeout as wait } from 'node:timers/promises';
import type { Mode } from '../connection.ts';
import { type SentLetter, writeLetter } from '../oracle/letter.ts';
import { type PromiseEvent, Promises } from '../oracle/promises.ts';
import type { Random } from '../oracle/random.ts';
import { Pop3Client, type Pop3Place } from '../pop3-client.ts';
import type { RunningOffice } from '../running-office.ts';

export const PASSWORD = 'soaked for half an hour';

/** An account and how its owner calls: `leaves` keeps letters on the server, the others take them away. */
export interface Resident {
  readonly name: string;
  readonly leaves: boolean;
}

/** Those who live here, what they were promised, and how many things have happened. */
export class Town {
  readonly office: RunningOffice;
  readonly random: Random;
  readonly residents: readonly Resident[];
  readonly promises = new Promises();
  /** Every certificate that the office may show. */
  readonly certificates: string[];
  readonly happened = new Map<string, number>();
  #letters = 0;
  #over = false;

  constructor(office: RunningOffice, random: Random, residents: readonly Resident[], certificates: string[]) {
    this.office = office;
    this.random = random;
    this.residents = residents;
    this.certificates = certificates;
  }

  get over(): boolean {
    return this.#over;
  }

  /** From now on nobody begins anything. */
  end(): void {
    this.#over = true;
  }

  record(event: PromiseEvent): void {
    this.promises.record(event);
  }

  count(what: string, times = 1): void {
    this.happened.set(what, (this.happened.get(what) ?? 0) + times);
  }

  /** One after the other, as long as the run lasts, with pauses of up to so many milliseconds. */
  async repeat(pause: number, once: () => Promise<void>): Promise<void> {
    while (!this.#over) {
      await once();
      await wait(this.random.below(pause));
    }
  }

  /** Waits as long, or until the run is over. */
  async linger(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0 && !this.#over; left -= 100) await wait(Math.min(left, 100));
  }

  /** The sizes that mail has: mostly a few kilobytes, now and then some hundred, seldom more than what is held in memory. */
  letter(): SentLetter {
    this.#letters += 1;
    const { random } = this;
    const at = random.below(1_000);
    const octets =
      at < 800
        ? 300 + random.below(8_000)
        : at < 970
          ? random.below(80_000)
          : at < 997
            ? random.below(600_000)
            : 1_300_000;
    return writeLetter(`soak-${this.#letters}`, octets);
  }

  one<T>(choices: readonly T[]): T {
    const chosen = choices[this.random.below(choices.length)];
    if (chosen === undefined) throw new Error('nothing to choose from');
    return chosen;
  }

  place(mode: Mode): Pop3Place {
    const { pop3, pop3s } = this.office;
    return { address: mode === 'TLS' ? pop3s : pop3, mode, ca: this.certificates.join('\n') };
  }

  async open(mode: Mode, name: string): Promise<Pop3Client> {
    const client = await Pop3Client.connect(this.place(mode));
    await client.login(name, PASSWORD);
    return client;
  }
}
