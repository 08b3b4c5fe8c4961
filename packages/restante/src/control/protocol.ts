import { join } from 'node:path';
import * as v from 'valibot';
import { isPasswordHash } from '../accounts/password-hash.ts';
import { POLICY_EDIT } from '../accounts/policy.ts';
import type { Office } from '../office/office.ts';

/** The control socket's path. */
export function controlSocket(data: string): string {
  return join(data, 'control.sock');
}

/**
 * How the command line speaks to an office that is open: JSON lines on a unix socket in the data folder. One line asks, one
 * answers, in order.
 */
export type Answer =
  | { readonly type: 'done'; readonly value: unknown }
  /** The operator can mend it. */
  | { readonly type: 'failure'; readonly message: string };

/** Octets of one question: some hundred addresses fit; whoever writes more is no command line of ours. */
export const QUESTION_LIMIT = 64 * 1024;

const name = v.pipe(v.string(), v.maxLength(256));
const passwordHash = v.pipe(v.string(), v.maxLength(256), v.check(isPasswordHash));
const label = v.pipe(v.string(), v.maxLength(256));
const address = v.pipe(v.string(), v.maxLength(1024));
const addresses = v.array(address);
const nothing = v.strictObject({});

/** What may be asked, and with what: the office's own methods. */
export const QUESTIONS = {
  addAccount: v.strictObject({ name, addresses, passwordHash }),
  listAccounts: nothing,
  showAccount: v.strictObject({ name }),
  setPassword: v.strictObject({ name, passwordHash }),
  setDisabled: v.strictObject({ name, disabled: v.boolean() }),
  editPolicy: v.strictObject({ name, edit: POLICY_EDIT }),
  addDevice: v.strictObject({
    name,
    label,
    fingerprint: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    expires: v.optional(v.pipe(v.number(), v.safeInteger())),
  }),
  listDevices: v.strictObject({ name }),
  revokeDevice: v.strictObject({ name, label }),
  removeAccount: v.strictObject({ name }),
  changeAddresses: v.strictObject({ name, add: addresses, remove: addresses }),
  addAlias: v.strictObject({ address, accounts: v.pipe(v.array(address), v.minLength(1)) }),
  removeAlias: v.strictObject({ address, accounts: v.array(address) }),
  listAliases: nothing,
  testRoute: v.strictObject({ address }),
  ledgerEntries: v.strictObject({ name, since: v.exactOptional(v.number()), after: v.number() }),
  ledgerLetters: v.strictObject({
    name,
    after: v.strictObject({ entry: v.number(), part: v.number() }),
    last: v.number(),
  }),
  ledgerPolls: v.strictObject({ name, after: v.strictObject({ hour: v.number(), address: name }) }),
  letterHistory: v.strictObject({ name, uniqueId: name }),
  undelete: v.strictObject({
    name,
    since: v.exactOptional(v.pipe(v.number(), v.safeInteger())),
    session: v.exactOptional(name),
    uniqueIds: v.exactOptional(v.array(v.pipe(v.string(), v.maxLength(70)))),
    newUniqueIds: v.boolean(),
    dryRun: v.boolean(),
  }),
  purge: v.strictObject({ name: v.exactOptional(name), now: v.boolean(), dryRun: v.boolean() }),
  status: nothing,
  backup: v.strictObject({ directory: v.pipe(v.string(), v.startsWith('/')) }),
} as const satisfies { readonly [Verb in keyof Office]: v.GenericSchema<unknown, Parameters<Office[Verb]>[0]> };

/** A method of the office that may be asked for. */
export type Verb = keyof Office;

/** Questions after whose answer letters go over the connection, in frames. */
export const STREAMS = {
  import: v.strictObject({ name }),
  export: v.strictObject({ name }),
} as const;

/** A way for letters that may be asked for. */
export type StreamVerb = keyof typeof STREAMS;

/** A question, once its line is JSON. */
export const QUESTION = v.strictObject({
  ask: v.picklist([...(Object.keys(QUESTIONS) as Verb[]), ...(Object.keys(STREAMS) as StreamVerb[])]),
  with: v.unknown(),
});
