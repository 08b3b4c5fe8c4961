import assert from 'node:assert/strict';
import type { ChannelBindings } from './channel-binding.ts';
import type { ProvenLogin, SaslStep, Verdict } from './mechanism.ts';
import { type ScramCredentials, scram, scramClient } from './scram.ts';
import { type ScramHash, type ScramKeys, scramKeys } from './scram-keys.ts';

/** The dialogs of RFC 5802 §5 and RFC 7677 §3: user "user", password "pencil". */
export const SHA_1 = {
  hash: 'SHA-1',
  clientNonce: 'fyko+d2lbbFgONRv9qkxdawL',
  serverNonce: '3rfcNHYJY1ZVvWVs7j',
  salt: 'QSXCR+Q6sek8bf92',
  first: 'n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL',
  challenge: 'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
  final: 'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
  signature: 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
} as const;
export const SHA_256 = {
  hash: 'SHA-256',
  clientNonce: 'rOprNGfwEbeRWgbNEkqO',
  serverNonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
  first: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
  challenge: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  final: 'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  signature: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
} as const;

export const text = (octets: Uint8Array | undefined) => Buffer.from(octets ?? []).toString();
export const salt = Buffer.from(SHA_256.salt, 'base64');
export const keysOf = (password: string, hash: ScramHash = 'SHA-256', given: Uint8Array = salt) =>
  scramKeys(hash, password, { salt: given, iterations: 4_096 });
export const pencil = await keysOf('pencil');
export const EXPORTED = { type: 'tls-exporter', data: Buffer.alloc(32, 7) };
export const END_POINT = { type: 'tls-server-end-point', data: Buffer.alloc(32, 9) };

export interface Given {
  readonly hash?: ScramHash;
  readonly plus?: boolean;
  readonly nonce?: string;
  readonly accounts?: Readonly<Record<string, ScramKeys>>;
  readonly channelBindings?: ChannelBindings;
  readonly verdict?: Verdict;
}

/** One exchange with a server, in text. */
export function server(given: Given = {}) {
  const authorized: ProvenLogin[] = [];
  const asked: string[] = [];
  const { accounts = { user: pencil }, channelBindings } = given;
  const exchange = scram({
    hash: given.hash ?? 'SHA-256',
    plus: given.plus ?? false,
    keys: (name) => {
      asked.push(name);
      return accounts[name];
    },
    authorize: (login) => {
      authorized.push(login);
      return (
        given.verdict ?? { type: 'accepted', account: login.authorizationIdentity ?? login.authenticationIdentity }
      );
    },
    nonce: () => given.nonce ?? SHA_256.serverNonce,
    ghosts: { secret: Buffer.from('of the server'), iterations: 4_096 },
  }).serve({
    hostname: 'example.net',
    authenticate: () => assert.fail('nobody shows a password'),
    ...(channelBindings !== undefined && { channelBindings }),
  });
  const next = async (response: string | undefined): Promise<string> => {
    const step: SaslStep = await exchange.next(response === undefined ? undefined : Buffer.from(response));
    return step.type === 'challenge' ? text(step.data) : step.type;
  };
  return { next, authorized, asked };
}

export const client = (given: Partial<ScramCredentials> = {}) =>
  scramClient({
    hash: 'SHA-256',
    authenticationIdentity: 'user',
    password: 'pencil',
    nonce: SHA_256.clientNonce,
    ...given,
  });

/** Both halves with each other; what the server makes of it in the end. */
export async function meet(mine: Partial<ScramCredentials>, theirs: Given = {}) {
  const caller = client(mine);
  const host = server(theirs);
  let said = await host.next(text(caller.initial));
  for (let turns = 0; turns < 2 && said.includes('='); turns += 1) {
    said = await host.next(text(await caller.next(Buffer.from(said))));
  }
  if (said === 'accepted') caller.finished();
  return { said, ...host };
}
