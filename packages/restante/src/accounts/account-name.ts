/** The form of an account's name, in lower case: {@link Account.name} in `account.ts`. */
const NAME = /^[a-z0-9][a-z0-9._+-]{0,63}$/;

/** What the form asks for, in words. */
export const ACCOUNT_NAME_FORM = '1 to 64 of a-z, 0-9, ".", "_", "-" and "+", beginning with a letter or digit';

/** The name as it is kept, or undefined when it cannot be one. Case does not tell accounts apart. */
export function accountName(text: string): string | undefined {
  const name = text.toLowerCase();
  return NAME.test(name) ? name : undefined;
}
