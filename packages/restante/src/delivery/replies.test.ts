import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StoreError, type StoreErrorKind } from '@restante/pop/maildrop';
import { COMMANDS, type Keyword } from './commands.ts';
import { outcomeOf, together } from './outcome.ts';
import { LMTP, SMTP } from './protocol.ts';
import * as replies from './replies.ts';
import { STATES } from './talk.test.kit.ts';

const PROTOCOLS = [SMTP, LMTP];

/** What has no enhanced status code. */
function greetings(hostname: string): string[] {
  const offers = { size: 2 ** 40, startTls: true };
  const hellos = [replies.hello(hostname, offers), replies.plainHello(hostname)];
  return [...PROTOCOLS.map((protocol) => replies.greeting(hostname, protocol)), ...hellos];
}

/** Every reply that there is. */
function everyReply(): string[] {
  const texts: string[] = [];
  const gather = (value: unknown): void => {
    if (typeof value === 'string') texts.push(value);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(gather);
  };
  gather({ ...replies });
  for (const protocol of PROTOCOLS) gather([replies.help(protocol), replies.notSpoken(protocol)]);
  for (const keyword of Object.keys(COMMANDS) as Keyword[]) {
    for (const state of STATES) for (const protocol of PROTOCOLS) gather(replies.outOfOrder(keyword, state, protocol));
  }
  gather(replies.answer({ type: 'placed', placed: Array(1000).fill({ uniqueId: 'x'.repeat(70), octets: 1 }) }));
  for (const why of ['bare-line-end', 'nul', 'hops', 'loop'] as const) {
    gather(replies.answer({ type: 'refused', why, reason: '' }));
  }
  return texts;
}

describe('replies', () => {
  it('carry on each line one enhanced status code of their class, but for greeting, hello and 354 (SM-40)', () => {
    const all = everyReply();
    assert.ok(all.length > 40, `${all.length} replies`);
    for (const text of all.filter((each) => each !== replies.GO_AHEAD)) {
      const lines = text.split('\r\n').slice(0, -1);
      const [, code, status] = /^(\d{3})[ -]([245]\.\d{1,3}\.\d{1,3}) /.exec(lines[0] ?? '') ?? [];
      assert.ok(code !== undefined && status !== undefined, text);
      assert.equal(status[0], code[0], text);
      lines.forEach((line, index) => {
        assert.ok(line.startsWith(`${code}${index === lines.length - 1 ? ' ' : '-'}${status} `), text);
      });
    }
  });

  it('carry none in greeting, hello and 354', () => {
    const exempt = [...greetings('h'), replies.GO_AHEAD].flatMap((text) => text.split('\r\n'));
    for (const text of exempt) assert.doesNotMatch(text, /^\d{3}[ -]\d\.\d/);
  });

  it('are lines of printable ASCII, each ended by CRLF and of 512 octets at most (RFC 5321 §4.5.3.1.5)', () => {
    for (const text of [...everyReply(), ...greetings('h'.repeat(255))]) {
      assert.match(text, /^(?:[245]\d\d[ -][ -~]{1,506}\r\n|354 [ -~]+\r\n)+$/);
      assert.match(text, /^(?:\d{3}-[^\n]*\n)*\d{3} [^\n]*\n$/);
    }
  });

  it('tell the hello what is spoken here (LM-07, SM-37)', () => {
    assert.equal(
      replies.hello('store.example', { size: 52_428_800, startTls: true }),
      '250-store.example\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-CHUNKING\r\n250-SIZE 52428800\r\n250 STARTTLS\r\n',
    );
  });
});

describe('the answer to a letter', () => {
  const code = (why: StoreErrorKind) => replies.answer(outcomeOf([new StoreError(why, 'for the log')])).slice(0, 9);

  it('has the code of the reason (SM-35, SM-36)', () => {
    const expected: Record<StoreErrorKind, string> = {
      temporary: '451 4.3.0',
      permanent: '451 4.3.0',
      'no-room': '452 4.3.1',
      'over-quota': '452 4.2.2',
      'too-large': '552 5.3.4',
      'exceeds-maildrop': '552 5.2.3',
      // It was there at RCPT (SM-11).
      'no-maildrop': '451 4.3.0',
      'in-use': '450 4.2.1',
      'too-soon': '450 4.2.1',
    };
    for (const [why, expectation] of Object.entries(expected)) assert.equal(code(why as StoreErrorKind), expectation);
  });

  it('of a mailbox that is full is for good where the office says so (SM-35)', () => {
    const full = outcomeOf([new StoreError('over-quota', 'for the log')]);
    assert.match(replies.answer(full, 'never'), /^552 5\.2\.2 /);
    assert.match(replies.answer(full, 'later'), /^452 4\.2\.2 /);
    const large = outcomeOf([new StoreError('exceeds-maildrop', 'for the log')]);
    assert.match(replies.answer(large, 'later'), /^552 5\.2\.3 /);
  });

  it('counts the copies that were made, and a mailbox that stands twice in the envelope once', () => {
    const ids = (...uniqueIds: string[]) => ({
      type: 'placed' as const,
      placed: uniqueIds.map((uniqueId) => ({ uniqueId, octets: 1 })),
    });
    assert.equal(replies.answer(together([ids('a'), ids('a')])), '250 2.0.0 kept as a\r\n');
    assert.equal(replies.answer(together([ids('a', 'b'), ids('b'), ids('c')])), '250 2.0.0 kept as a and 2 more\r\n');
  });

  it('is the same at RCPT, where a mailbox that is not there is unknown (SM-11)', () => {
    assert.match(replies.answer({ type: 'refused', why: 'over-quota', reason: '' }), /^452 4\.2\.2 /);
    assert.match(replies.answer({ type: 'refused', why: 'no-maildrop', reason: '' }), /^550 5\.1\.1 /);
  });

  it('never tells the reason that is for the log', () => {
    assert.doesNotMatch(replies.answer(outcomeOf([new StoreError('permanent', 'segment 7 is torn')])), /segment/);
  });
});
