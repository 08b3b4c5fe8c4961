import { readFileSync } from 'node:fs';
import {
  type Pop3ClientOptions,
  Pop3Error,
  type Pop3Tls,
  type Pop3Url,
  parsePop3Url,
  pop3UrlOptions,
} from '@restante/pop/client';
import type { CollectAccount, Policy } from '../../collect/account.ts';
import { parseDestination, parseSorting } from '../../collect/destinations/open.ts';
import type { DestinationSetting, DestinationSpec, WrongDestination } from '../../collect/destinations/spec.ts';
import type { CollectAccountKey, CollectAccountSettings } from '../../config/collect-settings.ts';
import { Failure, reasonOf } from '../../failure.ts';
import { readPrivate } from './secret.ts';

/** Something wrong with one setting of an account; `message` goes on from the setting's name. */
export interface AccountProblem {
  readonly key: CollectAccountKey;
  readonly message: string;
}

/** An account's settings understood, as far as that can be done without looking at anything. */
export interface UnderstoodAccount {
  /** The user at the host, for whom nobody has given a name. */
  readonly called: string;
  readonly server: ServerOptions;
  readonly policy: Policy;
  /** Absent where nothing is to go anywhere. */
  readonly destination: DestinationSpec | undefined;
}

type ServerOptions = Omit<CollectAccount['server'], 'auth' | 'tls'> & {
  readonly auth: NonNullable<Pop3ClientOptions['auth']>;
};

/** Reads the URL and the destination, and holds one setting against the other. */
export function understand(
  settings: CollectAccountSettings,
): UnderstoodAccount | { readonly problems: readonly AccountProblem[] } {
  const problems: AccountProblem[] = [];
  const server = serverOf(settings, problems);
  const destination = destinationOf(settings);
  if (destination?.type === 'wrong') {
    problems.push({ key: SETTINGS_OF_DESTINATIONS[destination.setting], message: `: ${destination.message}` });
  }
  if (server === undefined || destination?.type === 'wrong' || problems.length > 0) return { problems };
  const { host, auth } = server;
  const called = auth.user.includes('@') ? auth.user : `${auth.user}@${host}`;
  return { called, server, policy: policyOf(settings), destination };
}

/** A message that goes on from the setting's name. */
export function joined(message: string): string {
  return message.startsWith(':') ? message : ` ${message}`;
}

const SETTINGS_OF_DESTINATIONS: Readonly<Record<DestinationSetting, CollectAccountKey>> = {
  to: 'to',
  recipient: 'recipient',
  'line-ends': 'line_ends',
  'command-timeout': 'command_timeout',
  'sort-by': 'multidrop.header',
  'sort-prefix': 'multidrop.prefix',
  sort: 'multidrop.map',
};

function serverOf(settings: CollectAccountSettings, problems: AccountProblem[]): ServerOptions | undefined {
  let url: Pop3Url;
  try {
    url = parsePop3Url(settings.url ?? '');
  } catch (thrown) {
    if (!(thrown instanceof Pop3Error)) throw thrown;
    problems.push({ key: 'url', message: `: ${thrown.message}` });
    return undefined;
  }
  if (url.user === undefined) {
    const message = `has no user in it: write ${url.scheme}://USER@${url.host}`;
    problems.push({ key: 'url', message });
    return undefined;
  }
  const options = pop3UrlOptions(url);
  const contradiction = tlsContradiction(url, settings.tls, options.secure);
  if (contradiction !== undefined) problems.push({ key: 'tls', message: contradiction });
  if (url.auth !== undefined && settings.auth.length > 0) {
    problems.push({ key: 'auth', message: `contradicts ;AUTH=${url.auth} in the URL: give one of them` });
  }
  const methods = settings.auth.length > 0 ? settings.auth : options.auth?.methods;
  const { timeout } = settings;
  return {
    host: options.host,
    port: options.port,
    ...tlsOptions(settings.tls, options),
    auth: { user: url.user, ...(methods !== undefined && { methods }) },
    ...(timeout !== undefined && { connectionTimeout: timeout, greetingTimeout: timeout, socketTimeout: timeout }),
  };
}

/** Why `tls` and the URL do not go together, if they do not. */
function tlsContradiction(
  { scheme, port, host }: Pop3Url,
  tls: CollectAccountSettings['tls'],
  secure: boolean,
): string | undefined {
  if (secure && tls !== undefined && tls !== 'implicit') {
    return `contradicts ${scheme}://, which is TLS from the start: write pop://, or leave it out`;
  }
  // A port that was named may be anything's.
  if (!secure && tls === 'implicit' && port === undefined) {
    return `contradicts ${scheme}://${host}, where TLS begins by STLS: write pops://, or name the port`;
  }
  return undefined;
}

function tlsOptions(
  tls: CollectAccountSettings['tls'],
  { secure, requireTLS }: Pick<ServerOptions, 'secure' | 'requireTLS'>,
): Pick<ServerOptions, 'secure' | 'requireTLS' | 'ignoreTLS' | 'allowInsecureAuth'> {
  switch (tls) {
    case 'none':
      return { secure: false, requireTLS: false, ignoreTLS: true, allowInsecureAuth: true };
    case 'implicit':
      return { secure: true, requireTLS: false };
    default:
      return { ...(secure !== undefined && { secure }), ...(requireTLS !== undefined && { requireTLS }) };
  }
}

function destinationOf(settings: CollectAccountSettings): DestinationSpec | WrongDestination | undefined {
  const { to, recipient, line_ends: lineEnds, command_timeout: commandTimeout } = settings;
  const { 'multidrop.header': sortBy, 'multidrop.prefix': sortPrefix, 'multidrop.map': map } = settings;
  const options = { lineEnds, commandTimeout };
  if (map !== undefined && sortBy !== undefined) {
    const list = Object.fromEntries([...map, ...(to === undefined ? [] : [['*', to]])]);
    return parseSorting({ header: sortBy, to: list, ...(sortPrefix !== undefined && { prefix: sortPrefix }) }, options);
  }
  if (to === undefined) return undefined;
  return parseDestination(to, {
    ...options,
    recipients: recipient,
    ...(sortBy !== undefined && { sortBy }),
    ...(sortPrefix !== undefined && { sortPrefix }),
  });
}

function policyOf(settings: CollectAccountSettings): Policy {
  const { max_size: octets, larger } = settings;
  return {
    afterwards: settings.afterwards,
    deleteAdopted: settings.delete_adopted,
    ...(octets !== undefined && { largest: { octets, larger } }),
    firstRun: settings.first_run as Policy['firstRun'],
    commitEvery: settings.commit_every,
    large: settings.large,
    attempts: settings.attempts,
  };
}

/**
 * What the server's certificate is held against, and what we show. A pin without an authority stands for itself: that is
 * how a self-signed certificate is trusted. Throws a {@link Failure} where a file cannot be read.
 */
export function tlsFiles(settings: CollectAccountSettings): Pop3Tls {
  const { ca, pin, client_cert: cert, client_key: key } = settings;
  return {
    ...(ca !== undefined && { ca: readPem(ca) }),
    ...(pin.length > 0 && { pins: pin, rejectUnauthorized: ca !== undefined }),
    ...(cert !== undefined && { cert: readPem(cert) }),
    ...(key !== undefined && { key: readPrivate(key, 'private key').toString('utf8') }),
  };
}

function readPem(path: string): string {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.includes('-----BEGIN ')) return text;
  } catch (thrown) {
    throw new Failure(`${path} cannot be read: ${reasonOf(thrown)}`);
  }
  throw new Failure(`there is no PEM in ${path}: it begins with -----BEGIN`);
}
