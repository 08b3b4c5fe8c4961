/** What a server says, and what it does behind it. */
export interface Said {
  /** One character an octet. */
  readonly octets: string;
  readonly behind?: 'drops' | 'resets' | 'is silent';
  /** Says it in writes of so many octets. */
  readonly inPieces?: number;
}

/** These lines, each ended by CRLF. */
export function lines(...all: readonly string[]): Said {
  return { octets: all.map((line) => `${line}\r\n`).join('') };
}

/** These octets, one character each, and no others. */
export function octets(text: string): Said {
  return { octets: text };
}

/** ...and closes. */
export function thenDrops(said: Said | string = ''): Said {
  return { ...from(said), behind: 'drops' };
}

/** ...and resets the connection. */
export function thenResets(said: Said | string = ''): Said {
  return { ...from(said), behind: 'resets' };
}

/** ...and never says anything again, nor closes. */
export function thenSilence(said: Said | string = ''): Said {
  return { ...from(said), behind: 'is silent' };
}

function from(said: Said | string): Said {
  return typeof said === 'string' ? { octets: said } : said;
}
