import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { OctetReader, PeerError, stuffed, unstuffed } from './octet-reader.ts';

/** A reader of these octets, each of which comes by itself. */
function readerOf(text: string): OctetReader {
  const stream = new PassThrough();
  const octets = Buffer.from(text, 'latin1');
  let next = 0;
  const say = () => {
    if (next === octets.length) stream.end();
    else stream.write(octets.subarray(next, ++next), () => setImmediate(say));
  };
  say();
  return new OctetReader(stream);
}

suite('octet reader', () => {
  test('a line ends with CRLF and nothing else does', async () => {
    const reader = readerOf('+OK one\r\n+OK t\xe4o\r\n');
    assert.equal(await reader.line(), '+OK one');
    assert.equal(await reader.line(), '+OK t\xe4o');
    await reader.end();
    await assert.rejects(readerOf('+OK\n+OK\r\n').line(), PeerError);
    await assert.rejects(readerOf('+OK\rx\r\n').line(), PeerError);
    await assert.rejects(readerOf('+OK').line(), /closed before the end of a line/);
  });

  test('a multi-line response ends with CRLF . CRLF and nothing else does (P3-12, P3-15)', async () => {
    const reader = readerOf('a\r\n..\r\n...b\r\n \r\n.\r\n+OK\r\n.\r\n');
    assert.equal((await reader.multiLine()).toString(), 'a\r\n.\r\n..b\r\n \r\n');
    assert.equal(await reader.line(), '+OK');
    assert.equal((await reader.multiLine()).length, 0);
    for (const unfinished of ['a\r\n', 'a\r\n.', 'a\r\n.\r', '.', ''])
      await assert.rejects(readerOf(unfinished).multiLine(), /closed before/);
  });

  test('what a server may not put on the wire is an error (P3-13, P3-16)', async () => {
    for (const wrong of ['a\n.\n\r\n.\r\n', '\n.\r\n\r\n.\r\n', '.x\r\n.\r\n', 'a\r\n.x\r\n.\r\n', 'a\r\n.\n\r\n.\r\n'])
      await assert.rejects(readerOf(wrong).multiLine(), PeerError, JSON.stringify(wrong));
  });

  test('octets before the end are an error where none are due', async () => {
    await assert.rejects(readerOf('+OK\r\n').end(), PeerError);
  });

  test('unstuffed ∘ stuffed is nothing, for any lines (P3-13, P3-14)', () => {
    const line = fc.oneof(fc.constantFrom('', '.', '..', '.x', 'x.'), fc.string({ unit: 'binary-ascii' }));
    fc.assert(
      fc.property(fc.array(line), (texts) => {
        const lines = Buffer.from(texts.map((text) => `${text.replaceAll(/[\r\n]/g, '')}\r\n`).join(''), 'latin1');
        assert.ok(unstuffed(stuffed(lines)).equals(lines));
        assert.ok(!`\r\n${stuffed(lines).toString('latin1')}`.includes('\r\n.\r\n'));
      }),
    );
  });
});
