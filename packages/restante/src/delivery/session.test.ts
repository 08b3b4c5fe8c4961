import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Keyword, State } from './commands.ts';
import type { Answer, Effect, Input, Question, Transaction } from './effects.ts';
import type { Outcome } from './outcome.ts';
import { DeliverySession, type SessionOptions } from './session.ts';

const OPTIONS: SessionOptions = {
  hostname: 'store.example',
  limits: { commandLine: 512, letter: 1000, recipients: 3, badCommands: 5 },
};
const PLACED: Outcome = { type: 'placed', placed: [{ uniqueId: 'u1', octets: 9 }] };
const FULL: Outcome = { type: 'refused', why: 'over-quota', reason: 'full' };

/** A session whose questions are answered at once: there is room for 899 octets, and `nobody` is unknown. */
class Talk {
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
      else if (effect.type === 'destroy' || effect.type === 'secure') assert.fail(`LMTP never asks to ${effect.type}`);
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
        const route =
          local === 'nobody' ? ({ type: 'unknown-user' } as const) : { type: 'maildrops' as const, maildrops: [local] };
        return { type: 'route', answer: route };
      }
      case 'outcomes':
        return { type: 'outcomes', answer: this.outcomes };
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

  /** An empty letter with these outcomes; the codes of the replies. */
  letter(...outcomes: Outcome[]): string[] {
    this.outcomes = outcomes;
    return this.sendOctets('.\r\n')
      .split('\r\n')
      .slice(0, -1)
      .map((reply) => reply.slice(0, 9));
  }

  get last(): Effect | undefined {
    return this.effects.at(-1);
  }

  /** The envelope of the letter that was begun last. */
  get transaction(): Transaction | undefined {
    return this.effects.findLast((effect) => effect.type === 'receive')?.transaction;
  }
}

/** A session behind these lines, with the last one's question left open. */
function asked(...lines: readonly string[]): DeliverySession {
  const session = new DeliverySession(OPTIONS);
  for (const line of lines) session.step({ type: 'octets', octets: Buffer.from(`${line}\r\n`) });
  return session;
}

const kinds = (effects: readonly Effect[]) =>
  effects.map((effect) =>
    effect.type === 'send'
      ? effect.octets
          .toString()
          .match(/^\d{3} \d\.\d\.\d/gm)
          ?.join()
      : effect.type,
  );

const LINES: Record<Keyword, string> = {
  LHLO: 'LHLO mx.example',
  MAIL: 'MAIL FROM:<chris@example.org>',
  RCPT: 'RCPT TO:<pat@example.net>',
  DATA: 'DATA',
  RSET: 'RSET',
  NOOP: 'NOOP',
  VRFY: 'VRFY pat',
  HELP: 'HELP',
  QUIT: 'QUIT',
};

const INTO: Record<State, readonly string[]> = {
  GREETED: [],
  READY: [LINES.LHLO],
  MAIL: [LINES.LHLO, LINES.MAIL],
  RCPT: [LINES.LHLO, LINES.MAIL, LINES.RCPT],
};

function talkIn(state: State, options: Partial<SessionOptions> = {}): Talk {
  const talk = new Talk(options);
  for (const line of INTO[state]) assert.match(talk.say(line), /^250/);
  return talk;
}

describe('order of commands (SM-03, RFC 5321 §4.1.4)', () => {
  const EXPECTED: Record<Keyword, Record<State, number>> = {
    LHLO: { GREETED: 250, READY: 250, MAIL: 250, RCPT: 250 },
    MAIL: { GREETED: 503, READY: 250, MAIL: 503, RCPT: 503 },
    RCPT: { GREETED: 503, READY: 503, MAIL: 250, RCPT: 250 },
    DATA: { GREETED: 503, READY: 503, MAIL: 503, RCPT: 354 },
    RSET: { GREETED: 250, READY: 250, MAIL: 250, RCPT: 250 },
    NOOP: { GREETED: 250, READY: 250, MAIL: 250, RCPT: 250 },
    VRFY: { GREETED: 252, READY: 252, MAIL: 252, RCPT: 252 },
    HELP: { GREETED: 214, READY: 214, MAIL: 214, RCPT: 214 },
    QUIT: { GREETED: 221, READY: 221, MAIL: 221, RCPT: 221 },
  };
  for (const [keyword, states] of Object.entries(EXPECTED) as [Keyword, Record<State, number>][]) {
    for (const [state, code] of Object.entries(states) as [State, number][]) {
      it(`${keyword} in ${state}: ${code}`, () => {
        assert.equal(Number(talkIn(state).say(LINES[keyword]).slice(0, 3)), code);
      });
    }
  }

  it('keeps the state when a command is out of order', () => {
    const talk = talkIn('RCPT');
    assert.equal(talk.say(LINES.MAIL), '503 5.5.1');
    assert.equal(talk.say('DATA'), '354 go ah');
    assert.deepEqual(talk.letter(PLACED), ['250 2.0.0']);
  });

  for (const reset of ['LHLO other.example', 'RSET']) {
    it(`${reset} drops the transaction`, () => {
      const talk = talkIn('RCPT');
      talk.say(reset);
      assert.equal(talk.say('DATA'), '503 5.5.1');
      assert.equal(talk.say(LINES.MAIL), '250 2.1.0');
      assert.equal(talk.say('DATA'), '503 5.5.1');
    });
  }

  it('takes one letter after the other without a new hello', () => {
    const talk = talkIn('RCPT');
    talk.say('DATA');
    assert.deepEqual(talk.letter(PLACED), ['250 2.0.0']);
    assert.equal(talk.say('DATA'), '503 5.5.1');
    assert.equal(talk.say(LINES.MAIL), '250 2.1.0');
    assert.equal(talk.say(LINES.RCPT), '250 2.1.5');
    talk.say('DATA');
    assert.equal(talk.transaction?.number, 2);
  });
});

