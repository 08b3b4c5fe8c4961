/** Where a listener waits: a TCP address, or a unix socket. */
export type ListenAddress =
  | { readonly type: 'tcp'; readonly host: string; readonly port: number }
  | { readonly type: 'unix'; readonly path: string };

/** A listener as it is written: an address, or `off`. A text that is neither is answered with what to write instead. */
export type ParsedListen =
  | { readonly type: 'address'; readonly address: ListenAddress }
  | { readonly type: 'off' }
  | { readonly type: 'wrong'; readonly message: string };

/** What may stand behind a `--pop3` or a `listen.pop3`. */
export interface ListenGrammar {
  /** Whether `unix:PATH` may be written. */
  readonly unix: boolean;
}

const HIGHEST_PORT = 65_535;

/**
 * Reads `HOST:PORT`, `[IPV6]:PORT`, `unix:PATH` where that is allowed, or `off`. Port 0 asks the system for a free one.
 */
export function parseListen(text: string, grammar: ListenGrammar): ParsedListen {
  if (text === 'off') return { type: 'off' };
  if (text.startsWith('unix:')) return parseUnix(text.slice('unix:'.length), grammar);

  const colon = text.lastIndexOf(':');
  if (colon === -1) {
    return /^\d+$/.test(text)
      ? wrong(`has no host: write 127.0.0.1:${text}, or 0.0.0.0:${text} for every address`)
      : wrong(`has no port: write ${expected(grammar)}`);
  }
  const host = text.slice(0, colon);
  const digits = text.slice(colon + 1);
  if (!/^\d{1,5}$/.test(digits) || Number(digits) > HIGHEST_PORT) return wrong(`has no port from 0 to ${HIGHEST_PORT}`);
  const port = Number(digits);

  if (host.startsWith('[')) {
    return /^\[[0-9a-fA-F:.]+(%\w+)?\]$/.test(host)
      ? { type: 'address', address: { type: 'tcp', host: host.slice(1, -1), port } }
      : wrong('has no IPv6 address between its brackets: write [::1]:110');
  }
  if (host.includes(':')) return wrong(`is ambiguous: write an IPv6 address in brackets, [${host}]:${digits}`);
  if (!/^[\w.-]+$/.test(host)) return wrong(`has no host: write ${expected(grammar)}`);
  return { type: 'address', address: { type: 'tcp', host, port } };
}

function parseUnix(path: string, grammar: ListenGrammar): ParsedListen {
  if (!grammar.unix) return wrong('is a unix socket, which only LMTP can have: write HOST:PORT or off');
  if (path === '') return wrong('has no path: write unix:PATH');
  return { type: 'address', address: { type: 'unix', path } };
}

function wrong(message: string): ParsedListen {
  return { type: 'wrong', message };
}

function expected(grammar: ListenGrammar): string {
  return grammar.unix ? 'HOST:PORT, unix:PATH or off' : 'HOST:PORT or off';
}

/** The address as it is written on the command line. */
export function formatListen(address: ListenAddress): string {
  if (address.type === 'unix') return `unix:${address.path}`;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
