import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { codes, office, talk } from '../testing/trial-office.ts';
import { lettersOf } from '../testing/trial-store.ts';
import { LMTP, SMTP } from './protocol.ts';

for (const protocol of [SMTP, LMTP]) {
  const BEGIN = `${protocol.hello} mx.example\r\nMAIL FROM:<chris@example.org>\r\nRCPT TO:<pat>\r\n`;

  describe(`whatever comes in by ${protocol.name}`, () => {
    const line = fc.oneof(
      fc.constantFrom(
        ...[
          `${protocol.hello} mx`,
          'BDAT 0',
          'BDAT 9',
          'BDAT 30 LAST',
          'BDAT 0 LAST',
          'BDAT 300',
          'BDAT 99999999999999999999',
          'MAIL FROM:<a@b>',
          'MAIL FROM:<> SIZE=9',
          'RCPT TO:<pat>',
          'RCPT TO:<green>',
          'RCPT TO:<x>',
          'DATA',
        ],
        ...[
          '.',
          '..',
          '.x',
          '',
          'RSET',
          'NOOP',
          'Subject: x',
          'Received: x',
          'Delivered-To: pat',
          'a\nb',
          'a\rb',
          '\0',
        ],
        ...[
          `${protocol.hello} mx\r\nMAIL FROM:<a@b>\r\nRCPT TO:<pat>\r\nRCPT TO:<green>\r\nDATA\r\nA: b\r\n\r\nhello\r\n.`,
        ],
      ),
      fc.string({ unit: 'binary-ascii', maxLength: 30 }),
    );
    const dialog = fc.array(line, { maxLength: 25 }).map((lines) => `${lines.join('\r\n')}\r\n`);

    /** What was said, without the ids, and the letters below their trace fields. */
    async function play(input: string, cuts: readonly number[]) {
      const at = office({ protocol, limits: { badCommands: 1000, letter: 200 } });
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

    const text = fc.uint8Array({ maxLength: 60 }).map((octets) => Buffer.from(octets).toString('latin1'));
    const content = fc
      .array(fc.oneof(fc.constantFrom('.', '..', '', '.\t'), text))
      .map((lines) => lines.map((each) => `${each.replace(/[\r\n\0]/g, '')}\r\n`).join(''));

    /** The letter as it is kept below its trace fields. */
    async function kept(...pieces: readonly string[]): Promise<string> {
      const at = office({ protocol });
      const said = await talk(at, BEGIN, ...pieces);
      assert.equal(codes(said).at(-1), '250 2.0.0');
      const [letter = '', ...others] = lettersOf(at.store, 'pat');
      assert.equal(others.length, 0);
      return letter.split('\r\n').slice(5).join('\r\n');
    }

    it('any letter without NUL or lone CR and LF comes back octet for octet below its trace fields (SM-25)', async () => {
      await fc.assert(
        fc.asyncProperty(content, async (letter) => {
          assert.equal(await kept('DATA\r\n', `${letter.replace(/^\./gm, '..')}.\r\n`), letter);
        }),
      );
    });

    it('and is the same by BDAT, whatever chunks and pieces it comes in (SM-49)', async () => {
      const cuts = fc.array(fc.nat({ max: 200 }), { maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(content, cuts, cuts, async (letter, chunks, pieces) => {
          const octets = cut(letter, chunks)
            .map((part, index, all) => `BDAT ${part.length}${index === all.length - 1 ? ' LAST' : ''}\r\n${part}`)
            .join('');
          assert.equal(await kept(...cut(octets, pieces).filter((piece) => piece !== '')), letter);
        }),
      );
    });
  });
}

/** The text in parts that end at these places; the last one may be empty. */
function cut(text: string, places: readonly number[]): string[] {
  const at = [0, ...places.filter((place) => place < text.length).sort((a, b) => a - b), text.length];
  return at.slice(1).map((to, index) => text.slice(at[index], to));
}
