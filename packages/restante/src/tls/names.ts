/**
 * Finds what has a name among the names of certificates: the name itself, or `*.` and all but its first label (RFC 6125
 * §6.4.3: a wildcard is one whole label). Of two that have the same name the earlier one is found.
 */
export class NameIndex<T> {
  readonly #byName = new Map<string, T>();

  constructor(entries: Iterable<readonly [names: readonly string[], item: T]>) {
    for (const [names, item] of entries) {
      for (const name of names) {
        const key = name.toLowerCase();
        if (!this.#byName.has(key)) this.#byName.set(key, item);
      }
    }
  }

  find(name: string): T | undefined {
    const key = name.toLowerCase().replace(/\.$/, '');
    const dot = key.indexOf('.');
    return this.#byName.get(key) ?? (dot > 0 ? this.#byName.get(`*${key.slice(dot)}`) : undefined);
  }
}
