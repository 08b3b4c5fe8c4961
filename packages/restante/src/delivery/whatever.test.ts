import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LMTP, SMTP } from './protocol.ts';
import { chunk, LINES, OPTIONS, PLACED, Talk } from './talk.test.kit.ts';

for (const protocol of [SMTP, LMTP]) {
  describe(`whatever a peer says in ${protocol.name}`, () => {
    const line = fc.oneof(
      fc.constantFrom(
        ...Object.values(LINES),
        'MAIL FROM:<> SIZE=950',
        'MAIL FROM:<a@b> BODY=8BITMIME',
        'MAIL FROM:<',
        'RCPT TO:<nobody>',
        'RCPT TO:<full>',
        'RCPT TO:<@a:pat@d>',
        'DATA now',
        'VRFY',
        'BDAT 0',
        'BDAT 7',
        'BDAT 1001',
        '',
        ' ',
      ),
      fc.string({ unit: 'binary-ascii', maxLength: 80 }).filter((text) => !/\n|^bdat/i.test(text)),
    );

    it('each line gets one reply, and a letter as many as it has to, of the right form; nothing throws (SM-40)', () => {
      fc.assert(
        fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
          const talk = new Talk({ protocol, limits: { ...OPTIONS.limits, badCommands: 1000 } });
          for (const each of lines) {
            const letters = talk.count('receive');
            const reply = talk.sendOctets(each.startsWith('BDAT') ? chunk(each) : `${each}\r\n`);
            if (talk.last?.type === 'close') break;
            const final = reply.split('\r\n').filter((text) => /^\d{3} /.test(text));
            assert.equal(final.length, 1, each);
            assert.match(reply, /^(?:[245]\d\d[ -][ -~]{1,506}\r\n|354 [ -~]+\r\n)+$/);
            if (each !== 'DATA' || talk.count('receive') === letters) continue;
            const outcomes = talk.transaction?.recipients.map(() => PLACED) ?? [];
            const replies = talk.letter(...outcomes);
            assert.deepEqual(replies, Array(protocol === LMTP ? outcomes.length : 1).fill('250 2.0.0'));
          }
        }),
      );
    });
  });
}
