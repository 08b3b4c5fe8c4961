import type { FoundRoute } from '../../collect/destinations/open.ts';
import type { OpenOffice } from '../../control/client.ts';
import { Failure } from '../../failure.ts';
import type { Intake } from '../../import/intake.ts';

/**
 * The office's maildrops, for letters that are collected. However many accounts are at it, the office is reached once: a
 * store that is closed can be opened by one of us only. It is let go of as soon as nobody has need of it, so that an office
 * can open while we wait for the next call.
 */
export class OfficeDoor {
  readonly #reach: () => Promise<OpenOffice>;
  #office: Promise<OpenOffice> | undefined;
  #users = 0;
  /** Letting go of it, which has to be over before it is reached again. */
  #leaving: Promise<void> = Promise.resolve();

  constructor(reach: () => Promise<OpenOffice>) {
    this.#reach = reach;
  }

  /** An account's maildrop. */
  async openIntake(account: string): Promise<Intake> {
    const office = await this.#enter();
    let intake: Intake;
    try {
      const { name, state } = await office.showAccount({ name: account });
      if (state === 'disabled')
        throw new Failure(`the account ${name} is disabled: restante account enable ${name} lets mail in`);
      intake = await office.openIntake({ name });
    } catch (thrown) {
      await this.#leave();
      throw thrown;
    }
    let open = true;
    return {
      imported: (keys) => intake.imported(keys),
      givenUniqueIds: (uniqueIds) => intake.givenUniqueIds(uniqueIds),
      begin: (letter) => intake.begin(letter),
      close: async () => {
        if (!open) return;
        open = false;
        try {
          await intake.close();
        } finally {
          await this.#leave();
        }
      },
    };
  }

  /** Where an address leads. */
  async findRoute(address: string): Promise<FoundRoute> {
    const office = await this.#enter();
    try {
      return await office.testRoute({ address });
    } finally {
      await this.#leave();
    }
  }

  async #enter(): Promise<OpenOffice> {
    this.#users += 1;
    this.#office ??= this.#leaving.then(() => this.#reach());
    try {
      return await this.#office;
    } catch (thrown) {
      this.#users -= 1;
      // Whoever comes next tries again.
      this.#office = undefined;
      throw thrown;
    }
  }

  async #leave(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    const office = this.#office;
    this.#office = undefined;
    this.#leaving = (async () => (await office)?.close())();
    await this.#leaving;
  }
}
