import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { cut } from '../wire/cut.test-support.ts';
import { Exchange } from './exchange.ts';
import { type Request, request } from './exchange-request.ts';

/** What an exchange tells, one short text an event; letters and listings joined. */
class Notes {
  readonly exchange: Exchange<Request>;
  readonly told: string[] = [];

  constructor(options?: { readonly line?: number }) {
    this.exchange = new Exchange(options);
  }

  ask(...lines: readonly string[]): this {
    for (const line of lines) {
      const [keyword, ...rest] = line.split(' ');
      this.exchange.request(request(keyword as 'STAT', rest.length > 0 ? rest.join(' ') : undefined));
    }
    return this.#note();
  }

  hear(...parts: readonly (string | Uint8Array)[]): this {
    for (const part of parts) {
      this.exchange.receive(typeof part === 'string' ? Buffer.from(part, 'latin1') : part);
      this.#note();
    }
    return this;
  }

  end(): this {
    this.exchange.end();
    return this.#note();
  }

  #note(): this {
    for (const event of this.exchange.take()) {
      const last = this.told.at(-1);
      switch (event.type) {
        case 'send':
          this.told.push(`> ${event.octets.toString('latin1').replaceAll('\r\n', '|')}`);
          break;
        case 'greeting':
          this.told.push(`greeting ${event.status.text}`);
          break;
        case 'status':
          this.told.push(`${event.request.line}: ${event.status.ok ? '+' : '-'}${event.status.text}`);
          break;
        case 'line':
          this.told.push(`${event.request.line} ${event.line.toString('latin1')}`);
          break;
        case 'octets': {
          const head = `${event.request.line} = `;
          const octets = event.octets.toString('latin1');
          if (last?.startsWith(head)) this.told[this.told.length - 1] = last + octets;
          else this.told.push(head + octets);
          break;
        }
        case 'whole':
          this.told.push(`${event.request.line} whole`);
          break;
        case 'challenge':
          this.told.push(`challenge ${event.data}`);
          break;
        case 'distrust':
          this.told.push('distrust');
          break;
        case 'failed':
          this.told.push(`failed ${event.failure}`);
          break;
      }
    }
    return this;
  }
}

const greeted = (pipelining = false) => {
  const notes = new Notes().hear('+OK hi\r\n');
  notes.exchange.pipelining = pipelining;
  notes.told.length = 0;
  return notes;
};

