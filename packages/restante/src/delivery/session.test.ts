import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { COMMANDS, type Keyword, type State } from './commands.ts';
import type { Outcome } from './outcome.ts';
import { DeliverySession, type Effect, type Input, type SessionOptions } from './session.ts';

const OPTIONS: SessionOptions = {
  hostname: 'store.example',
  limits: { letter: 1000, recipients: 3, badCommands: 5 },
};
const PLACED: Outcome = { type: 'placed', placed: { uniqueId: 'u1', octets: 9 } };
const FULL: Outcome = { type: 'refused', why: 'over-quota', reason: 'full' };

/** A session, and all that it said. Look-ups are answered at once; `nobody` is unknown. */
class Talk {
  readonly session: DeliverySession;
  readonly effects: Effect[] = [];

  constructor(options: Partial<SessionOptions> = {}) {
    this.session = new DeliverySession({ ...OPTIONS, ...options });
    this.step({ type: 'connected' });
  }

  step(input: Input): string {
    let said = '';
    for (const effect of this.session.step(input)) {
      this.effects.push(effect);
      if (effect.type === 'reply') said += effect.text;
      if (effect.type === 'ask-room') said += this.step({ type: 'room', enough: effect.octets < 900 });
      if (effect.type === 'ask-route') {
        const unknown = effect.path.local === 'nobody';
        said += this.step({
          type: 'route',
          route: unknown ? { type: 'unknown-user' } : { type: 'maildrop', maildrop: effect.path.local },
        });
      }
    }
    return said;
  }

  say(line: string): string {
    return this.step({ type: 'line', line }).slice(0, 9).trim();
  }

  /** The letter's end, and these outcomes; the replies. */
  letter(...outcomes: Outcome[]): string[] {
    this.step({ type: 'letter-end' });
    return outcomes.map((outcome) => this.step({ type: 'outcome', outcome }).slice(0, 9));
  }

  get last(): Effect | undefined {
    return this.effects.at(-1);
  }
}

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
    assert.equal(talk.last?.type === 'receive' && talk.last.transaction.number, 2);
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
    assert.ok(talk.last?.type === 'receive');
    assert.deepEqual(
      talk.last.transaction.recipients.map(({ path }) => path.text),
      ['pat@d', 'green@d', 'pat@d'],
    );
    assert.deepEqual(talk.letter(PLACED, FULL, PLACED), ['250 2.0.0', '452 4.2.2', '250 2.0.0']);
    assert.equal(talk.say(LINES.MAIL), '250 2.1.0');
  });

  it('keeps each local-part as it was given (SM-10)', () => {
    const talk = talkIn('MAIL');
    talk.say('rcpt to:<PaT@Example.NET>');
    talk.say('data');
    assert.equal(talk.last?.type === 'receive' && talk.last.transaction.recipients[0]?.path.text, 'PaT@Example.NET');
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
    assert.match(talk.step({ type: 'malformed-line', fault: 'too-long' }), /^500 5\.5\.2 line too long/);
    assert.match(talk.step({ type: 'malformed-line', fault: 'bare-line-feed' }), /^500 5\.5\.2/);
    assert.match(talk.step({ type: 'line', line: 'NOOP\rQUIT' }), /^500 5\.5\.2/);
  });
});

describe('replies are sent at once (RFC 2920 §3.2, SM-41)', () => {
  it('to LHLO, DATA, VRFY, NOOP and QUIT, not to MAIL, RCPT and RSET', () => {
    for (const keyword of Object.keys(COMMANDS) as Keyword[]) {
      const talk = talkIn(keyword === 'RCPT' ? 'MAIL' : keyword === 'DATA' ? 'RCPT' : 'READY');
      talk.effects.length = 0;
      talk.say(LINES[keyword]);
      const replies = talk.effects.filter((effect) => effect.type === 'reply');
      assert.equal(replies.length, 1);
      assert.equal(replies[0]?.flush, !['MAIL', 'RCPT', 'RSET'].includes(keyword), keyword);
    }
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

  it('waits at a shutdown for what the store has been asked, and for nothing that is not whole', () => {
    const whole = talkIn('RCPT');
    whole.say('DATA');
    whole.step({ type: 'letter-end' });
    assert.equal(whole.step({ type: 'shutdown' }), '');
    assert.match(whole.step({ type: 'outcome', outcome: PLACED }), /^250 2\.0\.0 [^\n]*\n421 4\.3\.2/);

    const half = talkIn('RCPT');
    half.say('DATA');
    assert.match(half.step({ type: 'shutdown' }), /^421 4\.3\.2/);

    const asked = new DeliverySession(OPTIONS);
    asked.step({ type: 'line', line: LINES.LHLO });
    asked.step({ type: 'line', line: LINES.MAIL });
    asked.step({ type: 'line', line: LINES.RCPT });
    assert.deepEqual(asked.step({ type: 'shutdown' }), []);
    const effects = asked.step({ type: 'route', route: { type: 'unavailable', reason: 'x' } });
    assert.deepEqual(
      effects.map((effect) => (effect.type === 'reply' ? effect.text.slice(0, 9) : effect.type)),
      ['451 4.3.0', '421 4.3.2', 'close'],
    );
  });

  it('is 421 to who is silent, but not while it is our turn (SM-07)', () => {
    assert.match(talkIn('READY').step({ type: 'idle' }), /^421 4\.4\.2/);
    const talk = talkIn('RCPT');
    talk.say('DATA');
    talk.step({ type: 'letter-end' });
    assert.equal(talk.step({ type: 'idle' }), '');
  });
});

describe('a driver that errs', () => {
  it('is told so at once', () => {
    const session = new DeliverySession(OPTIONS);
    assert.throws(() => session.step({ type: 'letter-end' }), /waits for a line/);
    assert.throws(() => session.step({ type: 'outcome', outcome: PLACED }), /waits for a line/);
    session.step({ type: 'line', line: LINES.LHLO });
    session.step({ type: 'line', line: LINES.MAIL });
    session.step({ type: 'line', line: LINES.RCPT });
    assert.throws(() => session.step({ type: 'line', line: 'NOOP' }), /waits for route/);
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
          const reply = talk.step({ type: 'line', line: each });
          if (talk.last?.type === 'close') break;
          const final = reply.split('\r\n').filter((text) => /^\d{3} /.test(text));
          assert.equal(final.length, 1, each);
          assert.match(reply, /^(?:[245]\d\d[ -][ -~]{1,506}\r\n|354 [ -~]+\r\n)+$/);
          if (talk.last?.type !== 'receive') continue;
          const { recipients } = talk.last.transaction;
          const replies: readonly string[] = talk.letter(...recipients.map(() => PLACED));
          for (const answer of replies) assert.equal(answer, '250 2.0.0');
        }
      }),
    );
  });
});
