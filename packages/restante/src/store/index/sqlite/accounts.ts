import type { DatabaseSync } from 'node:sqlite';
import type { Account } from '../../../accounts/account.ts';
import { type AccountPolicy, formatPolicy, parsePolicy } from '../../../accounts/policy.ts';
import { domainOf } from './aliases.ts';
import { Statement } from './statement.ts';

type AccountRow = [
  name: string,
  passwordHash: string,
  credentialVersion: number,
  disabled: number,
  created: number,
  policy: string,
];

/** Of the index `accounts_by_terms`, in its words. */
const TERMS = `coalesce(policy -> '$.expire', '') || ',' || coalesce(policy -> '$.expireFetched', '') || ',' ||
  coalesce(policy -> '$.loginDelay', '')`;

/** What accounts have of their own in the terms that CAPA tells; what is absent is as the settings say. */
export type OwnTerms = Pick<AccountPolicy, 'expire' | 'expireFetched' | 'loginDelay'>;

const columns = 'name, password_hash, credential_version, disabled, created, policy';

export class AccountReads {
  readonly #byName: Statement<AccountRow>;
  readonly #slice: Statement<AccountRow>;
  readonly #firstEnabled: Statement<AccountRow>;
  readonly #first: Statement<AccountRow>;
  readonly #count: Statement<[number]>;
  readonly #addresses: Statement<[string]>;
  readonly #ownerOf: Statement<[string]>;
  readonly #domain: Statement<[number]>;
  readonly #policy: Statement<[string]>;
  readonly #terms: Statement<[string | null]>;

  constructor(database: DatabaseSync) {
    this.#byName = new Statement(database, `SELECT ${columns} FROM accounts WHERE name = ?`);
    this.#slice = new Statement(database, `SELECT ${columns} FROM accounts WHERE name > ? ORDER BY name LIMIT ?`);
    this.#firstEnabled = new Statement(
      database,
      `SELECT ${columns} FROM accounts WHERE disabled = 0 ORDER BY place LIMIT 1`,
    );
    this.#first = new Statement(database, `SELECT ${columns} FROM accounts ORDER BY place LIMIT 1`);
    this.#count = new Statement(database, 'SELECT count(*) FROM accounts');
    this.#addresses = new Statement(database, 'SELECT address FROM addresses WHERE account = ? ORDER BY address');
    this.#ownerOf = new Statement(database, 'SELECT account FROM addresses WHERE address = ?');
    this.#policy = new Statement(database, 'SELECT policy FROM accounts WHERE name = ?');
    this.#domain = new Statement(
      database,
      'SELECT 1 FROM addresses WHERE domain = ?1 UNION ALL SELECT 1 FROM aliases WHERE domain = ?1 LIMIT 1',
    );
    this.#terms = new Statement(database, `SELECT min(${TERMS}) FROM accounts WHERE ${TERMS} > ?`);
  }

  byName(name: string): Account | undefined {
    return this.#account(this.#byName.get(name));
  }

  /** What accounts have of their own, each once; one look-up for each that differs, however many accounts there are. */
  terms(): OwnTerms[] {
    const terms: OwnTerms[] = [];
    for (let last = ''; ; ) {
      const next = this.#terms.get(last)?.[0] ?? undefined;
      if (next === undefined) return terms;
      terms.push(termsOf(next));
      last = next;
    }
  }

  byAddress(address: string): Account | undefined {
    const owner = this.#ownerOf.get(address)?.[0];
    return owner === undefined ? undefined : this.byName(owner);
  }

  /** What is true of the account alone; undefined where there is no such account. */
  policyOf(name: string): AccountPolicy | undefined {
    const text = this.#policy.get(name)?.[0];
    return text === undefined ? undefined : parsePolicy(text);
  }

  /** Whether an account or an alias has an address in it. */
  servesDomain(domain: string): boolean {
    return this.#domain.get(domain) !== undefined;
  }

  /** The next accounts by name. */
  slice(after: string, limit: number): Account[] {
    return this.#slice.all(after, limit).map((row) => this.#whole(row));
  }

  /** The one that was made first of those that are not disabled; of all, when all of them are. */
  first(): Account | undefined {
    return this.#account(this.#firstEnabled.get() ?? this.#first.get());
  }

  count(): number {
    return this.#count.get()?.[0] ?? 0;
  }

  #account(row: AccountRow | undefined): Account | undefined {
    return row && this.#whole(row);
  }

  #whole([name, passwordHash, credentialVersion, disabled, created, policy]: AccountRow): Account {
    const addresses = this.#addresses.all(name).map(([address]) => address);
    return {
      name,
      addresses,
      passwordHash,
      credentialVersion,
      disabled: disabled === 1,
      created,
      policy: parsePolicy(policy),
    };
  }
}

