import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoreError } from '@restante/pop/maildrop';
import { Failure } from '../../failure.ts';
import type { Intake } from '../../import/intake.ts';
import { StoreLetterDesk } from '../../import/letter-desk.ts';
import { whole } from '../../store/office.test.kit.ts';
import { type DurableStore, openStore } from '../../store/store.ts';
import { AccountDestination } from './account.ts';
import type { DestinationUnderTest } from './conformance.test.kit.ts';
import { Spool } from './spool.ts';

/** Octets of the largest letter that it takes. */
export const LARGEST = 8 * 1024 * 1024;

/** An office of which one account takes letters, and that can be made to fail. */
export class TrialOffice {
  readonly folder: string;
  readonly store: DurableStore;
  /** How it fails now. */
  fault: 'closed' | 'lost' | undefined;
  /** Ways in that are open. */
  open = 0;
  /** Ways in that were opened. */
  opened = 0;

  private constructor(folder: string, store: DurableStore) {
    this.folder = folder;
    this.store = store;
  }

  static async start(...accounts: readonly string[]): Promise<TrialOffice> {
    const folder = mkdtempSync(join(tmpdir(), 'restante-account-'));
    const store = await openStore({ data: join(folder, 'data'), limits: { reserveFile: 0, letter: LARGEST } });
    for (const name of accounts) await store.add({ name, addresses: [], passwordHash: '$none$' });
    return new TrialOffice(folder, store);
  }

  get spool(): string {
    return join(this.folder, 'spool');
  }

  destination(account = 'anna'): AccountDestination {
    return new AccountDestination(account, {
      spool: new Spool(this.spool),
      openIntake: (name) => this.openIntake(name),
    });
  }

  async openIntake(name: string): Promise<Intake> {
    if (this.fault === 'closed') throw new Failure('the data folder is in use');
    const intake = await new StoreLetterDesk(this.store).openIntake({ name });
    this.open += 1;
    this.opened += 1;
    return {
      imported: (keys) => {
        if (this.fault === 'lost') throw LOST;
        return intake.imported(keys);
      },
      givenUniqueIds: (ids) => intake.givenUniqueIds(ids),
      begin: (letter) => {
        const delivery = intake.begin(letter);
        const commit = () => (this.fault === 'lost' ? [delivery.abort().then(() => LOST)] : delivery.commit());
        return { write: (octets) => delivery.write(octets), commit, abort: () => delivery.abort() };
      },
      close: async () => {
        this.open -= 1;
      },
    };
  }

  /** All letters of a maildrop, in order. */
  async letters(account = 'anna'): Promise<readonly Buffer[]> {
    const maildrop = this.store.openMaildrop(account);
    const letters: Buffer[] = [];
    for (let number = 1; number <= maildrop.count; number += 1) letters.push(await whole(maildrop, number));
    maildrop.close();
    return letters;
  }

  leftovers(): readonly string[] {
    try {
      return readdirSync(this.spool);
    } catch {
      return [];
    }
  }

  async close(): Promise<void> {
    await this.store.close();
    rmSync(this.folder, { recursive: true });
  }
}

const LOST = new StoreError('temporary', 'the office closed in the middle');

/** Line ends as every letter in the store has them (docs/collecting.md). */
export function canonical(sent: Buffer): Buffer {
  const text = sent.toString('latin1').replace(/(?<!\r)\n/g, '\r\n');
  return Buffer.from(text === '' || text.endsWith('\n') ? text : `${text}\r\n`, 'latin1');
}

export async function accountUnderTest(): Promise<DestinationUnderTest> {
  const office = await TrialOffice.start('anna');
  const failing = (fault: 'closed' | 'lost') => () => {
    office.fault = fault;
    return () => {
      office.fault = undefined;
    };
  };
  const opened: AccountDestination[] = [];
  return {
    open: () => {
      const destination = office.destination();
      opened.push(destination);
      return destination;
    },
    letters: () => office.letters(),
    leftovers: () => office.leftovers(),
    arrives: canonical,
    breaks: { 'an office that cannot be reached': failing('closed'), 'an office that closes': failing('lost') },
    close: async () => {
      // Those that are dead, too: their files are the process's.
      for (const destination of opened) await destination.close();
      await office.close();
    },
  };
}