describe('one reply for each accepted recipient (LM-04)', () => {
  it('in order, duplicates and none of the refused', () => {
    const talk = talkIn('MAIL');
    assert.equal(talk.say('RCPT TO:<pat@d>'), '250 2.1.5');
    assert.equal(talk.say('RCPT TO:<nobody@d>'), '550 5.1.1');
    assert.equal(talk.say('RCPT TO:<green@d>'), '250 2.1.5');
    assert.equal(talk.say('RCPT TO:<pat@d>'), '250 2.1.5');
    talk.say('DATA');
    assert.deepEqual(
      talk.transaction?.recipients.map(({ path }) => path.text),
      ['pat@d', 'green@d', 'pat@d'],
    );
    assert.deepEqual(talk.letter(PLACED, FULL, PLACED), ['250 2.0.0', '452 4.2.2', '250 2.0.0']);
    assert.equal(talk.say(LINES.MAIL), '250 2.1.0');
  });

  it('keeps each local-part as it was given (SM-10)', () => {
    const talk = talkIn('MAIL');
    talk.say('rcpt to:<PaT@Example.NET>');
    talk.say('data');
    assert.equal(talk.transaction?.recipients[0]?.path.text, 'PaT@Example.NET');
  });

  it('says 452 4.5.3 to more than the limit, and delivers to those before (SM-13)', () => {
    const talk = talkIn('MAIL');
    for (const name of ['a', 'b', 'c']) assert.equal(talk.say(`RCPT TO:<${name}>`), '250 2.1.5');
    assert.equal(talk.say('RCPT TO:<d>'), '452 4.5.3');
    talk.say('DATA');
    assert.deepEqual(talk.letter(PLACED, PLACED, PLACED), ['250 2.0.0', '250 2.0.0', '250 2.0.0']);
  });
});

describe('a declared size (SM-37)', () => {
  it('is refused above the limit, taken at the limit, and refused for now where there is no room', () => {
    assert.equal(talkIn('READY').say('MAIL FROM:<> SIZE=1001'), '552 5.3.4');
    assert.equal(talkIn('READY').say('MAIL FROM:<> SIZE=1000'), '452 4.3.1');
    assert.equal(talkIn('READY').say('MAIL FROM:<> SIZE=899'), '250 2.1.0');
    assert.equal(talkIn('READY').say(`MAIL FROM:<> SIZE=${'9'.repeat(20)}`), '552 5.3.4');
    assert.equal(talkIn('READY').say('MAIL FROM:<> SIZE=0'), '250 2.1.0');
  });

  it('that is refused begins no transaction', () => {
    const talk = talkIn('READY');
    talk.say('MAIL FROM:<> SIZE=1001');
    assert.equal(talk.say(LINES.RCPT), '503 5.5.1');
    talk.say('MAIL FROM:<> SIZE=950');
    assert.equal(talk.say(LINES.RCPT), '503 5.5.1');
    assert.equal(talk.say('MAIL FROM:<>'), '250 2.1.0');
  });
});

