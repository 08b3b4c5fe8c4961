import type { Capabilities } from '../pop3/exchange-capabilities.ts';
import type { ChannelBinding } from '../sasl/channel-binding.ts';
import { apopTimestamp } from './apop.ts';
import { Pop3Error } from './error.ts';
import { LOGIN_METHODS, type LoginMethod } from './mechanisms.ts';
import type { Pop3Auth } from './options.ts';
import type { Security } from './security.ts';

/** What decides how to log in. */
export interface LoginSituation {
  readonly auth: Pop3Auth;
  readonly capabilities: Capabilities;
  readonly greeting: string;
  readonly security: Security;
  readonly allowInsecureAuth: boolean;
  /** Whether the client has a certificate to show. */
  readonly certificate: boolean;
  /** What a mechanism can bind itself to the connection by. */
  readonly binding?: ChannelBinding | undefined;
}

/**
 * The strongest way to log in that is offered, fits, and is allowed; what is refused is never made up for by something
 * weaker. Throws a {@link Pop3Error} that says for each way why not: `INSECURE` if TLS would have made the difference,
 * else `NO_MECHANISM`.
 */
export function chooseLogin(situation: LoginSituation, methods = LOGIN_METHODS): LoginMethod {
  let insecure = false;
  const obstacles: string[] = [];
  for (const method of methods) {
    const obstacle = notAllowed(method, situation) ?? notOffered(method, situation);
    if (obstacle !== undefined) {
      obstacles.push(`${method.name} ${obstacle}`);
      continue;
    }
    if (!method.plaintext || isSafe(situation)) return method;
    insecure = true;
    obstacles.push(`${method.name} would show the ${method.uses === 'pass' ? 'password' : 'token'}`);
  }
  const why = obstacles.join(', ');
  if (!insecure) throw new Pop3Error('NO_MECHANISM', `there is no way to log in: ${why}`);
  const what = situation.security.tls ? 'the server’s certificate was not verified' : 'there is no TLS';
  throw new Pop3Error('INSECURE', `${what}, and allowInsecureAuth is not set: ${why}`);
}

/** Over TLS to the right server, or with the caller's consent (STLS-11, AUTH-23). */
function isSafe({ security, allowInsecureAuth }: LoginSituation): boolean {
  return allowInsecureAuth || (security.tls && security.verified);
}

function notAllowed(method: LoginMethod, { auth, certificate, security, binding }: LoginSituation): string | undefined {
  const named = auth.methods?.some((name) => name.toUpperCase() === method.name) ?? method.onRequest !== true;
  if (!named) return 'is not among the methods that may be used';
  const has = method.uses === 'certificate' ? certificate : auth[method.uses] !== undefined;
  if (!has) return `needs ${method.uses}`;
  if (method.overTlsOnly && !security.tls) return 'needs TLS';
  if (method.binds && binding === undefined) return 'has nothing to bind itself to';
  if (auth.authorizationIdentity !== undefined && !method.delegates) return 'cannot say in whose stead';
  return undefined;
}

function notOffered(method: LoginMethod, { capabilities, greeting, security }: LoginSituation): string | undefined {
  switch (method.by) {
    case 'AUTH':
      // Without CAPA, or without its SASL line, AUTH is not tried (AUTH-03).
      return capabilities.sasl.includes(method.name) ? undefined : 'is not offered';
    case 'APOP':
      return apopTimestamp(greeting) === undefined ? 'has no sound timestamp in the greeting' : undefined;
    case 'USER':
      if (capabilities.user || !capabilities.listed) return undefined;
      // Some list neither USER nor SASL and take a password all the same; without TLS that silence is a refusal.
      return capabilities.sasl.length === 0 && security.tls ? undefined : 'is not offered';
  }
}
