import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  DAY,
  DELETE,
  type Death,
  KEEP,
  letterOf,
  SimulatedCollector,
  SimulatedServer,
  sha256,
} from './simulation.test-support.ts';

/** What happens at a server, and whether a run dies. Numbers choose a letter. */
const HAPPENING = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('arrives' as const), octets: fc.integer({ min: 150, max: 400 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('run' as const),
      death: fc.constantFrom<Death[]>(undefined, undefined, undefined, 0, 1, 2, 4, 'quit', 'lost'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom('leaves' as const, 'renamed' as const, 'returns' as const),
      which: fc.nat(),
    }),
  },
  fc.record({ type: fc.constantFrom('migrates' as const, 'reversed' as const, 'empty' as const, 'time' as const) }),
  fc.record({ type: fc.constant('short' as const), letters: fc.integer({ min: 1, max: 5 }), counts: fc.boolean() }),
);
type Happening = typeof HAPPENING extends fc.Arbitrary<infer T> ? T : never;

interface World {
  readonly server: SimulatedServer;
  readonly collector: SimulatedCollector;
}

function live(
  happenings: readonly Happening[],
  {
    uniqueIds,
    hasTop,
    hasStat,
    deletes,
  }: { uniqueIds: SimulatedServer['uniqueIds']; hasTop: boolean; hasStat: boolean; deletes: boolean },
): World {
  const server = new SimulatedServer();
  Object.assign(server, { uniqueIds, hasTop, hasStat });
  const collector = new SimulatedCollector();
  const policy = deletes ? DELETE : KEEP;
  let names = 0;
  const name = () => `u${names++}`;
  const left: SimulatedServer['letters'] = [];
  for (const happening of happenings) {
    switch (happening.type) {
      case 'arrives':
        server.letters.push(letterOf(name(), happening.octets));
        break;
      case 'run':
        collector.run(server, policy, happening.death);
        server.hidden = 0;
        server.counts = false;
        break;
      case 'leaves': {
        const [letter] = server.letters.splice(happening.which % Math.max(1, server.letters.length), 1);
        if (letter !== undefined) left.push(letter);
        break;
      }
      case 'returns': {
        const [letter] = left.splice(happening.which % Math.max(1, left.length), 1);
        if (letter !== undefined) server.letters.push(letter);
        break;
      }
      case 'renamed': {
        const letter = server.letters[happening.which % Math.max(1, server.letters.length)];
        if (letter !== undefined) letter.uniqueId = name();
        break;
      }
      case 'migrates':
        for (const letter of [...server.letters, ...left]) letter.uniqueId = name();
        left.length = 0;
        break;
      case 'reversed':
        server.letters.reverse();
        break;
      case 'empty':
        server.hidden = 'all';
        break;
      case 'short':
        server.hidden = Math.min(happening.letters, server.letters.length);
        server.counts = happening.counts;
        break;
      case 'time':
        collector.now += 2 * DAY;
        break;
    }
  }
  server.hidden = 0;
  const there = [...server.letters];
  collector.run(server, policy);
  for (const { octets } of there) assert.ok(collector.stored.includes(sha256(octets)), 'a letter is lost');
  if (deletes) assert.equal(server.letters.length, 0, 'a letter that is stored was left');
  return { server, collector };
}

const SERVERS = fc.record({
  uniqueIds: fc.constantFrom<SimulatedServer['uniqueIds'][]>('own', 'none', 'numbers', 'one for all'),
  hasTop: fc.boolean(),
  hasStat: fc.constant(true),
  deletes: fc.boolean(),
});

test('whatever a server does, no letter is lost, and none is deleted that is not stored (P3-57, P3-64)', () => {
  fc.assert(
    fc.property(fc.array(HAPPENING, { maxLength: 40 }), SERVERS, (happenings, how) => {
      live(happenings, how);
    }),
    { numRuns: 600 },
  );
});

/** What a server may do without a letter being taken for gone that is there, and comes back under another name. */
function honest(happenings: readonly Happening[], { uniqueIds, deletes }: { uniqueIds: string; deletes: boolean }) {
  return happenings.flatMap((happening): Happening[] => {
    switch (happening.type) {
      case 'time':
        return [];
      case 'returns':
        return uniqueIds === 'own' ? [happening] : [];
      case 'empty':
        return deletes ? [] : [happening];
      case 'short':
        return deletes ? [] : [{ ...happening, counts: true }];
      default:
        return [happening];
    }
  });
}

test('a letter is stored once, also when the server gives all of them other unique-ids, or none', () => {
  fc.assert(
    fc.property(fc.array(HAPPENING, { maxLength: 40 }), SERVERS, (happenings, how) => {
      const { collector } = live(honest(happenings, how), { ...how, hasTop: true });
      assert.equal(new Set(collector.stored).size, collector.stored.length, 'a letter is stored twice');
    }),
    { numRuns: 600 },
  );
});
