import { leniently, Secret } from '@restante/pop/sasl';
import type { Command } from 'commander';
import { deviceCharacters } from '../accounts/device-password.ts';
import { generatePassword } from '../accounts/generate-password.ts';
import { passwordProblem } from '../accounts/usable-password.ts';
import { Failure } from '../failure.ts';
import { UsageError } from './exit-code.ts';
import { askSecret, interactive } from './terminal.ts';

/** Where a new password comes from. Never from the command line: that can be read by everybody on the machine. */
export interface PasswordOptions {
  readonly passwordStdin?: boolean;
  readonly generate?: boolean;
}

/** A new password, of which only the hash goes any further; `shown` is set when we made it up and somebody has to be told. */
export interface NewPassword {
  readonly passwordHash: string;
  readonly shown?: string;
}

/** The two options, for the verbs that take a password. */
export function withPasswordOptions(command: Command): Command {
  return command
    .option('--password-stdin', 'take the password from the first line of standard input, spaces and all')
    .option('--generate', 'make up a password and print it');
}

/** Gets a new password: from stdin, made up, or asked for twice on the terminal. */
export async function readPassword(options: PasswordOptions): Promise<NewPassword> {
  if (options.passwordStdin === true && options.generate === true) {
    throw new UsageError('--password-stdin and --generate do not go together: give one of them');
  }
  if (options.generate === true) {
    const shown = generatePassword();
    return { passwordHash: await hashed(new Secret(shown)), shown };
  }
  const octets = options.passwordStdin === true ? await firstLine() : await askTwice();
  const problem = passwordProblem(octets);
  if (problem !== undefined) throw new Failure(problem);
  if (deviceCharacters(new Secret(octets)) !== undefined) {
    throw new Failure('that has the form of a device’s password, which no account’s own may have: choose another');
  }
  // Prepared as it will be when a client presents it (PLAIN-04).
  return { passwordHash: await hashed(leniently(octets)) };
}

/** Loaded only where it is needed: most verbs have no password. */
async function hashed(secret: Secret): Promise<string> {
  const { hashPassword } = await import('../accounts/passwords.ts');
  return hashPassword(secret);
}

async function askTwice(): Promise<Uint8Array> {
  if (!interactive()) {
    throw new UsageError('there is no terminal to ask for a password on: give --generate or --password-stdin');
  }
  const first = await askSecret('Password: ');
  if ((await askSecret('The same again: ')) !== first)
    throw new Failure('the two were not the same: nothing was changed');
  return Buffer.from(first);
}

/** More than any password: whoever sends more has mistaken the file. */
const LONGEST_LINE = 4096;

/** The first line of stdin less its line end. */
async function firstLine(): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of process.stdin as AsyncIterable<Buffer>) {
    const end = piece.indexOf('\n');
    pieces.push(end === -1 ? piece : piece.subarray(0, end));
    length += piece.length;
    if (end !== -1 || length > LONGEST_LINE) break;
  }
  const line = Buffer.concat(pieces);
  return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
}
