import assert from 'node:assert/strict';
import type { Keyword, State } from './commands.ts';
import type { Answer, Effect, Input, Question, Transaction } from './effects.ts';
import type { Outcome } from './outcome.ts';
import { LMTP } from './protocol.ts';
import { DeliverySession, type SessionOptions } from './session.ts';

export const OPTIONS: SessionOptions = {
  protocol: LMTP,
  hostname: 'store.example',
  limits: { commandLine: 512, letter: 1000, recipients: 3, badCommands: 5 },
};
export const PLACED: Outcome = { type: 'placed', placed: [{ uniqueId: 'u1', octets: 9 }] };
export const FULL: Outcome = { type: 'refused', why: 'over-quota', reason: 'full' };

/**
 * A session whose questions are answered at once: there is room for 899 octets, `nobody` is unknown, `full` has no room,
 * and a letter with a NUL is refused as soon as that is seen.
 */
export class Talk {
  readonly session: DeliverySession;
  readonly effects: Effect[] = [];
  /** What becomes of the next letter. */
  outcomes: readonly Outcome[] = [];

  constructor(options: Partial<SessionOptions> = {}) {
    this.session = new DeliverySession({ ...OPTIONS, ...options });
    this.step({ type: 'connected' });
  }

  /** What the session says to an input, and to the answers to what it asks. */
  step(input: Input): string {
    let said = '';
    for (const effect of this.session.step(input)) {
      this.effects.push(effect);
      if (effect.type === 'send') said += effect.octets;
      else if (effect.type === 'destroy') assert.fail('a reply of mail delivery is never left unfinished');
      else if (effect.type !== 'close') said += this.step(this.#answer(effect));
    }
    return said;
  }

  #answer(question: Question): Answer {
    switch (question.type) {
      case 'space':
        return { type: 'space', answer: question.octets < 900 };
      case 'route': {
        const { local } = question.path;
        if (local === 'nobody') return { type: 'route', answer: { type: 'unknown-user' } };
        if (local === 'full') return { type: 'route', answer: { type: 'refused', why: 'over-quota', reason: 'full' } };
        return { type: 'route', answer: { type: 'maildrops', maildrops: [local] } };
      }
      case 'write':
        return { type: 'write', answer: question.faults.nul };
      case 'outcomes': {
        const letter = this.transaction;
        const { nul, tooLarge } = question.faults;
        if (!nul && !tooLarge) return { type: 'outcomes', answer: this.outcomes };
        const why = nul ? 'nul' : 'too-large';
        return { type: 'outcomes', answer: letter?.recipients.map(() => ({ type: 'refused', why, reason: '' })) ?? [] };
      }
      default:
        return { type: question.type, answer: undefined };
    }
  }

  sendOctets(octets: string): string {
    return this.step({ type: 'octets', octets: Buffer.from(octets, 'latin1') });
  }

  /** The code of the reply to a line. */
  say(line: string): string {
    return this.sendOctets(`${line}\r\n`).slice(0, 9).trim();
  }

  /** The codes of the replies to these octets. */
  codes(octets: string): string[] {
    return this.sendOctets(octets)
      .split('\r\n')
      .filter((line) => line[3] === ' ')
      .map((line) => line.slice(0, 9));
  }

  /** An empty letter with these outcomes; the codes of the replies. */
  letter(...outcomes: Outcome[]): string[] {
    this.outcomes = outcomes;
    return this.codes('.\r\n');
  }

  get last(): Effect | undefined {
    return this.effects.at(-1);
  }

  /** The envelope of the letter that was begun last. */
  get transaction(): Transaction | undefined {
    return this.effects.findLast((effect) => effect.type === 'receive')?.transaction;
  }

  /** How often this was asked. */
  count(type: Question['type']): number {
    return this.effects.filter((effect) => effect.type === type).length;
  }

  /** All octets of letters. */
  get written(): string {
    const parts = this.effects.flatMap((effect) => (effect.type === 'write' ? [effect.octets] : []));
    return Buffer.concat(parts).toString('latin1');
  }
}

/** A session behind these lines, with the last one's question left open. */
export function asked(...lines: readonly string[]): DeliverySession {
  const session = new DeliverySession(OPTIONS);
  for (const line of lines) session.step({ type: 'octets', octets: Buffer.from(`${line}\r\n`) });
  return session;
}

export const kinds = (effects: readonly Effect[]) =>
  effects.map((effect) =>
    effect.type === 'send'
      ? effect.octets
          .toString()
          .match(/^\d{3} \d\.\d\.\d/gm)
          ?.join()
      : effect.type,
  );

/** Each command, right where it is legal. */
export const LINES: Record<Keyword, string> = {
  EHLO: 'EHLO mx.example',
  HELO: 'HELO mx.example',
  LHLO: 'LHLO mx.example',
  STARTTLS: 'STARTTLS',
  MAIL: 'MAIL FROM:<chris@example.org>',
  RCPT: 'RCPT TO:<pat@example.net>',
  DATA: 'DATA',
  BDAT: 'BDAT 1',
  RSET: 'RSET',
  NOOP: 'NOOP',
  VRFY: 'VRFY pat',
  HELP: 'HELP',
  QUIT: 'QUIT',
};

const TRANSACTION = [LINES.MAIL, LINES.RCPT];
const INTO: Record<Exclude<State, 'GREETED'>, readonly string[]> = {
  READY: [],
  MAIL: [LINES.MAIL],
  RCPT: TRANSACTION,
  CHUNKS: [...TRANSACTION, 'BDAT 1'],
  FAILED: [...TRANSACTION, 'BDAT 1001'],
};

export const STATES = ['GREETED', 'READY', 'MAIL', 'RCPT', 'CHUNKS', 'FAILED'] as const satisfies readonly State[];

export function talkIn(state: State, options: Partial<SessionOptions> = {}): Talk {
  const talk = new Talk(options);
  if (state === 'GREETED') return talk;
  const { protocol = OPTIONS.protocol } = options;
  assert.match(talk.say(LINES[protocol.hello]), /^250/);
  for (const line of INTO[state]) {
    const octets = line.startsWith('BDAT') ? chunk(line) : `${line}\r\n`;
    assert.match(talk.sendOctets(octets), state === 'FAILED' && line.startsWith('BDAT') ? /^552/ : /^250/);
  }
  return talk;
}

/** A BDAT line and as many octets as it announces. */
export function chunk(line: string): string {
  return `${line}\r\n${'x'.repeat(Number(line.split(' ')[1]))}`;
}
