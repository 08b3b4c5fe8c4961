import { createHash, randomInt } from 'node:crypto';
import type { Secret } from '@restante/pop/sasl';

/** 32 characters, 5 bits each; none is taken for another when it is read aloud or copied by hand. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';
/** 140 random bits, past all guessing, so that a fast hash is enough. */
const RANDOM = 28;
/** What tells such a password from one that somebody thought of. */
const CHECK = 2;
const FORM = new RegExp(`^[${ALPHABET}]{${RANDOM + CHECK}}$`);
/** With spaces and hyphens wherever a person puts them. */
const LONGEST = 64;

/** A new one, in six groups: `k7wfm-2xq9t-…`. */
export function generateDevicePassword(): string {
  const random = Array.from({ length: RANDOM }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return `${random}${check(random)}`.replaceAll(/(.{5})(?!$)/g, '$1-');
}

/** Its characters without hyphens, spaces and capitals; undefined if it has not the form of a device's password. */
export function deviceCharacters(password: Secret): string | undefined {
  const octets = password.reveal();
  if (octets.length < RANDOM + CHECK || octets.length > LONGEST) return undefined;
  const text = Buffer.from(octets).toString('latin1').replaceAll(/[- ]/g, '').toLowerCase();
  return FORM.test(text) && check(text.slice(0, RANDOM)) === text.slice(RANDOM) ? text : undefined;
}

/** What goes from the one who makes it to the one who keeps it: of 140 random bits a plain digest tells nothing. */
export function deviceFingerprint(characters: string): string {
  return createHash('sha256').update(`restante device ${characters}`).digest('hex');
}

function check(random: string): string {
  const bits = createHash('sha256').update(random).digest().readUInt16BE(0);
  return [bits >> 11, bits >> 6].map((index) => ALPHABET[index & 31]).join('');
}
