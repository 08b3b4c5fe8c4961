import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Keyword, State } from './commands.ts';
import { type Hello, LMTP, SMTP } from './protocol.ts';
import { asked, chunk, FULL, kinds, LINES, PLACED, STATES, Talk, talkIn } from './talk.test.kit.ts';

/** The code that each command gets in each state, and whether SMTP and LMTP differ in it. */
const ANYWHERE = (code: number) => ({
  ...{ GREETED: code, READY: code, MAIL: code, RCPT: code, CHUNKS: code, FAILED: code },
});
const ORDER: Record<Exclude<Keyword, Hello | 'STARTTLS'>, Record<State, number>> = {
  MAIL: { GREETED: 503, READY: 250, MAIL: 503, RCPT: 503, CHUNKS: 503, FAILED: 503 },
  RCPT: { GREETED: 503, READY: 503, MAIL: 250, RCPT: 250, CHUNKS: 503, FAILED: 503 },
  DATA: { GREETED: 503, READY: 503, MAIL: 503, RCPT: 354, CHUNKS: 503, FAILED: 503 },
  BDAT: { GREETED: 503, READY: 503, MAIL: 503, RCPT: 250, CHUNKS: 250, FAILED: 503 },
  RSET: ANYWHERE(250),
  NOOP: ANYWHERE(250),
  VRFY: ANYWHERE(252),
  HELP: ANYWHERE(214),
  QUIT: ANYWHERE(221),
};

for (const protocol of [SMTP, LMTP]) {
  const expected: Partial<Record<Keyword, Record<State, number>>> = {
    ...ORDER,
    // SM-42: RFC 5321 §3.3 has a code of its own for it.
    ...(protocol === SMTP && { DATA: { ...ORDER.DATA, MAIL: 554 } }),
    EHLO: ANYWHERE(protocol === SMTP ? 250 : 500),
    HELO: ANYWHERE(protocol === SMTP ? 250 : 500),
    LHLO: ANYWHERE(protocol === LMTP ? 250 : 500),
    STARTTLS: ANYWHERE(220),
  };

  describe(`order of ${protocol.name} commands (SM-03, LM-02, SM-49, RFC 5321 §4.1.4)`, () => {
    for (const [keyword, states] of Object.entries(expected) as [Keyword, Record<State, number>][]) {
      for (const [state, code] of Object.entries(states) as [State, number][]) {
        it(`${keyword} in ${state}: ${code}`, () => {
          const talk = talkIn(state, { protocol, certificate: true });
          const line = LINES[keyword];
          const reply = talk.sendOctets(keyword === 'BDAT' ? chunk(line) : `${line}\r\n`);
          assert.equal(Number(reply.slice(0, 3)), code);
        });
      }
    }
  });
}

describe('a command out of order', () => {
  it('changes nothing', () => {
    const talk = talkIn('RCPT');
    assert.equal(talk.say(LINES.MAIL), '503 5.5.1');
    assert.equal(talk.say('DATA'), '354 go ah');
    assert.deepEqual(talk.letter(PLACED), ['250 2.0.0']);
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

  it('of the other protocol are told which one this is (LM-02)', () => {
    for (const line of ['EHLO mx', 'HELO mx', 'ehlo']) assert.equal(new Talk().say(line), '500 5.5.1');
    for (const line of ['LHLO mx', 'lhlo']) assert.equal(new Talk({ protocol: SMTP }).say(line), '500 5.5.1');
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
    for (const state of STATES) {
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
    assert.deepEqual(kinds(whole.step({ type: 'write', answer: false })), ['outcomes']);
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
