import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Place, Roster } from './roster.ts';

test('whoever comes and goes, those that are there stand in the order in which they came', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9)), (moves) => {
      const roster = new Roster<number>();
      const places: Place<number>[] = [];
      const expected = new Set<number>();
      for (const [moment, move] of moves.entries()) {
        const place = places[move];
        if (place === undefined) {
          places[move] = roster.add(moment);
          expected.add(moment);
        } else {
          assert.equal(roster.remove(place), expected.delete(place.item));
          assert.equal(roster.remove(place), false);
          delete places[move];
        }
        assert.deepEqual([...roster], [...expected]);
        assert.equal(roster.size, expected.size);
      }
      const [oldest] = expected;
      assert.equal(roster.takeOldest(), oldest);
      assert.equal(roster.size, Math.max(0, expected.size - 1));
    }),
  );
});
