import { parseNumber } from './parser.ts';

/**
 * What a server says that it can do (RFC 2449 §5). Tags are compared in upper case; tags and parameters that are not
 * known here stand in {@link tags} and change nothing (EXT-04).
 */
export class Capabilities {
  /** Whether the server answered CAPA at all; if not, all else here is empty (EXT-05). */
  readonly listed: boolean;
  /** Every tag in upper case with its parameters as they came; the first line of a tag counts. */
  readonly tags: ReadonlyMap<string, readonly string[]>;

  /** The lines of the response; none at all when CAPA was answered -ERR. */
  constructor(lines?: readonly string[]) {
    const tags = new Map<string, readonly string[]>();
    for (const line of lines ?? []) {
      const [tag = '', ...parameters] = line.split(' ').filter((word) => word !== '');
      const name = tag.toUpperCase();
      if (name !== '' && !tags.has(name)) tags.set(name, parameters);
    }
    this.listed = lines !== undefined;
    this.tags = tags;
  }

  has(tag: string): boolean {
    return this.tags.has(tag.toUpperCase());
  }

  get top(): boolean {
    return this.has('TOP');
  }

  get uidl(): boolean {
    return this.has('UIDL');
  }

  /** Whether USER and PASS can be used here and now. */
  get user(): boolean {
    return this.has('USER');
  }

  get stls(): boolean {
    return this.has('STLS');
  }

  get pipelining(): boolean {
    return this.has('PIPELINING');
  }

  /** Whether response codes are meant as such (RFC 2449 §6.4). */
  get responseCodes(): boolean {
    return this.has('RESP-CODES');
  }

  /** Whether every login that fails for its credentials says `[AUTH]` (RFC 3206 §6). */
  get authResponseCode(): boolean {
    return this.has('AUTH-RESP-CODE');
  }

  /** SASL mechanisms in upper case, in the server's order, which means nothing (SASL-04). */
  get sasl(): readonly string[] {
    return (this.tags.get('SASL') ?? []).map((name) => name.toUpperCase());
  }

  /** Whether there is a UTF8 mode, and whether USER, PASS and APOP take UTF-8 in any mode (RFC 6856 §2). */
  get utf8(): { readonly user: boolean } | undefined {
    const parameters = this.tags.get('UTF8');
    return parameters && { user: parameters.some((parameter) => parameter.toUpperCase() === 'USER') };
  }

  /** Whether the server's words can be had in other languages (RFC 6856 §3). */
  get lang(): boolean {
    return this.has('LANG');
  }

  /** How long to wait between two logins, in seconds (RFC 2449 §6.5). */
  get loginDelay(): number | undefined {
    return number(this.tags.get('LOGIN-DELAY')?.[0]);
  }

  /** How many days letters are kept at least, or `never` removed (RFC 2449 §6.7). 0: what was fetched may be gone (EXT-28). */
  get expire(): number | 'never' | undefined {
    const [days] = this.tags.get('EXPIRE') ?? [];
    return days?.toUpperCase() === 'NEVER' ? 'never' : number(days);
  }

  /** What the server calls itself: for people and logs; nothing may depend on it (EXT-30). */
  get implementation(): string | undefined {
    return this.tags.get('IMPLEMENTATION')?.join(' ');
  }
}

function number(digits: string | undefined): number | undefined {
  const value = digits === undefined ? undefined : parseNumber(digits);
  return value === Number.POSITIVE_INFINITY ? undefined : value;
}
