import type { DatabaseSync } from 'node:sqlite';
import type { Alias } from '../../../accounts/alias.ts';
import { Statement } from './statement.ts';

export class AliasReads {
  readonly #accounts: Statement<[string]>;
  readonly #slice: Statement<[string, string, string]>;

  constructor(database: DatabaseSync) {
    this.#accounts = new Statement(database, 'SELECT account FROM aliases WHERE address = ? ORDER BY place');
    this.#slice = new Statement(
      database,
      `SELECT domain, address, json_group_array(account ORDER BY place) FROM aliases
       WHERE (domain, address) > (?, ?) GROUP BY domain, address ORDER BY domain, address LIMIT ?`,
    );
  }

  /** One look-up by the key. */
  byAddress(address: string): Alias | undefined {
    const accounts = this.#accounts.all(address).map(([account]) => account);
    return accounts.length > 0 ? { address, accounts } : undefined;
  }

  /** The next aliases behind this one, by domain and then by address; each is whole. */
  slice(after: Alias | undefined, limit: number): Alias[] {
    const [domain, last] = after ? [domainOf(after.address), after.address] : ['', ''];
    return this.#slice.all(domain, last, limit).map(([, address, accounts]) => {
      return { address, accounts: JSON.parse(accounts) as string[] };
    });
  }
}

export class AliasWrites {
  readonly #accounts: Statement<[string]>;
  readonly #add: Statement<[]>;
  readonly #remove: Statement<[]>;
  readonly #removeAccount: Statement<[]>;
  readonly #taken: Statement<[string]>;

  constructor(database: DatabaseSync) {
    this.#accounts = new Statement(database, 'SELECT account FROM aliases WHERE address = ? ORDER BY place');
    this.#add = new Statement(database, 'INSERT INTO aliases (address, place, account, domain) VALUES (?, ?, ?, ?)');
    this.#remove = new Statement(database, 'DELETE FROM aliases WHERE address = ?');
    this.#removeAccount = new Statement(database, 'DELETE FROM aliases WHERE account = ?');
    this.#taken = new Statement(
      database,
      'SELECT address FROM aliases WHERE address IN (SELECT value FROM json_each(?)) LIMIT 1',
    );
  }

  put({ address, accounts }: Alias): void {
    this.#remove.run(address);
    for (const [place, account] of accounts.entries()) this.#add.run(address, place, account, domainOf(address));
  }

  /** Answers the accounts that it led to; none when there was no such alias. */
  remove(address: string): string[] {
    const accounts = this.#accounts.all(address).map(([account]) => account);
    this.#remove.run(address);
    return accounts;
  }

  /** Takes the account out of every alias; one that leads to nobody else is gone by that. */
  removeAccount(account: string): void {
    this.#removeAccount.run(account);
  }

  /** The first of these addresses that is an alias. */
  taken(addresses: readonly string[]): string | undefined {
    return this.#taken.get(JSON.stringify(addresses))?.[0];
  }
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}
