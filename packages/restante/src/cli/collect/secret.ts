import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { CollectAccountSettings } from '../../config/collect-settings.ts';
import { Failure, reasonOf } from '../../failure.ts';

/** Octets of a secret and what stands around it: tokens have 12,000 and more. */
const LONGEST = 64 * 1024;
/** How long a command may take: somebody may have to type a passphrase for it. */
const PATIENCE = 120_000;

/** Where a secret is. What it is called in messages is the owner's word for it, never the secret, and never a command. */
export type SecretPlace =
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'command'; readonly line: string }
  | { readonly type: 'environment'; readonly variable: string };

/** The secret that an account's settings name, if they name one. */
export function secretPlace(
  settings: CollectAccountSettings,
): { readonly kind: 'password' | 'token'; readonly place: SecretPlace } | undefined {
  for (const kind of ['password', 'token'] as const) {
    const path = settings[`${kind}_file`];
    if (path !== undefined) return { kind, place: { type: 'file', path } };
    const command = settings[`${kind}_command`];
    if (command !== undefined) return { kind, place: { type: 'command', line: command } };
    const variable = settings[`${kind}_env`];
    if (variable !== undefined) return { kind, place: { type: 'environment', variable } };
  }
  return undefined;
}

/** Our environment as commands get it: no password or token of whatever account is in it. */
export function withoutSecrets(accounts: readonly CollectAccountSettings[]): NodeJS.ProcessEnv {
  const secrets = accounts.flatMap(({ password_env, token_env }) => [password_env, token_env]);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !secrets.includes(name)));
}

/** Asks for it, at each login anew: it may have changed. Rejects with a {@link Failure} that says what to do. */
export async function readSecret(place: SecretPlace, kind: 'password' | 'token'): Promise<string> {
  switch (place.type) {
    case 'file':
      return secretLine(readPrivate(place.path, kind), place.path, kind);
    case 'command':
      return secretLine(await outputOf(place.line, kind), `the command for the ${kind}`, kind);
    case 'environment': {
      const value = process.env[place.variable];
      if (value === undefined || value === '') {
        throw new Failure(`the variable ${place.variable} is not set, and the ${kind} was to be in it`);
      }
      return value;
    }
  }
}

/** The first line, blanks and all: they may belong to it. */
function secretLine(octets: Buffer, where: string, kind: string): string {
  const end = octets.indexOf('\n');
  const line = (end === -1 ? octets : octets.subarray(0, end)).toString('utf8').replace(/\r$/, '');
  if (line === '') throw new Failure(`the first line of ${where} is empty, and the ${kind} was to be in it`);
  return line;
}

/**
 * Only the owner, and a group that was chosen, may read it: a password that everybody on the machine can read is none.
 * What is no file (a pipe, as `<(pass show mail)` makes one) has no such permissions.
 */
export function readPrivate(path: string, kind: string): Buffer {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (thrown) {
    throw new Failure(`the ${kind} cannot be read from ${path}: ${reasonOf(thrown)}`);
  }
  try {
    const found = fstatSync(file);
    if (found.isFile() && (found.mode & 0o004) !== 0) {
      throw new Failure(`everybody on this machine can read ${path}, which has a ${kind}: chmod 600 ${path}`);
    }
    return readSome(file);
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown;
    throw new Failure(`the ${kind} cannot be read from ${path}: ${reasonOf(thrown)}`);
  } finally {
    closeSync(file);
  }
}

function readSome(file: number): Buffer {
  const octets = Buffer.alloc(LONGEST);
  let length = 0;
  while (length < LONGEST) {
    const got = readSync(file, octets, length, LONGEST - length, null);
    if (got === 0) break;
    length += got;
  }
  return octets.subarray(0, length);
}

/** What it says on stderr is for the person; what it answers is for nobody but us, also when it fails. */
function outputOf(line: string, kind: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', line], { stdio: ['inherit', 'pipe', 'inherit'] });
    const pieces: Buffer[] = [];
    let length = 0;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
      // Whoever inherited the pipe may keep it open.
      child.stdout.destroy();
    }, PATIENCE);
    child.stdout.on('data', (piece: Buffer) => {
      if (length < LONGEST) pieces.push(piece);
      length += piece.length;
    });
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(new Failure(`the command for the ${kind} cannot be run: ${reasonOf(error)}`));
    });
    child.once('close', (status, signal) => {
      clearTimeout(timer);
      if (late) reject(new Failure(`the command for the ${kind} did not end within ${PATIENCE / 1000} s`));
      else if (status === 0) resolve(Buffer.concat(pieces));
      else {
        const how = signal === null ? `with status ${status}` : `by ${signal}`;
        reject(new Failure(`the command for the ${kind} ended ${how}, and should have printed it and ended with 0`));
      }
    });
  });
}
