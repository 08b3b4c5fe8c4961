import { isIPv6 } from 'node:net';
import { Pop3Error } from './error.ts';
import { asciiHost } from './host-name.ts';
import type { Pop3Auth, Pop3ClientOptions } from './options.ts';
import { defaultPort } from './options.ts';

const SCHEMES = ['pop', 'pop3', 'pops', 'pop3s'] as const;

/**
 * How a POP URL may begin (RFC 2384, URL-07). `pop` and `pop3` are the same: port 110, and TLS by STLS. `pops` and `pop3s`
 * are widely used and not registered: port 995, and TLS from the first octet.
 */
export type Pop3Scheme = (typeof SCHEMES)[number];

/** What a POP URL says: `pop://[user[;AUTH=method]@]host[:port]` (RFC 2384 §3). It never has a password (URL-02). */
export interface Pop3Url {
  readonly scheme: Pop3Scheme;
  readonly user?: string;
  /** As it stands behind `;AUTH=`, in upper case: a SASL mechanism, `+APOP`, or `*` for any (RFC 2384 §4). */
  readonly auth?: string;
  /** A name in its ASCII form, or an address; IPv6 without the brackets. */
  readonly host: string;
  readonly port?: number;
}

const SHAPE = 'pop://user@host:port';
/** RFC 4422 §3.1; what has a plus in front is no SASL mechanism, and APOP is the only one of those. */
const AUTH = /^(?:\*|\+APOP|[A-Z0-9_-]{1,20})$/;
/** `uchar`, `&`, `=` and `~` of RFC 2384 §8, less the percent sign, by which everything else is encoded. */
const PLAIN = /[A-Za-z0-9$\-_.+!*'(),&=~]/;

/**
 * Reads a POP URL. The last `@` divides, so that an address may be the user's name with and without `%40`. Throws a
 * {@link Pop3Error} `ARGUMENT` that says what is wrong and repeats nothing of the text, since a password may be in it.
 */
export function parsePop3Url(text: string): Pop3Url {
  const [, name = '', rest = ''] = /^([a-z0-9]+):\/\/(.*)$/is.exec(text) ?? [];
  const scheme = SCHEMES.find((each) => each === name.toLowerCase());
  if (scheme === undefined) {
    throw wrong('it begins with pop://, pop3://, pops:// or pop3s://, and is whole: a host’s name alone is no URL');
  }
  if (/[\0- \x7f]/.test(rest)) throw wrong('there is no blank and no control character in it: a blank is %20');
  const at = rest.lastIndexOf('@');
  const login = at === -1 ? undefined : parseLogin(rest.slice(0, at));
  return { scheme, ...login, ...parseServer(rest.slice(at + 1)) };
}

/** The text of a POP URL, everything in it encoded that has to be (URL-05). Throws as {@link parsePop3Url} does. */
export function formatPop3Url({ scheme, user, auth, host, port }: Pop3Url): string {
  const method = auth === undefined ? '' : `;AUTH=${auth}`;
  const login = user === undefined ? '' : `${encode(user)}${method}@`;
  const name = isIPv6(host) ? `[${host.replace('%', '%25')}]` : host;
  const text = `${scheme}://${login}${name}${port === undefined ? '' : `:${port}`}`;
  parsePop3Url(text);
  return text;
}

/** What of the options a URL decides. */
export interface Pop3UrlOptions extends Required<Pick<Pop3ClientOptions, 'host' | 'port' | 'secure' | 'requireTLS'>> {
  /** The user and the method, where the URL has a user: the secret comes from elsewhere (URL-06). */
  readonly auth?: Pick<Pop3Auth, 'user' | 'methods'>;
}

/**
 * The options of {@link connect} that a POP URL stands for. TLS is never optional: by STLS for `pop` and `pop3`, from the
 * first octet for `pops` and `pop3s`. A method that the URL names is the only one that may be taken (URL-04); `*` and
 * nothing are the client's own choice among those that show no password to others.
 */
export function pop3UrlOptions({ scheme, user, auth, host, port }: Pop3Url): Pop3UrlOptions {
  const secure = scheme === 'pops' || scheme === 'pop3s';
  const methods = auth === undefined || auth === '*' ? {} : { methods: [auth === '+APOP' ? 'APOP' : auth] };
  return {
    host,
    port: port ?? defaultPort(secure),
    secure,
    requireTLS: !secure,
    ...(user !== undefined && { auth: { user, ...methods } }),
  };
}

function parseLogin(text: string): Pick<Pop3Url, 'user' | 'auth'> {
  // Before anything else is looked at, since all else could tell of it.
  if (text.includes(':')) throw wrong('it has no password: leave out the colon and what follows it, up to the @');
  const [, name = '', method] = /^(.*?)(?:;AUTH=(.*))?$/i.exec(text) ?? [];
  if (name === '') throw wrong('there is no user’s name before the @');
  if (/[;/?#[\]\\]/.test(name)) throw wrong('in the user’s name ; is %3B, / is %2F, ? is %3F and # is %23');
  const user = decode(name);
  if (method === undefined) return { user };
  const auth = decode(method).toUpperCase();
  if (auth === 'APOP' || auth === 'USER') throw wrong(';AUTH= has a SASL mechanism, or +APOP with its plus');
  if (!AUTH.test(auth)) throw wrong(';AUTH= has a SASL mechanism, +APOP or *');
  return { user, auth };
}

function parseServer(text: string): Pick<Pop3Url, 'host' | 'port'> {
  if (/[/?#\\]/.test(text)) throw wrong('nothing comes behind the host and the port: no path, no query, no fragment');
  const [, name, digits] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(text) ?? [];
  if (name === undefined) throw wrong('an IPv6 address stands in brackets: pop://[2001:db8::1]');
  const host = name.startsWith('[') ? address(name.slice(1, -1)) : hostName(name);
  if (digits === undefined) return { host };
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
  if (port < 1 || port > 65_535) throw wrong('the port is a number from 1 to 65535');
  return { host, port };
}

/** An IPv6 address, with its zone as RFC 6874 writes it. */
function address(text: string): string {
  const plain = text.replace('%25', '%');
  if (!isIPv6(plain) || (text.includes('%') && plain === text))
    throw wrong('what stands in brackets is an IPv6 address');
  return plain;
}

function hostName(text: string): string {
  if (text === '') throw wrong('there is no host');
  const host = asciiHost(text);
  if (host === undefined) throw wrong('the host is a name or an address, and this is neither');
  return host;
}

/** Percent signs undone, exactly: what is not two digits behind one, or is no UTF-8, is nothing. */
function decode(text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw wrong(
      'a percent sign stands before two hexadecimal digits, and what they stand for is UTF-8: % itself is %25',
    );
  }
  if (/[\0\r\n]/.test(decoded)) throw wrong('there is no CR, LF or NUL in it, however it is written');
  return decoded;
}

function encode(text: string): string {
  return [...text].map((each) => (PLAIN.test(each) ? each : encodeStrictly(each))).join('');
}

function encodeStrictly(character: string): string {
  try {
    return encodeURIComponent(character);
  } catch {
    throw wrong('the user’s name is not well-formed: half of a surrogate pair stands alone in it');
  }
}

function wrong(why: string): Pop3Error {
  return new Pop3Error('ARGUMENT', `this is no POP URL (${SHAPE}): ${why}`);
}
