import type { Request } from '../pop3/exchange-request.ts';
import { type ClientKeyword, request } from '../pop3/exchange-request.ts';
import type { Spoken } from '../testing/index.ts';

/** A command of a dialog with what answered it, as a reader who knows no more than RFC 1939 would pair them. */
export interface Answered {
  readonly request: Request;
  /** What the client answers to challenges, and the challenges. */
  readonly challenges: readonly { readonly challenge: string; readonly response: string }[];
  readonly status: string;
  /** The lines behind a +OK, byte-stuffed as they came, without the last one. */
  readonly lines?: readonly string[];
}

export interface Session {
  readonly greeting: string;
  readonly answered: readonly Answered[];
}

const MULTI_LINE = /^(?:CAPA|LIST|UIDL|RETR \S+|TOP \S+ \S+)$/;
const KEYWORDS = [
  'USER',
  'PASS',
  'AUTH',
  'STLS',
  'CAPA',
  'STAT',
  'LIST',
  'UIDL',
  'RETR',
  'TOP',
  'DELE',
  'NOOP',
  'RSET',
  'QUIT',
];

/** The sessions of a played transcript in which nothing is said that a client of ours could not say. */
export function sessionsOf(dialog: readonly Spoken[]): readonly Session[] {
  const connections = Map.groupBy(dialog, ({ connection }) => connection);
  return [...connections.values()].flatMap(apart).flatMap((spoken) => understood(spoken) ?? []);
}

/** A greeting is the first line behind nothing that the client said. */
function apart(spoken: readonly Spoken[]): readonly (readonly Spoken[])[] {
  const sessions: Spoken[][] = [];
  let before: 'C' | 'S' | undefined;
  for (const each of spoken) {
    if (each.side === 'S' && each.first && before !== 'C') sessions.push([]);
    sessions.at(-1)?.push(each);
    before = each.side;
  }
  return sessions;
}

function understood(spoken: readonly Spoken[]): Session | undefined {
  const said = (side: 'C' | 'S') => spoken.filter((each) => each.side === side).map(({ octets }) => octets);
  const asked = said('C').join('').split('\r\n');
  // What is no whole line is the transcript's point, and no client's of ours.
  if (asked.pop() !== '') return undefined;
  const [greeting, ...replies] = said('S');
  if (greeting === undefined) return undefined;
  const answered: Answered[] = [];
  while (asked.length > 0) {
    const line = asked.shift() ?? '';
    const sent = sendable(line);
    if (sent === undefined) return undefined;
    const challenges: { challenge: string; response: string }[] = [];
    while (replies[0]?.startsWith('+ ') && sent.reply === 'challenges') {
      const response = asked.shift();
      if (response === undefined) return undefined;
      challenges.push({ challenge: (replies.shift() ?? '').slice(2), response });
    }
    const status = replies.shift();
    if (status === undefined) return undefined;
    const end = replies.indexOf('.');
    const isLong = status.startsWith('+OK') && MULTI_LINE.test(line);
    if (isLong && end === -1) return undefined;
    const lines = isLong ? replies.splice(0, end + 1).slice(0, -1) : undefined;
    answered.push({ request: sent, challenges, status, ...(lines !== undefined && { lines }) });
  }
  return replies.length === 0 ? { greeting, answered } : undefined;
}

function sendable(line: string): Request | undefined {
  const [, keyword, argument] = /^([A-Z]+)(?: (.*))?$/.exec(line) ?? [];
  if (keyword === undefined || !KEYWORDS.includes(keyword)) return undefined;
  // Octets that are no text are other programs' way of saying a password.
  if (!/^[ -~]*$/.test(line)) return undefined;
  try {
    return request(keyword as ClientKeyword, argument);
  } catch {
    return undefined;
  }
}

/** The session as a script for a peer: each reply in one write. */
export function scriptOf({ greeting, answered }: Session): string {
  const lines = [`S: ${text(greeting)}`];
  for (const { request: asked, challenges, status, lines: body } of answered) {
    lines.push(`C: ${text(asked.line)}`);
    for (const { challenge, response } of challenges)
      lines.push(`S: ${text(`+ ${challenge}`)}`, `C: ${text(response)}`);
    const reply = body === undefined ? [status] : [status, ...body, '.'];
    reply.forEach((line, at) => {
      lines.push(`S${at === reply.length - 1 ? ':' : '>'} ${text(line)}`);
    });
  }
  return lines.join('\n');
}

/** Octets, one a character, as scripts have them. */
function text(octets: string): string {
  return octets.replace(/[^!-z|~]|\\|^ | $/g, (octet) => `\\x${octet.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
