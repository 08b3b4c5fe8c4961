import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FromQuoter, FromUnquoter } from './from-quoting.ts';

function through(form: FromQuoter | FromUnquoter, text: string, cuts: readonly number[] = []): string {
  const ends = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  const out: Buffer[] = [];
  for (const end of [...ends, text.length]) {
    out.push(Buffer.from(form.push(Buffer.from(text.slice(from, end), 'latin1'))));
    from = end;
  }
  out.push(form.end());
  return Buffer.concat(out).toString('latin1');
}

/** The rule itself, on the whole text. */
const quoted = (text: string) => text.replace(/^(>*From )/gm, '>$1');

const texts = fc
  .array(fc.constantFrom('From ', '>', '\n', '\r\n', 'x', 'F', 'Fro', 'From', '>From ', ' '), { maxLength: 40 })
  .map((parts) => parts.join(''));

test('each line of any number of > and From gets one more, wherever the octets are cut', () => {
  fc.assert(
    fc.property(texts, fc.array(fc.nat(200)), (text, cuts) => {
      assert.equal(
        through(new FromQuoter(), text, cuts),
        quoted(text.replaceAll('\r', '\u00b0')).replaceAll('\u00b0', '\r'),
      );
    }),
  );
});

test('what was quoted comes back, wherever the octets are cut', () => {
  fc.assert(
    fc.property(texts, fc.array(fc.nat(200)), (text, cuts) => {
      assert.equal(through(new FromUnquoter(), through(new FromQuoter(), text), cuts), text);
    }),
  );
});

test('only lines that begin so are touched', () => {
  assert.equal(
    through(new FromUnquoter(), 'a >From b\n>From c\n>>From d\n> From e\nFrom f\n>Fromage'),
    'a >From b\nFrom c\n>From d\n> From e\nFrom f\n>Fromage',
  );
});
