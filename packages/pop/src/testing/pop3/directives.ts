import type { Terms } from '../../pop3/terms.ts';
import type { Pop3Options } from '../../server/pop3-options.ts';
import { literalOctets, parseOctetText } from '../transcript/octet-text.ts';
import { type Directive, directive, type Transcript } from '../transcript/transcript.ts';
import { fixtures, letter } from './fixtures.ts';

/** The directives of POP3 transcripts, beside the runner's own (transcripts/README.md). */
export const pop3Directives = [
  'account',
  'tls-only',
  'maildrop',
  'letter',
  'cleartext',
  'limit',
  'option',
  'login-delay',
  'expire',
  'mechanism',
  'command',
];

/** The accounts with their passwords (one character an octet), the one that `state:` signs in first. */
export function accounts(transcript: Transcript): ReadonlyMap<string, string> {
  const given = all(transcript, 'account').map(({ argument, value }): [string, string] => {
    return [Buffer.from(octets(argument), 'latin1').toString(), octets(value)];
  });
  return new Map(given.length > 0 ? given : [['mrose', 'tanstaaf']]);
}

/** The letters that are there at the start, in order; `huge` for the maildrop that only pretends. */
export function maildrops(transcript: Transcript): ReadonlyMap<string, readonly Buffer[] | 'huge'> {
  const [first = ''] = accounts(transcript).keys();
  const maildrops = new Map<string, readonly Buffer[] | 'huge'>();
  for (const { name, argument, value, octets = Buffer.alloc(0), line } of transcript.directives) {
    const account = argument || first;
    const before = maildrops.get(account) ?? [];
    if (name === 'maildrop' && value === 'huge') maildrops.set(account, 'huge');
    if (before === 'huge') continue;
    if (name === 'letter') maildrops.set(account, [...before, octets]);
    if (name !== 'maildrop' || value === 'huge') continue;
    const sizes = fixtures[value];
    if (sizes === undefined) throw new SyntaxError(`${transcript.file}:${line}: there is no maildrop "${value}"`);
    maildrops.set(account, [...before, ...sizes.map((size, index) => letter(index + 1, size))]);
  }
  return maildrops;
}

/** The server's options that a transcript chooses. */
export function options(transcript: Transcript): Pick<Pop3Options, 'limits'> & Partial<Pop3Options> {
  const cleartext = directive(transcript, 'cleartext');
  const option = (wanted: string) => all(transcript, 'option').find(({ argument }) => argument === wanted)?.value;
  const implementation = option('implementation');
  const limits = all(transcript, 'limit').map(({ argument, value }) => [argument, Number(value)]);
  return {
    hostname: 'mail.example.net',
    // A wrong password is answered at once, so that only transcripts about time have to let it pass.
    limits: { failureDelay: 0, ...Object.fromEntries(limits) },
    ...(cleartext !== undefined && { cleartext: () => cleartext === 'always' }),
    ...(implementation !== undefined && { implementation: implementation === 'off' ? false : implementation }),
    ...(option('terms') !== undefined && { terms: (account) => terms(transcript, account) }),
    ...(option('bare-line-feed') === 'off' && { bareLineFeed: false }),
  };
}

/** What CAPA says of an account, or of all of them: `LOGIN-DELAY 60 EXPIRE 5`, in words of its own. */
function terms(transcript: Transcript, account: string | undefined): Terms {
  const every = [...accounts(transcript).keys()].map((name) => termsOf(transcript, name));
  if (account !== undefined) return termsOf(transcript, account);
  const delays = every.map(({ loginDelay = 0 }) => loginDelay);
  const days = every.map(({ expire = 'never' }) => (expire === 'never' ? Number.POSITIVE_INFINITY : expire));
  const fewest = Math.min(...days);
  return {
    loginDelay: Math.max(...delays),
    loginDelayDiffers: new Set(delays).size > 1,
    expire: fewest === Number.POSITIVE_INFINITY ? 'never' : fewest,
    expireDiffers: new Set(days).size > 1,
  };
}

/** The terms of one account. */
export function termsOf(transcript: Transcript, account: string): Terms {
  const own = (name: string) => all(transcript, name).find(({ argument }) => argument === account)?.value;
  const days = own('expire') ?? 'never';
  return { loginDelay: Number(own('login-delay') ?? 0), expire: days === 'never' ? days : Number(days) };
}

/** Those who may sign in with TLS only. */
export function tlsOnly(transcript: Transcript): readonly string[] {
  return all(transcript, 'tls-only').map(({ value }) => value);
}

function all(transcript: Transcript, name: string): readonly Directive[] {
  return transcript.directives.filter((each) => each.name === name);
}

/** The octets of a directive's text, one character each. */
function octets(text: string): string {
  return literalOctets(parseOctetText(text).pieces);
}