describe('the queue', () => {
  test('nothing is sent before the greeting', () => {
    assert.deepEqual(new Notes().ask('STAT').told, []);
    assert.deepEqual(new Notes().ask('STAT').hear('+OK hi\r\n').told, ['greeting hi', '> STAT|']);
  });

  test('without PIPELINING the next command waits for the whole answer (EXT-23)', () => {
    const notes = greeted().ask('RETR 1', 'NOOP').hear('+OK\r\nletter\r\n');
    assert.deepEqual(notes.told, ['> RETR 1|', 'RETR 1: +', 'RETR 1 = letter\r\n']);
    notes.hear('.\r\n');
    assert.deepEqual(notes.told.slice(3), ['RETR 1 whole', '> NOOP|']);
  });

  test('with it they go out in one write, and are answered in order (EXT-23)', () => {
    const notes = greeted(true).ask('STAT');
    notes.ask('RETR 1', 'RETR 2', 'DELE 1').hear('+OK 2 9\r\n+OK\r\na\r\n.\r\n', '+OK\r\n.\r\n+OK\r\n');
    assert.deepEqual(notes.told, [
      ...['> STAT|', '> RETR 1|', '> RETR 2|', '> DELE 1|'],
      ...['STAT: +2 9', 'RETR 1: +', 'RETR 1 = a\r\n', 'RETR 1 whole'],
      ...['RETR 2: +', 'RETR 2 whole', 'DELE 1: +'],
    ]);
  });

  test('nothing is sent past AUTH, STLS, UTF8, PASS, RSET or QUIT until they are answered (EXT-24, STLS-05)', () => {
    for (const first of ['AUTH PLAIN', 'STLS', 'USER a', 'PASS a', 'APOP a b', 'UTF8', 'RSET', 'QUIT']) {
      const notes = greeted(true).ask(first, 'NOOP', 'NOOP');
      assert.deepEqual(notes.told, [`> ${first}|`], first);
      notes.hear('-ERR\r\n');
      assert.deepEqual(notes.told.slice(2), ['> NOOP|NOOP|'], first);
    }
    assert.deepEqual(greeted(true).ask('NOOP', 'QUIT').told, ['> NOOP|']);
    // What CAPA answers changes nothing that was asked behind it.
    assert.deepEqual(greeted(true).ask('CAPA', 'UIDL').told, ['> CAPA|', '> UIDL|']);
  });

  test('10,000 DELE: a window of them is under way, never more, and each is answered (EXT-23)', () => {
    const notes = greeted(true);
    const commands = Array.from({ length: 10_000 }, (_, index) => `DELE ${index + 1}`);
    let most = 0;
    notes.ask('NOOP', ...commands);
    while (!notes.exchange.idle) {
      most = Math.max(most, notes.exchange.outstanding);
      notes.hear('+OK\r\n');
    }
    assert.equal(notes.told.filter((line) => line.startsWith('DELE')).length, 10_000);
    assert.ok(most > 64 && most <= 128, `${most}`);
    const writes = notes.told.filter((line) => line.startsWith('>'));
    assert.ok(writes.length < 10_000 / 32, `${writes.length} writes`);
  });

  test('a command that was not sent can be taken back, and one that was sent cannot', () => {
    const { exchange } = greeted();
    const [first, second] = [request('NOOP'), request('STAT')];
    exchange.request(first);
    exchange.request(second);
    assert.deepEqual(exchange.unanswered, [
      { request: first, sent: true },
      { request: second, sent: false },
    ]);
    assert.deepEqual([exchange.withdraw(first), exchange.withdraw(second)], [false, true]);
    assert.deepEqual(exchange.unanswered, [{ request: first, sent: true }]);
  });

  test('a refusal without a code among pipelined ones is asked again, alone; if it then works, pipelining ends', () => {
    const notes = greeted(true).ask('NOOP', 'DELE 1', 'DELE 2').hear('+OK\r\n-ERR slow down\r\n-ERR slow down\r\n');
    assert.deepEqual(notes.told.slice(-1), ['> DELE 1|']);
    notes.ask('STAT', 'NOOP').hear('+OK\r\n', '+OK\r\n', '+OK 0 0\r\n', '+OK\r\n');
    assert.deepEqual(notes.told.slice(notes.told.indexOf('distrust')), [
      ...['distrust', 'DELE 1: +', '> DELE 2|', 'DELE 2: +', '> STAT|', 'STAT: +0 0', '> NOOP|', 'NOOP: +'],
    ]);
  });

  test('one that is refused alone too, or with a code, is refused', () => {
    const alone = greeted(true).ask('NOOP', 'DELE 1').hear('+OK\r\n-ERR no\r\n', '-ERR no\r\n').ask('NOOP', 'NOOP');
    assert.deepEqual(alone.told.slice(3), ['> DELE 1|', 'DELE 1: -no', '> NOOP|', '> NOOP|']);
    const coded = greeted(true).ask('NOOP', 'DELE 1').hear('+OK\r\n-ERR [SYS/TEMP] no\r\n');
    assert.deepEqual(coded.told.slice(3), ['DELE 1: -[SYS/TEMP] no']);
  });
});

describe('what a server may not say', () => {
  const fails = (notes: Notes) => notes.told.at(-1);

  test('anything that was not asked for, whole or in part', () => {
    assert.equal(fails(greeted().hear('+OK\r\n')), 'failed protocol');
    assert.equal(fails(greeted().hear('x')), 'failed protocol');
    assert.equal(fails(greeted().ask('NOOP').hear('+OK\r\n+')), 'failed protocol');
  });

  test('octets between the +OK to STLS and the handshake, in one read or in two (STLS-07)', () => {
    assert.equal(fails(greeted().ask('STLS').hear('+OK\r\n+OK forged\r\n')), 'failed injected');
    assert.equal(fails(greeted().ask('STLS').hear('+OK\r\n', '\x16')), 'failed injected');
    const fine = greeted().ask('STLS', 'CAPA').hear('+OK\r\n');
    assert.deepEqual(fine.told, ['> STLS|', 'STLS: +']);
    fine.exchange.switched();
    assert.deepEqual(fine.ask().told.slice(2), ['> CAPA|']);
  });

  test('anything behind a challenge before it was answered', () => {
    assert.equal(fails(greeted().ask('AUTH PLAIN').hear('+ \r\n+OK\r\n')), 'failed protocol');
    assert.equal(fails(greeted().ask('AUTH PLAIN').hear('+ \r\n', '+')), 'failed protocol');
  });

  test('a line above the limit, before it ends; a listing or letter above its own', () => {
    const bounded = () => new Notes({ line: 64 }).hear('+OK\r\n');
    assert.equal(
      fails(
        bounded()
          .ask('NOOP')
          .hear(`+OK ${'x'.repeat(70)}`),
      ),
      'failed limit',
    );
    assert.equal(
      fails(
        bounded()
          .ask('NOOP')
          .hear(`+OK ${'x'.repeat(70)}\r\n`),
      ),
      'failed limit',
    );
    assert.equal(
      fails(
        bounded()
          .ask('LIST')
          .hear(`+OK\r\n${'x'.repeat(70)}`),
      ),
      'failed limit',
    );
    const many = bounded().ask('NOOP', 'NOOP', 'NOOP', 'NOOP').hear('+OK 123456789\r\n', '+OK 123456789\r\n');
    assert.equal(many.hear('+OK 123456789\r\n', '+OK 123456789\r\n').told.at(-1), 'NOOP: +123456789');
    for (const [keyword, limit, reply] of [
      ['LIST', 2, '+OK\r\n1 1\r\n2 2\r\n3'],
      ['RETR', 3, '+OK\r\nabcd'],
    ] as const) {
      const notes = greeted();
      notes.exchange.request(request(keyword, keyword === 'RETR' ? '1' : undefined, limit));
      assert.equal(fails(notes.hear(reply, ' 3\r\n')), 'failed limit', keyword);
    }
  });

  test('an end inside a response is told apart from one between responses', () => {
    assert.equal(fails(greeted().ask('RETR 1').hear('+OK\r\nabc\r\n.').end()), 'failed truncated');
    assert.equal(fails(greeted().ask('LIST').hear('+OK\r\n').end()), 'failed truncated');
    assert.equal(fails(greeted().ask('NOOP').hear('+O').end()), 'failed closed');
    assert.equal(fails(greeted().end()), 'failed closed');
  });

  test('after a failure nothing more is told', () => {
    const notes = greeted().hear('?');
    notes.ask('NOOP').hear('+OK\r\n').end();
    assert.deepEqual(notes.told, ['failed protocol']);
  });
});

