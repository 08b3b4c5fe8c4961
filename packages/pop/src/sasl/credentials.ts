import { view } from '../wire/octets.ts';
import { Secret } from './mechanism.ts';
import { saslprep } from './saslprep.ts';

/** What needs no decoding and no preparation: nearly every name and password there is. */
const PRINTABLE_ASCII = /^[\x20-\x7e]+$/;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of octets, or `undefined` if they are not UTF-8: overlong forms and surrogates are not (PLAIN-03). */
export function decodeUtf8(octets: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(octets);
  } catch {
    return undefined;
  }
}

/** Text for a mechanism that knows no character set: no line ends in it, and nothing at which a C string would. */
export function mustBeOneLine(what: string, text: string): void {
  if (/[\r\n\0]/.test(text)) throw new TypeError(`the ${what} has a CR, LF or NUL in it`);
}

/** A name as a peer presents it, prepared (RFC 4013), or `undefined` if it names nobody (AUTH-18, UTF-09). */
export function preparedName(octets: Uint8Array): string | undefined {
  const latin1 = view(octets).toString('latin1');
  if (PRINTABLE_ASCII.test(latin1)) return latin1;
  const text = decodeUtf8(octets);
  const name = text === undefined ? undefined : saslprep(text, 'query');
  return name === '' ? undefined : name;
}

/**
 * A password as a peer presents it, prepared where it can be. USER/PASS and LOGIN know no character set, so any other
 * octets are taken as they are.
 */
export function leniently(password: Uint8Array): Secret {
  if (PRINTABLE_ASCII.test(view(password).toString('latin1'))) return new Secret(password);
  const text = decodeUtf8(password);
  const prepared = text === undefined ? undefined : saslprep(text, 'query');
  return new Secret(prepared === undefined || prepared === '' ? password : prepared);
}
