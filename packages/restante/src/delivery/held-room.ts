import type { MaybePromise, Reservation, Store, StoreError } from '@restante/pop/maildrop';
import { type Refused, refused } from './outcome.ts';

/** Octets for which room is kept when MAIL declares no size: more than most letters that people write. */
const GUESS = 16_384;

/**
 * The room that a store keeps for one letter while its recipients are being named, so that one who cannot take it is refused at
 * RCPT (SM-39): in SMTP the others would be refused with him at the end (SM-31), in LMTP the letter would come for nothing. A store that cannot tell has room until it says otherwise.
 */
export class HeldRoom {
  readonly #reservation: Reservation | undefined;

  /** `declared`: the octets that the sender said. */
  constructor(store: Pick<Store, 'reserve'>, declared: number | undefined) {
    try {
      this.#reservation = store.reserve?.(declared ?? GUESS, declared === undefined);
    } catch {}
  }

  /** Keeps room in all of these too; answers why not, if one of them cannot take the letter. Never throws nor rejects. */
  hold(maildrops: readonly string[]): MaybePromise<Refused | undefined> {
    for (const [index, maildrop] of maildrops.entries()) {
      const held = this.#holdOne(maildrop);
      if (held instanceof Promise) return held.then((refusal) => refusal ?? this.hold(maildrops.slice(index + 1)));
      if (held !== undefined) return held;
    }
    return undefined;
  }

  release(): void {
    this.#reservation?.release();
  }

  #holdOne(maildrop: string): MaybePromise<Refused | undefined> {
    try {
      const held = this.#reservation?.hold(maildrop);
      return held instanceof Promise ? held.then(refusalOf, () => undefined) : refusalOf(held);
    } catch {
      return undefined;
    }
  }
}

function refusalOf(error: StoreError | undefined): Refused | undefined {
  return error === undefined ? undefined : refused(error.kind, error.message);
}
