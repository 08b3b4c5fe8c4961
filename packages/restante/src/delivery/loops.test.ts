import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { HEAD_BOUND, hasBeenAt, LetterHead, whereabouts } from './loops.ts';

const hops = (text: string) => whereabouts(Buffer.from(text)).hops;
const beenAt = (text: string, address: string) => hasBeenAt(whereabouts(Buffer.from(text)), address);

describe('whereabouts', () => {
  it('count Received fields in any case, not their continuation lines (SM-63)', () => {
    assert.equal(
      hops('Received: a\r\n\tReceived: b\r\nRECEIVED:c\r\nreceived : d\r\nX-Received: e\r\nSubject: Received:\r\n'),
      3,
    );
    assert.equal(hops(''), 0);
    assert.equal(hops('Received: x\r\n'.repeat(101)), 101);
  });

  it('know the addresses of Delivered-To in any case, folded or not (SM-64)', () => {
    assert.ok(beenAt('Delivered-To: Pat@Example.net\r\n', 'pat@example.NET'));
    assert.ok(beenAt('X: y\r\ndelivered-to:\r\n pat@example.net \r\nTo: z\r\n', 'pat@example.net'));
    assert.ok(beenAt('Delivered-To: a@b\r\nDelivered-To: c@d', 'c@d'));
  });

  it('do not take another address or another field for it', () => {
    assert.ok(!beenAt('Delivered-To: spat@example.net\r\n', 'pat@example.net'));
    assert.ok(!beenAt('Delivered-To: pat@example.network\r\n', 'pat@example.net'));
    assert.ok(!beenAt('X-Delivered-To: pat@example.net\r\n', 'pat@example.net'));
    assert.ok(!beenAt('To: a,\r\n delivered-to: pat@example.net\r\n', 'pat@example.net'));
  });
});

describe('head of a letter', () => {
  function heldOf(pieces: readonly Buffer[]): { head: string; octets: string; taken: number } {
    const head = new LetterHead();
    let taken = 0;
    for (const piece of pieces) {
      taken += piece.length;
      const held = head.take(piece);
      if (held)
        return { head: held.octets.toString('latin1', 0, held.head), octets: held.octets.toString('latin1'), taken };
    }
    const rest = head.rest().toString('latin1');
    return { head: rest, octets: rest, taken };
  }

  it('ends at the blank line, at once where the letter begins with one, or with the letter', () => {
    assert.equal(heldOf([Buffer.from('A: b\r\n\r\nbody\r\n\r\n')]).head, 'A: b\r\n');
    assert.equal(heldOf([Buffer.from('\r\nReceived: no\r\n\r\n')]).head, '');
    assert.equal(heldOf([Buffer.from('A: b\r\nC: d\r\n')]).head, 'A: b\r\nC: d\r\n');
  });

  it('is the same however it is cut, and no octet is lost', () => {
    const line = fc.oneof(fc.constantFrom('A: b', '', '\tc', 'Received: d', '\r', '.'), fc.string({ maxLength: 20 }));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.array(fc.nat({ max: 200 })), (lines, cuts) => {
        const letter = Buffer.from(lines.map((each) => `${each}\r\n`).join(''), 'latin1');
        const at = [0, ...cuts.filter((cut) => cut < letter.length), letter.length].sort((a, b) => a - b);
        const pieces = at.slice(1).map((end, index) => letter.subarray(at[index], end));
        const whole = heldOf([letter]);
        const cut = heldOf(pieces);
        assert.equal(cut.head, whole.head);
        assert.equal(cut.octets, letter.toString('latin1', 0, cut.taken));
      }),
    );
  });

  it('is no longer than its bound', () => {
    const head = new LetterHead();
    const piece = Buffer.from('a'.repeat(1000));
    let held: ReturnType<LetterHead['take']>;
    let pieces = 0;
    while (held === undefined) {
      held = head.take(piece);
      pieces += 1;
    }
    assert.equal(held.head, HEAD_BOUND);
    assert.equal(held.octets.length, pieces * 1000);
    assert.ok(held.octets.length < HEAD_BOUND + 1000);
  });
});
