/** What `PASS ` and its line end leave of a command line of 255 octets (RFC 2449 §4). */
const LONGEST = 248;

/**
 * Whether a POP3 client could ever send this password; if not, why not. Anything else is the owner's to choose: spaces
 * count, nothing is trimmed.
 */
export function passwordProblem(password: Uint8Array): string | undefined {
  if (password.length === 0) return 'the password is empty';
  if (password.length > LONGEST) return `the password is longer than the ${LONGEST} octets that PASS can carry`;
  for (const [octet, name] of [
    [0x0d, 'CR'],
    [0x0a, 'LF'],
    [0x00, 'NUL'],
  ] as const) {
    if (password.includes(octet)) return `the password contains ${name}, which no client can send`;
  }
  return undefined;
}