describe('wrong commands', () => {
  it('do not close the connection at once (SM-06); too many without a letter do (RFC 5321 §7.8)', () => {
    const talk = talkIn('RCPT');
    for (let n = 0; n < 5; n += 1) assert.equal(talk.say('XYZZY'), '500 5.5.1');
    talk.say('DATA');
    talk.letter(PLACED);
    for (let n = 0; n < 5; n += 1) assert.equal(talk.say('XYZZY'), '500 5.5.1');
    assert.equal(talk.say('XYZZY'), '421 4.7.0');
    assert.deepEqual(talk.last, { type: 'close', end: 'limit' });
    assert.equal(talk.say('NOOP'), '');
  });

  it('are not those for recipients who are not here', () => {
    const talk = talkIn('MAIL');
    for (let n = 0; n < 20; n += 1) assert.equal(talk.say('RCPT TO:<nobody>'), '550 5.1.1');
    assert.equal(talk.say('NOOP'), '250 2.0.0');
  });

  it('are not those that came in one packet with a MAIL that was refused (SM-41)', () => {
    const talk = new Talk();
    talk.say('LHLO x');
    const recipients = 'RCPT TO:<pat>\r\n'.repeat(50);
    const replies = talk.sendOctets(`MAIL FROM:<> SIZE=99999\r\n${recipients}DATA\r\nRSET\r\nNOOP\r\n`);
    const codes = replies.match(/^\d{3}/gm);
    assert.deepEqual(codes, ['552', ...Array(51).fill('503'), '250', '250']);
    for (let letter = 0; letter < 50; letter += 1) {
      assert.match(
        talk.sendOctets('MAIL FROM:<>\r\nRCPT TO:<nobody>\r\nDATA\r\nRSET\r\n'),
        /^250.*\r\n550.*\r\n503.*\r\n250.*\r\n$/,
      );
    }
  });

  it('of SMTP are told that this is LMTP (LM-02)', () => {
    for (const line of ['EHLO mx', 'HELO mx', 'ehlo']) assert.equal(new Talk().say(line), '500 5.5.1');
  });

  it('of HTTP close the connection before a body can play LMTP; after a hello they are as wrong as any', () => {
    const talk = new Talk();
    assert.equal(talk.say('POST / HTTP/1.1'), '421 4.7.0');
    assert.equal(talk.say(LINES.LHLO), '');
    assert.equal(talkIn('READY').say('GET / HTTP/1.1'), '500 5.5.1');
  });

  it('have their own text where the line itself is wrong (SM-14, SM-21)', () => {
    const talk = new Talk();
    assert.match(talk.sendOctets(`NOOP ${'x'.repeat(506)}\r\n`), /^500 5\.5\.2 line too long/);
    assert.match(talk.sendOctets(`NOOP ${'x'.repeat(505)}\r\n`), /^250 /);
    assert.match(talk.sendOctets('NOOP\nQUIT\r\n'), /^500 5\.5\.2[^\n]*\n$/);
    assert.match(talk.sendOctets('NOOP\rQUIT\r\n'), /^500 5\.5\.2[^\n]*\n$/);
  });
});

describe('replies (SM-41)', () => {
  it('to commands that come together are one effect', () => {
    const talk = talkIn('READY');
    talk.effects.length = 0;
    assert.equal(talk.sendOctets('NOOP\r\nRSET\r\nVRFY x\r\n').split('\r\n').length, 4);
    assert.equal(talk.effects.length, 1);
  });

  it('of more than the peer can be expected to take at once wait until it took some', () => {
    const session = asked();
    session.step({ type: 'octets', octets: Buffer.from('HELP\r\n'.repeat(1000)) });
    let said = 0;
    for (let rounds = 0; rounds < 100 && session.pending > 0; rounds += 1) {
      const effects = session.step({ type: 'room', answer: undefined });
      for (const effect of effects) if (effect.type === 'send') said = Math.max(said, effect.octets.length);
    }
    assert.equal(session.pending, 0);
    assert.ok(said < 17 * 1024, `${said} octets in one step`);
  });
});

