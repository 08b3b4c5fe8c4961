import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LMTP, SMTP } from './protocol.ts';
import { FULL, kinds, LINES, PLACED, talkIn } from './talk.test.kit.ts';

for (const protocol of [SMTP, LMTP]) {
  for (const reset of [LINES[protocol.hello], 'RSET']) {
    it(`${reset} drops the transaction, and what was kept for it (SM-03)`, () => {
      for (const state of ['MAIL', 'RCPT', 'CHUNKS', 'FAILED'] as const) {
        const talk = talkIn(state, { protocol });
        talk.say(reset);
        assert.equal(talk.count('forget'), 1);
        assert.equal(talk.say('DATA'), '503 5.5.1');
        assert.equal(talk.say(LINES.MAIL), '250 2.1.0');
        assert.equal(talk.say('RCPT TO:<nobody>'), '550 5.1.1');
      }
    });
  }
}

it('one letter comes after the other without a new hello', () => {
  const talk = talkIn('RCPT');
  talk.say('DATA');
  assert.deepEqual(talk.letter(PLACED), ['250 2.0.0']);
  assert.equal(talk.say('DATA'), '503 5.5.1');
  assert.equal(talk.say(LINES.MAIL), '250 2.1.0');
  assert.equal(talk.say(LINES.RCPT), '250 2.1.5');
  talk.say('DATA');
  assert.equal(talk.transaction?.number, 2);
});

it('recipients who lead to the same mailboxes share the list', () => {
  const talk = talkIn('RCPT');
  for (const to of ['green@d', 'pat@elsewhere']) assert.equal(talk.say(`RCPT TO:<${to}>`), '250 2.1.5');
  talk.say('DATA');
  const lists = talk.transaction?.recipients.map(({ maildrops }) => maildrops) ?? [];
  assert.deepEqual(lists, [['pat'], ['green'], ['pat']]);
  assert.equal(lists[2], lists[0]);
});

describe('one reply for all recipients (SM-33)', () => {
  function three() {
    const talk = talkIn('RCPT', { protocol: SMTP });
    assert.equal(talk.say('RCPT TO:<green@d>'), '250 2.1.5');
    assert.equal(talk.say('RCPT TO:<pat@d>'), '250 2.1.5');
    talk.say('DATA');
    return talk;
  }

  it('is 250 when all of them have the letter', () => {
    assert.deepEqual(three().letter(PLACED, PLACED, PLACED), ['250 2.0.0']);
  });

  it('is the refusal of any', () => {
    assert.deepEqual(three().letter(PLACED, FULL, PLACED), ['452 4.2.2']);
  });

  it('waits for the last of them', () => {
    const talk = three();
    const { session } = talk;
    assert.deepEqual(kinds(session.step({ type: 'octets', octets: Buffer.from('.\r\nNOOP\r\n') })), ['outcomes']);
    assert.deepEqual(kinds(session.step({ type: 'outcomes', answer: [PLACED] })), ['outcomes']);
    assert.deepEqual(kinds(session.step({ type: 'outcomes', answer: [PLACED, PLACED] })), ['250 2.0.0,250 2.0.0']);
  });

  it('comes after those to RCPT, where who has no room is refused (SM-31, SM-35)', () => {
    const talk = talkIn('MAIL', { protocol: SMTP });
    assert.equal(talk.say('RCPT TO:<full@d>'), '452 4.2.2');
    assert.equal(talk.say('DATA'), '554 5.5.1');
    assert.equal(talk.say('RCPT TO:<pat@d>'), '250 2.1.5');
    talk.say('DATA');
    assert.deepEqual(
      talk.transaction?.recipients.map(({ path }) => path.text),
      ['pat@d'],
    );
  });

  it('and the declared size is told with each of them', () => {
    const talk = talkIn('READY', { protocol: SMTP });
    talk.say('MAIL FROM:<> SIZE=99');
    talk.say('RCPT TO:<pat@d>');
    assert.equal(talk.effects.findLast((effect) => effect.type === 'route')?.declared, 99);
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
