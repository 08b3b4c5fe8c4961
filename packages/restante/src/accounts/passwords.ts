import { randomBytes, timingSafeEqual } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { hash, hashRaw, parseOptions } from '@node-rs/argon2';
import type { Secret } from '@restante/pop/sasl';

/**
 * Argon2id with 19 MiB and two passes (OWASP's first choice): some 7 ms of one core, and
 * dear to whoever tries passwords by the million. Only `p = 1`, since several logins at once use the cores as well as several lanes of one would.
 */
const COST = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** A new hash with its own salt, a PHC string. For operators' changes; logins are checked by {@link PasswordChecks}. */
export function hashPassword(password: Secret): Promise<string> {
  return hash(password.reveal(), COST);
}

/**
 * The library's own `verify` throws for a password that is not UTF-8, which would make a wrong password a failure of
 * ours; so the hash is made again from the same salt and compared.
 */
async function matches(passwordHash: string, password: Uint8Array): Promise<boolean> {
  const options = parseOptions(passwordHash);
  const [salt, digest] = passwordHash.split('$').slice(-2) as [string, string];
  const made = await hashRaw(password, { ...options, salt: Buffer.from(salt, 'base64') });
  return timingSafeEqual(made, Buffer.from(digest, 'base64'));
}

/** How a check of a password ended. `overloaded`: too many wait already, it was not looked at. */
export type Checked = 'right' | 'wrong' | 'overloaded';

/** How many passwords are worked on. */
export interface PasswordLimits {
  /** At once; default all cores but one, so that the network threads always have theirs. */
  readonly atOnce?: number;
  /** Waiting for their turn, in each of the two queues; default 256, which is about two seconds' work for one core. */
  readonly waiting?: number;
}

/**
 * Checks passwords away from the thread that calls, some at once and some waiting: a storm of logins costs the
 * attacker's time, not that of sessions which are logged in.
 */
export class PasswordChecks {
  readonly #atOnce: number;
  readonly #waitingLimit: number;
  /** Those who go first, and the others. */
  readonly #first: (() => void)[] = [];
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  /** Costs as much to check against as a real one; nobody knows its password. Made before the first login needs it. */
  readonly #dummy: Promise<string>;

  constructor(limits: PasswordLimits = {}) {
    this.#atOnce = limits.atOnce ?? Math.max(1, availableParallelism() - 1);
    this.#waitingLimit = limits.waiting ?? 256;
    this.#dummy = this.#inTurn(this.#first, () => hash(randomBytes(32), COST));
    // Whoever awaits it sees the failure; this only keeps it from ending the process.
    this.#dummy.catch(() => {});
  }

  /** Passwords waiting for their turn. */
  get waiting(): number {
    return this.#first.length + this.#waiting.length;
  }

  /**
   * Compares with an account's hash, or, where there is no account, does the same work for nothing, so that the time
   * does not tell an unknown name from a wrong password (AUTH-26). Whoever is known goes before all strangers that wait, and
   * has a queue that they cannot fill.
   */
  async check(password: Secret, passwordHash: string | undefined, known = false): Promise<Checked> {
    const queue = known ? this.#first : this.#waiting;
    if (this.#running >= this.#atOnce && queue.length >= this.#waitingLimit) return 'overloaded';
    const right = await this.#inTurn(queue, async () =>
      matches(passwordHash ?? (await this.#dummy), password.reveal()),
    );
    return right && passwordHash !== undefined ? 'right' : 'wrong';
  }

  async #inTurn<T>(queue: (() => void)[], work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnce) this.#running++;
    else await new Promise<void>((resolve) => queue.push(resolve));
    try {
      return await work();
    } finally {
      // The turn goes straight to the next one: nobody who comes later gets in between.
      const next = this.#first.shift() ?? this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