describe('the end', () => {
  it('is QUIT: nothing behind it is looked at', () => {
    const talk = talkIn('READY');
    assert.equal(talk.say('QUIT'), '221 2.0.0');
    assert.deepEqual(talk.last, { type: 'close', end: 'quit' });
    assert.equal(talk.say(LINES.MAIL), '');
  });

  it('is 421 at a shutdown between commands', () => {
    for (const state of Object.keys(INTO) as State[]) {
      const talk = talkIn(state);
      assert.match(talk.step({ type: 'shutdown' }), /^421 4\.3\.2/);
      assert.deepEqual(talk.last, { type: 'close', end: 'shutdown' });
    }
  });

  it('waits at a shutdown for what has been asked, and for no letter that is not whole', () => {
    const half = talkIn('RCPT');
    half.say('DATA');
    assert.match(half.step({ type: 'shutdown' }), /^421 4\.3\.2/);

    const whole = asked(LINES.LHLO, LINES.MAIL, LINES.RCPT);
    whole.step({ type: 'route', answer: { type: 'maildrops', maildrops: ['pat'] } });
    whole.step({ type: 'octets', octets: Buffer.from('DATA\r\nx\r\n.\r\n') });
    assert.deepEqual(kinds(whole.step({ type: 'receive', answer: undefined })), ['write']);
    assert.deepEqual(whole.step({ type: 'shutdown' }), []);
    assert.deepEqual(kinds(whole.step({ type: 'write', answer: undefined })), ['outcomes']);
    assert.deepEqual(kinds(whole.step({ type: 'outcomes', answer: [PLACED] })), ['250 2.0.0,421 4.3.2', 'close']);

    const route = asked(LINES.LHLO, LINES.MAIL, LINES.RCPT);
    assert.deepEqual(route.step({ type: 'shutdown' }), []);
    const effects = route.step({ type: 'route', answer: { type: 'unavailable', reason: 'x' } });
    assert.deepEqual(kinds(effects), ['451 4.3.0,421 4.3.2', 'close']);
  });

  it('comes when the peer sends no more, behind all that it has sent', () => {
    const talk = talkIn('READY');
    assert.equal(talk.step({ type: 'ended' }), '');
    assert.deepEqual(talk.last, { type: 'close', end: 'closed' });
    const route = asked(LINES.LHLO, LINES.MAIL, LINES.RCPT);
    assert.deepEqual(route.step({ type: 'ended' }), []);
    const effects = route.step({ type: 'route', answer: { type: 'maildrops', maildrops: ['pat'] } });
    assert.deepEqual(kinds(effects), ['250 2.1.5', 'close']);
  });
});

describe('a question', () => {
  it('holds all further input until it is answered', () => {
    const session = asked(LINES.LHLO, LINES.MAIL, LINES.RCPT);
    assert.deepEqual(session.step({ type: 'octets', octets: Buffer.from('NOOP\r\n') }), []);
    assert.equal(session.pending, 6);
    const effects = session.step({ type: 'route', answer: { type: 'maildrops', maildrops: ['pat'] } });
    assert.deepEqual(kinds(effects), ['250 2.1.5,250 2.0.0']);
  });

  it('about outcomes is asked again until all recipients have theirs (LM-08)', () => {
    const talk = talkIn('RCPT');
    talk.say('RCPT TO:<green>');
    talk.say('DATA');
    talk.outcomes = [];
    const session = talk.session;
    assert.deepEqual(kinds(session.step({ type: 'octets', octets: Buffer.from('.\r\nNOOP\r\n') })), ['outcomes']);
    assert.deepEqual(kinds(session.step({ type: 'outcomes', answer: [PLACED] })), ['250 2.0.0', 'outcomes']);
    assert.deepEqual(kinds(session.step({ type: 'outcomes', answer: [FULL] })), ['452 4.2.2,250 2.0.0']);
  });

  it('that was not asked cannot be answered: the driver erred', () => {
    const session = asked(LINES.LHLO, LINES.MAIL);
    assert.throws(() => session.step({ type: 'outcomes', answer: [PLACED] }), /not asked/);
    session.step({ type: 'octets', octets: Buffer.from(`${LINES.RCPT}\r\n`) });
    assert.throws(() => session.step({ type: 'space', answer: true }), /not asked/);
  });
});

describe('whatever a peer says', () => {
  const line = fc.oneof(
    fc.constantFrom(
      ...Object.values(LINES),
      'MAIL FROM:<> SIZE=950',
      'MAIL FROM:<a@b> BODY=8BITMIME',
      'MAIL FROM:<',
      'RCPT TO:<nobody>',
      'RCPT TO:<@a:pat@d>',
      'DATA now',
      'VRFY',
      'EHLO x',
      '',
      ' ',
    ),
    fc.string({ unit: 'binary-ascii', maxLength: 80 }).filter((text) => !text.includes('\n')),
  );

  it('each line gets one reply, each recipient one more, each of the right form; nothing throws (SM-40)', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
        const talk = new Talk({ limits: { ...OPTIONS.limits, badCommands: 1000 } });
        for (const each of lines) {
          const reply = talk.sendOctets(`${each}\r\n`);
          if (talk.last?.type === 'close') break;
          const final = reply.split('\r\n').filter((text) => /^\d{3} /.test(text));
          assert.equal(final.length, 1, each);
          assert.match(reply, /^(?:[245]\d\d[ -][ -~]{1,506}\r\n|354 [ -~]+\r\n)+$/);
          if (talk.last?.type !== 'receive') continue;
          const recipients = talk.transaction?.recipients ?? [];
          const replies: readonly string[] = talk.letter(...recipients.map(() => PLACED));
          for (const answer of replies) assert.equal(answer, '250 2.0.0');
        }
      }),
    );
  });
});
