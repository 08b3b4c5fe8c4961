import type { Alias } from '../../accounts/alias.ts';
import { OfficeLost } from './office.ts';
import type { PromiseEvent, Violation } from './promises.ts';

/** Whoever changes aliases. */
export interface AliasOffice {
  /** Makes or replaces it; removes it when there are no accounts. */
  setAlias(alias: Alias): Promise<unknown>;
}

/** An address that leads to all of these mailboxes, for letters to a group. */
export const ALL = 'all@group.example';

/** Changes aliases, one after the other, until the office is lost. */
export async function runAliases(
  office: AliasOffice,
  {
    maildrops,
    record,
    times = Number.POSITIVE_INFINITY,
  }: {
    readonly maildrops: readonly string[];
    readonly record: (event: PromiseEvent) => void;
    readonly times?: number;
  },
): Promise<void> {
  try {
    for (let time = 0; time < times; time += 1) {
      const address = `${time % 3}@alias.example`;
      const accounts = maildrops.slice(time % (maildrops.length + 1)).toReversed();
      record({ type: 'aliasing', address, accounts });
      await office.setAlias({ address, accounts });
      record({ type: 'aliased', address, accounts });
    }
  } catch (error) {
    if (!(error instanceof OfficeLost)) throw error;
  }
}

/** What was promised of aliases: a change that was answered is there, one that was not may be. */
export class AliasPromises {
  readonly #known = new Map<string, string>();
  /** Every change since then that was not answered: an office that was lost may have made any one of them last. */
  readonly #asked = new Map<string, Set<string>>();

  record({ type, address, accounts }: Extract<PromiseEvent, { readonly type: 'aliasing' | 'aliased' }>): void {
    if (type === 'aliasing') {
      const asked = this.#asked.get(address) ?? new Set();
      this.#asked.set(address, asked.add(accounts.join()));
      return;
    }
    this.#known.set(address, accounts.join());
    this.#asked.delete(address);
  }

  /** What is found is what there has to be from then on. `accounts` are those that are there. */
  verify(aliases: readonly Alias[], accounts: ReadonlySet<string>): readonly Violation[] {
    const violations: Violation[] = [];
    const found = new Map(aliases.map((alias) => [alias.address, alias.accounts]));
    for (const address of new Set([...this.#known.keys(), ...this.#asked.keys()])) {
      const [known, asked] = [this.#known.get(address) ?? '', this.#asked.get(address)];
      const is = found.get(address)?.join() ?? '';
      if (is !== known && !asked?.has(is)) {
        violations.push({ kind: 'lost', maildrop: address, what: `leads to ${is}, not to ${known}` });
      }
      this.#known.set(address, is);
      this.#asked.delete(address);
    }
    for (const { address, accounts: names } of aliases) {
      const gone = names.filter((name) => !accounts.has(name));
      if (gone.length > 0) violations.push({ kind: 'came-back', maildrop: address, what: `leads to ${gone.join()}` });
    }
    return violations;
  }
}