function termsOf(text: string): OwnTerms {
  const own = text.split(',').map((each) => (each === '' ? undefined : (JSON.parse(each) as number | null)));
  const [expire, expireFetched, loginDelay] = own;
  return {
    ...(expire !== undefined && { expire }),
    ...(expireFetched !== undefined && { expireFetched }),
    ...(typeof loginDelay === 'number' && { loginDelay }),
  };
}

export class AccountWrites {
  readonly #taken: Statement<[string]>;
  readonly #ownerOf: Statement<[string]>;
  readonly #exists: Statement<[number]>;
  readonly #add: Statement<[]>;
  readonly #addAddress: Statement<[]>;
  readonly #version: Statement<[number]>;
  readonly #setPassword: Statement<[]>;
  readonly #setDisabled: Statement<[]>;
  readonly #policy: Statement<[string]>;
  readonly #setPolicy: Statement<[]>;
  readonly #remove: Statement<[]>;
  readonly #removeAddresses: Statement<[]>;

  constructor(database: DatabaseSync) {
    this.#taken = new Statement(
      database,
      `SELECT name FROM accounts WHERE name = ?
       UNION ALL SELECT address FROM addresses WHERE address IN (SELECT value FROM json_each(?)) LIMIT 1`,
    );
    this.#ownerOf = new Statement(database, 'SELECT account FROM addresses WHERE address = ?');
    this.#exists = new Statement(database, 'SELECT 1 FROM accounts WHERE name = ?');
    this.#add = new Statement(
      database,
      `INSERT INTO accounts (name, password_hash, credential_version, disabled, created, place)
       VALUES (?, ?, ?, 0, ?, (SELECT coalesce(max(place), 0) + 1 FROM accounts))`,
    );
    this.#addAddress = new Statement(database, 'INSERT INTO addresses (address, domain, account) VALUES (?, ?, ?)');
    this.#version = new Statement(
      database,
      `INSERT INTO counters (name, value) VALUES ('credential_version', 1)
       ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value`,
    );
    this.#setPassword = new Statement(
      database,
      'UPDATE accounts SET password_hash = ?, credential_version = ? WHERE name = ?',
    );
    this.#setDisabled = new Statement(
      database,
      'UPDATE accounts SET disabled = ?, credential_version = ? WHERE name = ?',
    );
    this.#policy = new Statement(database, 'SELECT policy FROM accounts WHERE name = ?');
    this.#setPolicy = new Statement(database, 'UPDATE accounts SET policy = ?, credential_version = ? WHERE name = ?');
    this.#remove = new Statement(database, 'DELETE FROM accounts WHERE name = ?');
    this.#removeAddresses = new Statement(database, 'DELETE FROM addresses WHERE account = ?');
  }

  /** The name or address that another account has already. */
  taken(name: string, addresses: readonly string[]): string | undefined {
    return this.#taken.get(name, JSON.stringify(addresses))?.[0];
  }

  /** `created` is milliseconds since 1970. */
  add(name: string, addresses: readonly string[], passwordHash: string, created: number): void {
    this.#add.run(name, passwordHash, this.#nextVersion(), created);
    this.setAddresses(name, addresses);
  }

  exists(name: string): boolean {
    return this.#exists.get(name) !== undefined;
  }

  /** The account that has the address as its own. */
  ownerOf(address: string): string | undefined {
    return this.#ownerOf.get(address)?.[0];
  }

  /** These instead of those it had. */
  setAddresses(name: string, addresses: readonly string[]): void {
    this.#removeAddresses.run(name);
    for (const address of addresses) this.#addAddress.run(address, domainOf(address), name);
  }

  /** Answers whether there is such an account; so do the next two. */
  setPassword(name: string, passwordHash: string): boolean {
    return this.#setPassword.run(passwordHash, this.#nextVersion(), name) > 0;
  }

  setDisabled(name: string, disabled: boolean): boolean {
    return this.#setDisabled.run(disabled ? 1 : 0, this.#nextVersion(), name) > 0;
  }

  /** What is true of the account alone; undefined where there is no such account. */
  policyOf(name: string): AccountPolicy | undefined {
    const text = this.#policy.get(name)?.[0];
    return text === undefined ? undefined : parsePolicy(text);
  }

  /** What was refused under the old policy may be let in by this one, and the other way round. */
  setPolicy(name: string, policy: AccountPolicy): void {
    this.#setPolicy.run(formatPolicy(policy), this.#nextVersion(), name);
  }

  remove(name: string): boolean {
    this.#removeAddresses.run(name);
    return this.#remove.run(name) > 0;
  }

  /**
   * One counter for the whole office: an account that is removed and made anew never has a version that a
   * remembered login of the old one could match.
   */
  #nextVersion(): number {
    return this.#version.get()?.[0] ?? 1;
  }
}
