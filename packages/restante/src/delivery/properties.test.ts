import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BEGIN, codes, office, talk } from '../testing/trial-office.ts';
import { lettersOf } from '../testing/trial-store.ts';

describe('whatever comes in', () => {
  const line = fc.oneof(
    fc.constantFrom(
      ...[
        'LHLO mx',
        'MAIL FROM:<a@b>',
        'MAIL FROM:<> SIZE=9',
        'RCPT TO:<pat>',
        'RCPT TO:<green>',
        'RCPT TO:<x>',
        'DATA',
      ],
      ...['.', '..', '.x', '', 'RSET', 'NOOP', 'Subject: x', 'Received: x', 'Delivered-To: pat', 'a\nb', 'a\rb', '\0'],
      ...['LHLO mx\r\nMAIL FROM:<a@b>\r\nRCPT TO:<pat>\r\nRCPT TO:<green>\r\nDATA\r\nA: b\r\n\r\nhello\r\n.'],
    ),
    fc.string({ unit: 'binary-ascii', maxLength: 30 }),
  );
  const dialog = fc.array(line, { maxLength: 25 }).map((lines) => `${lines.join('\r\n')}\r\n`);

  /** What was said, without the ids, and the letters below their trace fields. */
  async function play(input: string, cuts: readonly number[]) {
    const at = office({ limits: { badCommands: 1000, letter: 200 } });
    const octets = Buffer.from(input, 'latin1');
    const places = [0, ...cuts.filter((cut) => cut < octets.length), octets.length].sort((a, b) => a - b);
    const pieces = places.slice(1).map((to, index) => octets.subarray(places[index], to));
    const said = await talk(at, ...pieces.filter((piece) => piece.length > 0));
    const letters = ['pat', 'green'].map((name) =>
      lettersOf(at.store, name).map((letter) => letter.replace(/ id [0-9a-f]{16}-|\w{3}, \d\d \w{3} .*\r\n/g, '')),
    );
    return { said: said.replace(/kept as .*/g, 'kept'), letters };
  }

  it('is understood the same however it is cut, and every reply has the right form (SM-20, SM-40)', async () => {
    await fc.assert(
      fc.asyncProperty(dialog, fc.array(fc.nat({ max: 800 }), { maxLength: 30 }), async (input, cuts) => {
        const whole = await play(input, []);
        assert.deepEqual(await play(input, cuts), whole);
        assert.match(whole.said, /^(?:[245]\d\d[ -][ -~]{1,506}\r\n|354 [ -~]+\r\n)*$/);
      }),
    );
  });

  it('any letter without NUL or lone CR and LF comes back octet for octet below its trace fields (SM-25)', async () => {
    const text = fc.uint8Array({ maxLength: 60 }).map((octets) => Buffer.from(octets).toString('latin1'));
    const content = fc
      .array(fc.oneof(fc.constantFrom('.', '..', '', '.\t'), text))
      .map((lines) => lines.map((each) => `${each.replace(/[\r\n\0]/g, '')}\r\n`).join(''));
    await fc.assert(
      fc.asyncProperty(content, async (letter) => {
        const at = office();
        const said = await talk(at, BEGIN, `${letter.replace(/^\./gm, '..')}.\r\n`);
        assert.equal(codes(said).at(-1), '250 2.0.0');
        const [kept = ''] = lettersOf(at.store, 'pat');
        assert.equal(kept.split('\r\n').slice(5).join('\r\n'), letter);
      }),
    );
  });
});
