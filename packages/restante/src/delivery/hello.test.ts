import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { State } from './commands.ts';
import { LMTP, SMTP, type With } from './protocol.ts';
import { LINES, STATES, Talk, talkIn } from './talk.test.kit.ts';

/** What the letter comes by that is begun now. */
function comesBy(talk: Talk): With | undefined {
  for (const line of [LINES.MAIL, LINES.RCPT, 'DATA']) talk.say(line);
  return talk.transaction?.with;
}

describe('the hello', () => {
  it('lists extensions to EHLO and LHLO, and to HELO none (SM-01, SM-02)', () => {
    const talk = new Talk({ protocol: SMTP });
    assert.match(talk.sendOctets('EHLO mx\r\n'), /^250-store\.example\r\n(?:250-[A-Z0-9 ]+\r\n)+250 [A-Z0-9 ]+\r\n$/);
    assert.equal(talk.sendOctets('HELO mx\r\n'), '250 store.example\r\n');
  });

  it('says what a letter comes by (LM-11, SM-65, RFC 3848)', () => {
    const by = (protocol: typeof SMTP, ...lines: readonly string[]) => {
      const talk = new Talk({ protocol, certificate: true });
      for (const line of lines) talk.say(line);
      return comesBy(talk);
    };
    assert.equal(by(SMTP, 'EHLO mx'), 'ESMTP');
    assert.equal(by(SMTP, 'HELO mx'), 'SMTP');
    assert.equal(by(SMTP, 'EHLO mx', 'STARTTLS', 'EHLO mx'), 'ESMTPS');
    assert.equal(by(SMTP, 'STARTTLS', 'HELO mx'), 'SMTP');
    assert.equal(by(LMTP, 'LHLO mx'), 'LMTP');
    assert.equal(by(LMTP, 'LHLO mx', 'STARTTLS', 'LHLO mx'), 'LMTPS');
  });
});

for (const protocol of [SMTP, LMTP]) {
  const hello = LINES[protocol.hello];

  describe(`STARTTLS in ${protocol.name} (SM-16)`, () => {
    it('is listed where it can be had: with a certificate, in the clear', () => {
      const listed = (talk: Talk) => talk.sendOctets(`${hello}\r\n`).includes('STARTTLS');
      assert.equal(listed(new Talk({ protocol })), false);
      const talk = new Talk({ protocol, certificate: true });
      assert.equal(listed(talk), true);
      assert.equal(talk.say('STARTTLS'), '220 2.0.0');
      assert.equal(listed(talk), false);
    });

    it('forgets all that was said before it', () => {
      for (const state of STATES) {
        const talk = talkIn(state, { protocol, certificate: true });
        assert.equal(talk.say('STARTTLS'), '220 2.0.0');
        assert.equal(talk.last?.type, 'secure');
        assert.equal(talk.count('forget'), (['GREETED', 'READY'] as State[]).includes(state) ? 0 : 1);
        for (const line of [LINES.MAIL, LINES.RCPT, 'DATA']) assert.equal(talk.say(line), '503 5.5.1');
      }
    });

    it('takes no argument, is had once, and is 502 without a certificate', () => {
      const talk = talkIn('READY', { protocol, certificate: true });
      assert.equal(talk.say('STARTTLS now'), '501 5.5.4');
      assert.equal(talk.say('STARTTLS'), '220 2.0.0');
      assert.equal(talk.say('STARTTLS'), '503 5.5.1');
      assert.equal(talkIn('READY', { protocol }).say('STARTTLS'), '502 5.5.1');
    });

    it('ends the session when octets came behind it in the clear, and answers none of them', () => {
      for (const behind of ['NOOP\r\n', 'N', '\0']) {
        const talk = talkIn('RCPT', { protocol, certificate: true });
        assert.equal(talk.sendOctets(`STARTTLS\r\n${behind}`), '');
        assert.deepEqual(talk.last, {
          type: 'close',
          end: 'error',
          reason: 'octets came in the clear behind STARTTLS',
        });
      }
      const { session } = talkIn('READY', { protocol, certificate: true });
      session.step({ type: 'octets', octets: Buffer.from('STARTTLS\r\n') });
      session.step({ type: 'octets', octets: Buffer.from('NOOP\r\n') });
      assert.deepEqual(
        session.step({ type: 'secure', answer: undefined }).map(({ type }) => type),
        ['close'],
      );
    });
  });
}