test('AUTH: challenges are handed over and answered line by line, however long (AUTH-14)', () => {
  const notes = greeted().ask('AUTH X').hear('+ \r\n');
  notes.exchange.respond('x'.repeat(12_288));
  notes.ask().hear('+ abcd\r\n');
  notes.exchange.respond('');
  notes.ask().hear('+OK in\r\n');
  assert.deepEqual(notes.told, [
    ...['> AUTH X|', 'challenge ', `> ${'x'.repeat(12_288)}|`, 'challenge abcd', '> |', 'AUTH X: +in'],
  ]);
  assert.throws(() => notes.exchange.respond('late'));
});

const bodies = fc
  .array(fc.constantFrom('\r\n', '\n', '\r', '.', '..', 'a', '+OK', '-ERR x', '\0'), { maxLength: 12 })
  .map((parts) => `${parts.join('')}\r\n`);

test('any letters and listings, cut anywhere, come as they were sent (P3-14, P3-15)', () => {
  fc.assert(
    fc.property(
      fc.array(bodies, { maxLength: 4 }),
      fc.boolean(),
      fc.array(fc.nat(120)),
      (letters, pipelining, places) => {
        const stuffed = (letter: string) => `\r\n${letter}`.replaceAll('\r\n.', '\r\n..').slice(2);
        const replies = letters.map((letter) => `+OK\r\n${stuffed(letter)}.\r\n`);
        const notes = greeted(pipelining).ask(...letters.map((_, index) => `RETR ${index + 1}`));
        if (pipelining) {
          notes.hear(...cut(Buffer.from(replies.join(''), 'latin1'), places));
        } else {
          for (const reply of replies) notes.hear(...cut(Buffer.from(reply, 'latin1'), places));
        }
        const got = notes.told.filter((line) => !line.startsWith('>'));
        assert.deepEqual(
          got,
          letters.flatMap((letter, index) => {
            const name = `RETR ${index + 1}`;
            return [`${name}: +`, `${name} = ${letter}`, `${name} whole`];
          }),
        );
      },
    ),
    { numRuns: 1_000 },
  );
});

test('whatever comes, nothing is thrown, and what is told is bounded by what came', () => {
  const noise = fc.array(
    fc.constantFrom('+OK', '-ERR', '+ ', '\r\n', '\n', '\r', '.', '.\r\n', 'a', ' ', '[', ']', '1 2'),
  );
  const commands = fc.array(fc.constantFrom('STAT', 'LIST', 'RETR 1', 'AUTH X', 'STLS', 'QUIT', 'TOP 1 1', 'DELE 2'));
  fc.assert(
    fc.property(noise, commands, fc.boolean(), fc.array(fc.nat(60)), (parts, asked, pipelining, places) => {
      const notes = new Notes({ line: 40 }).hear('+OK\r\n');
      notes.exchange.pipelining = pipelining;
      notes.ask(...asked).hear(...cut(Buffer.from(parts.join(''), 'latin1'), places));
      notes.end();
      const octets = notes.told.join('').length;
      assert.ok(octets < 200 + asked.length * 80 + parts.length * 40, `${octets}`);
    }),
    { numRuns: 2_000 },
  );
});
