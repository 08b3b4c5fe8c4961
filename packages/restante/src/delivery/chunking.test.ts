import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LMTP, SMTP } from './protocol.ts';
import { chunk, FULL, LINES, PLACED, type Talk, talkIn } from './talk.test.kit.ts';

for (const protocol of [SMTP, LMTP]) {
  describe(`BDAT in ${protocol.name}`, () => {
    const ready = () => {
      const talk = talkIn('RCPT', { protocol });
      talk.outcomes = [PLACED];
      return talk;
    };

    it('counts octets, whatever they are, and takes commands again behind them (SM-49)', () => {
      const talk = ready();
      assert.deepEqual(talk.codes('BDAT 10\r\na\r\n.\r\n..\r\nbdat 3 last\r\nx\r\nNOOP\r\n'), [
        ...['250 2.0.0', '250 2.0.0', '250 2.0.0'],
      ]);
      assert.equal(talk.written, 'a\r\n.\r\n..\r\nx\r\n');
      assert.equal(talk.say(LINES.MAIL), '250 2.1.0');
    });

    it('takes chunks of nothing, the last one too (SM-51)', () => {
      const talk = ready();
      assert.deepEqual(talk.codes('BDAT 0\r\nBDAT 3\r\na\r\nBDAT 0\r\nBDAT 0 LAST\r\nNOOP\r\n').length, 5);
      assert.equal(talk.written, 'a\r\n');
      assert.equal(talk.count('outcomes'), 1);
      const empty = ready();
      assert.deepEqual(empty.codes('BDAT 0 LAST\r\n'), ['250 2.0.0']);
    });

    it('answers what became of the letter behind its last chunk alone', () => {
      const talk = ready();
      talk.outcomes = [FULL];
      assert.deepEqual(talk.codes(`${chunk('BDAT 5')}${chunk('BDAT 5 LAST')}`), ['250 2.0.0', '452 4.2.2']);
      assert.equal(talk.say(LINES.MAIL), '250 2.1.0');
    });

    it('passes over the octets of a chunk that is refused, wherever that is (SM-50)', () => {
      const mail = 'MAIL FROM:<evil@example.org>\r\nRCPT TO:<pat>\r\nDATA\r\n';
      for (const state of ['GREETED', 'READY', 'MAIL', 'FAILED'] as const) {
        const talk = talkIn(state, { protocol });
        assert.deepEqual(talk.codes(`BDAT ${mail.length}\r\n${mail}NOOP\r\n`), ['503 5.5.1', '250 2.0.0'], state);
        assert.equal(talk.count('receive'), state === 'FAILED' ? 1 : 0);
      }
    });

    it('refuses a letter above the limit at the chunk that passes it, and takes none of its octets (SM-51, SM-37)', () => {
      const talk = ready();
      assert.deepEqual(
        talk.codes(`${chunk('BDAT 600')}${chunk('BDAT 401')}${chunk('BDAT 1')}${chunk('BDAT 0 LAST')}`),
        [...['250 2.0.0', '552 5.3.4', '503 5.5.1', '503 5.5.1']],
      );
      assert.equal(talk.written.length, 600);
      const full = ready();
      assert.deepEqual(full.codes(`${chunk('BDAT 600')}${chunk('BDAT 400 LAST')}`), ['250 2.0.0', '250 2.0.0']);
    });

    it('once refused wants RSET (SM-50)', () => {
      const talk = talkIn('FAILED', { protocol });
      for (const line of [LINES.MAIL, LINES.RCPT, 'DATA']) assert.equal(talk.say(line), '503 5.5.1');
      assert.equal(talk.say('RSET'), '250 2.0.0');
      assert.equal(talk.say(LINES.MAIL), '250 2.1.0');
    });

    it('tells of a fault at the chunk in which it is', () => {
      const talk = ready();
      assert.deepEqual(talk.codes('BDAT 3\r\na\0bBDAT 1\r\nx'), ['554 5.6.0', '503 5.5.1']);
    });

    it('takes a CR and LF in two chunks for one line end, and finds one that stands alone at the end (SM-51, SM-21)', () => {
      const faults = (octets: string) => {
        const talk = ready();
        talk.codes(octets);
        return talk.effects.findLast((effect) => effect.type === 'outcomes')?.faults.bareLineEnd;
      };
      assert.equal(faults('BDAT 2\r\na\rBDAT 2 LAST\r\n\nb'), false);
      assert.equal(faults('BDAT 2\r\na\rBDAT 1 LAST\r\nb'), true);
      assert.equal(faults('BDAT 2 LAST\r\na\r'), true);
      assert.equal(faults('BDAT 1\r\naBDAT 1 LAST\r\n\n'), true);
    });

    it('is the end of the session where its octets cannot be told from commands, or never end (SM-51)', () => {
      for (const [argument, code] of [
        ['', '501 5.5.4'],
        ['x', '501 5.5.4'],
        ['-1', '501 5.5.4'],
        ['1 FIRST', '501 5.5.4'],
        ['9007199254740992', '552 5.3.4'],
        ['99999999999999999999 LAST', '552 5.3.4'],
        ['9'.repeat(400), '552 5.3.4'],
      ] as const) {
        const talk = ready();
        assert.deepEqual(talk.codes(`BDAT ${argument}\r\nMAIL FROM:<evil@example.org>\r\n`), [code], argument);
        assert.deepEqual(talk.last, { type: 'close', end: 'limit' });
      }
      assert.deepEqual(ready().codes('BDAT 0000000000000000000000 LAST\r\n'), ['250 2.0.0']);
    });

    it('holds none of the octets that it passes over, and shows that the peer is there', () => {
      const talk = ready();
      talk.sendOctets('BDAT 9007199254740991\r\n');
      const before = talk.effects.length;
      for (let part = 0; part < 100; part += 1) assert.equal(talk.sendOctets('x'.repeat(1000)), '');
      assert.equal(talk.session.pending, 0);
      assert.equal(talk.effects.length, before + 100);
    });

    it('brings the same letter as DATA, however both are cut', () => {
      const letter = 'Subject: x\r\n\r\nhello\r\n';
      const byData = ready();
      byData.say('DATA');
      byData.sendOctets(`${letter}.\r\n`);
      for (let size = 1; size <= letter.length; size += 1) {
        const talk = ready();
        let octets = '';
        for (let at = 0; at < letter.length; at += size) {
          const part = letter.slice(at, at + size);
          octets += `BDAT ${part.length}${at + size >= letter.length ? ' LAST' : ''}\r\n${part}`;
        }
        for (const octet of octets) talk.sendOctets(octet);
        assert.equal(talk.written, byData.written);
        assert.equal(talk.count('outcomes'), 1);
      }
    });
  });
}

