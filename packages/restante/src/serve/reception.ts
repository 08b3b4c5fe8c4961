import type { Maildrop, MaybePromise } from '@restante/pop/maildrop';
import { ExclusiveMaildrops, LoginDelays, systemClock, type Visit } from '@restante/pop/server';
import type { Settings } from '../config/settings.ts';
import type { DurableStore } from '../store/store.ts';
import { visitorOf } from './visitor.ts';

/**
 * Lets who has good credentials in to a maildrop, as its account's policy says: not before LOGIN-DELAY has passed, and where there is to be one
 * session at a time, not before the other has left. One for all sessions of the office.
 */
export class Reception {
  readonly #store: Pick<DurableStore, 'byName' | 'openMaildrop'>;
  readonly #settings: Settings;
  readonly #delays = new LoginDelays();
  readonly #maildrops: ExclusiveMaildrops;

  constructor(store: Pick<DurableStore, 'byName' | 'openMaildrop'>, settings: Settings) {
    this.#store = store;
    this.#settings = settings;
    this.#maildrops = new ExclusiveMaildrops({ clock: systemClock, patience: settings['maildrop.lock_wait'] });
  }

  /** Throws, or rejects with, a StoreError: `too-soon`, `in-use`, or what the store says. */
  open(name: string, visit: Visit): MaybePromise<Maildrop> {
    const { lock, loginDelay } = this.#store.byName(name)?.policy ?? {};
    const delay = loginDelay ?? loginDelaySeconds(this.#settings);
    const accept = (maildrop: Maildrop): Maildrop => {
      this.#delays.accepted(name, delay);
      return maildrop;
    };
    const open = (): Maildrop => {
      // Another login may have been accepted while this one waited.
      this.#delays.check(name);
      return this.#store.openMaildrop(name, visitorOf(name, visit));
    };
    if ((lock ?? this.#settings['maildrop.lock']) === 'snapshot') return accept(open());
    const alone = this.#maildrops.open(name, visit, open);
    return alone instanceof Promise ? alone.then(accept) : accept(alone);
  }
}

/** What CAPA announces: whole seconds (RFC 2449 §6.5). */
export function loginDelaySeconds(settings: Settings): number {
  return Math.ceil(settings.login_delay / 1000);
}
