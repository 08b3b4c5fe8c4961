import type { FoundRoute } from '../../collect/destinations/open.ts';
import type { OpenOffice } from '../../control/client.ts';
import { Failure } from '../../failure.ts';
import type { Intake } from '../../import/intake.ts';

/** How long the office is kept for those who come and go, in milliseconds. */
const HELD = 5_000;

/**
 * The office's maildrops, for letters that are collected. However many accounts are at it, the office is reached once: a
 * store that is closed can be opened by one of us only. It is let go of as soon as nobody has need of it, so that an office
 * can open while we wait for the next call; and once it has been held for long, or has gone away, whoever comes waits until
 * all have let go of it, and reaches it anew.
 */
export class OfficeDoor {
  readonly #reach: () => Promise<OpenOffice>;
  readonly #now: () => number;
  #office: Promise<OpenOffice> | undefined;
  #users = 0;
  /** Until when others may share it. */
  #until = 0;
  /** Wakes those who wait for it to be let go of. */
  #waiting: (() => void)[] = [];
  /** Letting go of it, which has to be over before it is reached again. */
  #leaving: Promise<void> = Promise.resolve();

  /** `now` answers milliseconds of a clock that only goes on. */
  constructor(reach: () => Promise<OpenOffice>, now: () => number = () => performance.now()) {
    this.#reach = reach;
    this.#now = now;
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
      this.#doubt(thrown);
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
    } catch (thrown) {
      this.#doubt(thrown);
      throw thrown;
    } finally {
      await this.#leave();
    }
  }

  async #enter(): Promise<OpenOffice> {
    while (this.#users > 0 && this.#now() >= this.#until) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#users += 1;
    this.#office ??= this.#reachAnew();
    try {
      return await this.#office;
    } catch (thrown) {
      // Whoever comes next tries again.
      this.#office = undefined;
      await this.#leave();
      throw thrown;
    }
  }

  async #reachAnew(): Promise<OpenOffice> {
    this.#until = Number.POSITIVE_INFINITY;
    await this.#leaving;
    const office = await this.#reach();
    this.#until = this.#now() + HELD;
    return office;
  }

  /** It may be that the office has closed; nobody else is to find that out. */
  #doubt(thrown: unknown): void {
    if (thrown instanceof Failure) this.#until = 0;
  }

  async #leave(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    const office = this.#office;
    this.#office = undefined;
    this.#leaving = (async () => (await office)?.close())();
    await this.#leaving;
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
