/** Which change numbers open sessions look at: what a purge must not pass. */
export class OpenSnapshots {
  readonly #open = new Map<number, Map<number, number>>();

  add(maildrop: number, change: number): void {
    const changes = this.#open.get(maildrop) ?? new Map<number, number>();
    changes.set(change, (changes.get(change) ?? 0) + 1);
    this.#open.set(maildrop, changes);
  }

  remove(maildrop: number, change: number): void {
    const changes = this.#open.get(maildrop);
    const times = changes?.get(change);
    if (!changes || times === undefined) return;
    if (times > 1) changes.set(change, times - 1);
    else changes.delete(change);
    if (changes.size === 0) this.#open.delete(maildrop);
  }

  /** The change numbers by maildrop, each once. */
  all(): Map<number, readonly number[]> {
    return new Map([...this.#open].map(([maildrop, changes]) => [maildrop, [...changes.keys()]]));
  }
}