describe('BDAT LAST (LM-06)', () => {
  const last = (protocol: typeof SMTP, recipients: number, octets = 1, before = '') => {
    const talk: Talk = talkIn('MAIL', { protocol });
    for (let recipient = 0; recipient < recipients; recipient += 1) talk.say('RCPT TO:<pat>');
    if (recipients === 0) talk.say('RCPT TO:<nobody>');
    talk.outcomes = Array(recipients).fill(PLACED);
    if (before !== '') talk.sendOctets(chunk(before));
    return talk.codes(chunk(`BDAT ${octets} LAST`));
  };

  it('has a reply for each accepted recipient in LMTP, none for none, and one in SMTP', () => {
    assert.deepEqual(last(LMTP, 3), Array(3).fill('250 2.0.0'));
    assert.deepEqual(last(LMTP, 0), []);
    assert.deepEqual(last(SMTP, 3), ['250 2.0.0']);
    assert.deepEqual(last(SMTP, 0), ['503 5.5.1']);
  });

  it('has as many when the letter is refused by it, or was before', () => {
    assert.deepEqual(last(LMTP, 2, 1001), Array(2).fill('552 5.3.4'));
    assert.deepEqual(last(SMTP, 2, 1001), ['552 5.3.4']);
    assert.deepEqual(last(LMTP, 2, 1, 'BDAT 1001'), Array(2).fill('503 5.5.1'));
    assert.deepEqual(last(SMTP, 2, 1, 'BDAT 1001'), ['503 5.5.1']);
  });

  it('is over: another one is 503 (SM-49)', () => {
    const talk = talkIn('RCPT', { protocol: SMTP });
    talk.outcomes = [PLACED];
    assert.deepEqual(talk.codes(`${chunk('BDAT 1 LAST')}${chunk('BDAT 1 LAST')}`), ['250 2.0.0', '503 5.5.1']);
  });
});
