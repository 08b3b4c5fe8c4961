import { existsSync } from 'node:fs';
import type { OpenOffice } from '../control/client.ts';
import { Failure } from '../failure.ts';
import { StoreLetterDesk } from '../import/letter-desk.ts';
import { LocalOffice } from '../office/office.ts';
import { openData } from '../office/open-store.ts';
import { policyDefaults } from '../office/policy-defaults.ts';
import { accountRoutes } from '../serve/account-routes.ts';
import { servedDomains } from '../serve/served-domains.ts';
import { dataFolder } from '../store/letters/segments/folder.ts';
import { DataInUse } from '../store/lock.ts';
import type { Places } from './places.ts';

/**
 * Opens the store of an office that is closed, for one verb. Answers {@link DataInUse} when somebody else has it just
 * now: an office that is opening, or another verb.
 */
export async function openHere({ data, settings }: Places, create: boolean): Promise<OpenOffice | DataInUse> {
  if (!create && !existsSync(dataFolder(data).index)) {
    throw new Failure(
      `there is no post office in ${data}: open one with restante serve, or name its folder with --data DIR`,
    );
  }
  try {
    const store = await openData({ data, settings });
    const routes = accountRoutes(settings, store);
    const office = new LocalOffice({
      data,
      store,
      routes,
      domains: servedDomains(settings),
      policy: policyDefaults(settings),
    });
    const letters = new StoreLetterDesk(store);
    return Object.assign(office, {
      openIntake: letters.openIntake.bind(letters),
      openOutgoing: letters.openOutgoing.bind(letters),
      close: () => store.close(),
    });
  } catch (thrown) {
    if (thrown instanceof DataInUse) return thrown;
    throw thrown;
  }
}
