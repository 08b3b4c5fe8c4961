import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type CollectAccount, mailboxKey } from '../../collect/account.ts';
import { openDestination } from '../../collect/destinations/open.ts';
import { journalPath } from '../../collect/journal/file-name.ts';
import type { Journal } from '../../collect/journal/journal.ts';
import { memoryJournal, openJournal } from '../../collect/journal/open.ts';
import type { CollectTask } from '../../collect/task.ts';
import { Failure } from '../../failure.ts';
import { reachOffice } from '../at-office.ts';
import type { Places } from '../places.ts';
import type { ChosenAccount } from './choose.ts';
import { OfficeDoor } from './office-door.ts';
import { withoutSecrets } from './secret.ts';

export interface TaskOptions {
  readonly places: Places;
  /** The folder of the journals. */
  readonly folder: string;
  /** Nothing is written, not even a journal where there was none. */
  readonly dryRun: boolean;
  /** Letters that are held or given up are tried once more. */
  readonly retry?: boolean;
}

/** What a run is given for each account. */
export function tasksFor(chosen: readonly ChosenAccount[], options: TaskOptions): readonly CollectTask[] {
  const { places, folder, dryRun, retry = false } = options;
  const office = new OfficeDoor(() => reachOffice(places, {}));
  const services = {
    spool: join(folder, 'spool'),
    openIntake: (account: string) => office.openIntake(account),
    findRoute: (address: string) => office.findRoute(address),
    environment: withoutSecrets(chosen.map(({ settings }) => settings)),
  };
  return chosen.map(({ account, destination }) => {
    let again = retry;
    return {
      account,
      openJournal: () => {
        if (dryRun) return journalToLookAt(account, folder);
        const journal = openJournal(folder, mailboxKey(account));
        if (again) tryAgain(journal);
        // Once: what fails anew in the calls that follow has its attempts.
        again = false;
        return journal;
      },
      destination: {
        name: destination?.name ?? 'nowhere',
        open: () => {
          if (destination === undefined) throw new Failure('there is no destination');
          return openDestination(destination, { ...services, account: account.name });
        },
      },
    };
  });
}

function journalToLookAt(account: CollectAccount, folder: string): Journal {
  const key = mailboxKey(account);
  return existsSync(journalPath(folder, key)) ? openJournal(folder, key) : memoryJournal(key);
}

function tryAgain(journal: Journal): void {
  const changes = [...journal.letters()]
    .filter(({ state }) => state === 'held' || state === 'given-up')
    .map(({ key }) => ({ type: 'wanted', key }) as const);
  if (changes.length > 0) journal.write(changes);
}
