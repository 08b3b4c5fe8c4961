import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Policy } from './account.ts';
import type { AccountReport, CollectEvent } from './event.ts';
import type { Journal } from './journal/journal.ts';
import { DELETE, KEEP, lasting, letter, World } from './run/run.test-support.ts';

const DAY = 24 * 60 * 60 * 1_000;
const LATER: Policy = { ...KEEP, afterwards: { type: 'delete-after', milliseconds: 14 * DAY } };

/** One that counts how often letters are asked for, and knows nothing of listings at which nothing was to be done. */
function watched(world: World, { quiet }: { readonly quiet: boolean }): Journal & { asked: number } {
  const journal = lasting(world.journal);
  return {
    asked: 0,
    get facts() {
      return quiet ? journal.facts : { ...journal.facts, quiet: undefined };
    },
    letters() {
      this.asked += 1;
      return journal.letters();
    },
    letter(key) {
      this.asked += 1;
      return journal.letter(key);
    },
    write: (changes, facts) => journal.write(changes, facts),
    close: () => {},
  };
}

type Seen = { readonly events: readonly CollectEvent[]; readonly report: AccountReport; readonly asked: number };

async function seen(world: World, policy: Policy, quiet: boolean, options: object): Promise<Seen> {
  const journal = watched(world, { quiet });
  const report = await world.run(policy, { ...options, journal });
  return { report, events: world.events, asked: journal.asked };
}

/** Runs both ways, which have to say the same; answers whether the quick one looked at letters. */
async function bothWays(world: World, policy: Policy, options: object = {}): Promise<boolean> {
  const slow = await seen(world, policy, false, options);
  const quick = await seen(world, policy, true, options);
  assert.deepEqual(quick.events, slow.events);
  assert.deepEqual(quick.report, slow.report);
  assert.ok(slow.asked > 0);
  return quick.asked > 0;
}

describe('when nothing is new, the run says what it would say had it looked at every letter, and looks at none', () => {
  const some = ['a', 'b', 'c'].map((name) => letter(name));
  const situations: Record<string, (world: World) => Promise<readonly [Policy, object?]>> = {
    'all are kept': async (world) => {
      await world.run(KEEP);
      return [KEEP];
    },
    'they are to be deleted later': async (world) => {
      await world.run(LATER);
      return [LATER];
    },
    'one is held': async (world) => {
      const destination = { hold: (text: string) => text.includes('of b') };
      await world.run(KEEP, { destination });
      return [KEEP, { destination }];
    },
    'one was given up': async (world) => {
      const destination = { refuse: (text: string) => (text.includes('of b') ? ('letter' as const) : undefined) };
      const policy = { ...KEEP, attempts: 1 };
      await world.run(policy, { destination });
      return [policy, { destination }];
    },
    'they were there before the first run': async (world) => {
      const policy: Policy = { ...KEEP, firstRun: { type: 'mark-existing' } };
      await world.run(policy);
      return [policy];
    },
    'only headers were fetched': async (world) => {
      const policy: Policy = { ...KEEP, largest: { octets: 1, larger: 'headers' } };
      await world.run(policy);
      return [policy];
    },
    'others are gone': async (world) => {
      await world.run(DELETE);
      await world.elsewhere.deliver(letter('d'), letter('e'));
      await world.run(KEEP);
      return [KEEP];
    },
    'letters were kept elsewhere before': async (world) => {
      await world.run(KEEP);
      world.journal.write([], { destination: 'mbox:/before' });
      return [KEEP];
    },
  };
  for (const [name, prepare] of Object.entries(situations)) {
    test(name, async () => {
      const world = new World();
      await world.elsewhere.deliver(...some);
      const [policy, options] = await prepare(world);
      assert.equal(await bothWays(world, policy, options), false);
      assert.equal(await bothWays(world, policy, options), false);
    });
  }
});

describe('letters are looked at as soon as there may be anything to do', () => {
  async function quietWorld(policy: Policy): Promise<World> {
    const world = new World();
    await world.elsewhere.deliver(letter('a'), letter('b'));
    await world.run(policy);
    await world.run(policy);
    assert.notEqual(world.journal.facts.quiet, undefined);
    return world;
  }

  test('a letter has come', async () => {
    const world = await quietWorld(KEEP);
    await world.elsewhere.deliver(letter('c'));
    assert.equal((await world.run(KEEP)).kept, 1);
    assert.equal(world.journal.facts.quiet, undefined);
  });

  test('their time to be deleted has come', async () => {
    const world = await quietWorld(LATER);
    await world.elsewhere.clock.advance(13 * DAY);
    assert.equal((await world.run(LATER)).deleted, 0);
    await world.elsewhere.clock.advance(DAY);
    assert.equal((await world.run(LATER)).deleted, 2);
  });

  test('the policy is another one', async () => {
    const world = await quietWorld(KEEP);
    assert.equal((await world.run(DELETE)).deleted, 2);
  });

  test('a held letter is wanted again', async () => {
    const world = new World();
    await world.elsewhere.deliver(letter('a'));
    await world.run(KEEP, { destination: { hold: () => true } });
    assert.equal((await world.run(KEEP)).held, 1);
    assert.equal((await world.run(KEEP)).held, 1);
    const [held] = [...world.journal.letters()];
    world.journal.write([{ type: 'wanted', key: held?.key ?? '' }]);
    assert.equal((await world.run(KEEP)).kept, 1);
  });

  test('somebody wants to see the plan', async () => {
    const world = await quietWorld(KEEP);
    const steps: string[] = [];
    await world.run(KEEP, { planned: (_, plan) => steps.push(...plan.steps.map(({ type }) => type)) });
    assert.deepEqual(steps, ['leave', 'leave']);
  });
});
