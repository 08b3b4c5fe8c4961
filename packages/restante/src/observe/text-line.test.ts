import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { createLog } from './log.ts';
import { textLine } from './text-line.ts';

function said(call: (log: ReturnType<typeof createLog>) => void, colour = false): string {
  let text = '';
  call(createLog('debug', { write: (line) => (text += textLine(line, colour)) }));
  return text;
}

test('time of day, message, and the rest as name=value', () => {
  const line = said((log) => log.info({ account: 'anna', octets: 17, tls: { version: 'TLSv1.3' } }, 'POP3 session'));
  assert.match(line, /^\d\d:\d\d:\d\d POP3 session account=anna octets=17 tls=\{"version":"TLSv1\.3"\}\n$/);
});

test('levels beside info are named, and coloured only where that is asked for', () => {
  assert.match(
    said((log) => log.warn('odd')),
    /^\d\d:\d\d:\d\d warn odd\n$/,
  );
  const coloured = said((log) => log.warn('odd'), true);
  assert.notEqual(coloured, stripVTControlCharacters(coloured));
  assert.match(stripVTControlCharacters(coloured), /^\d\d:\d\d:\d\d warn odd\n$/);
});

test("a peer's text cannot make a line of its own, nor speak to the terminal", () => {
  const line = said((log) => log.info({ hello: 'x\n12:00:00 all is well \u001b[2J' }, 'delivery'));
  assert.equal(line.trimEnd().split('\n').length, 1);
  assert.ok(!line.includes('\u001b'));
});

test('an error that nobody foresaw shows where it came from', () => {
  assert.match(
    said((log) => log.error({ err: new Error('broken') }, 'stopped')),
    /error stopped\nError: broken\n +at /,
  );
});
