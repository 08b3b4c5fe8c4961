import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Calls, fresh, letterOf, loggedIn } from './run/calls.test-support.ts';
import { DELETE, KEEP, letter, World } from './run/run.test-support.ts';

const bye = '\nC: QUIT\nS: +OK';

describe('a letter that is only half written', () => {
  test('when the run is stopped is not kept, though all of it has come', async () => {
    for (const policy of [KEEP, DELETE]) {
      const world = new World();
      await world.elsewhere.deliver(letter('long', 5_000));
      const stop = new AbortController();
      let writes = 0;
      const before = async (doing: string) => {
        if (doing !== 'write' || ++writes > 1) return;
        // The rest of it comes meanwhile.
        for (let turns = 0; turns < 50; turns += 1) await setImmediate();
        stop.abort();
      };
      const report = await world.run(policy, { signal: stop.signal, destination: { before } });
      assert.deepEqual([report.result, report.kept, world.disk.all.length], ['later', 0, 0]);
      assert.equal((await world.run(policy)).kept, 1);
      assert.deepEqual(world.disk.all, [letter('long', 5_000)]);
    }
  });
});

describe('EXPIRE 0 (EXT-27, EXT-28)', () => {
  for (const doing of ['place', 'prepare'] as const) {
    test(`nothing is committed while what was read hangs in ${doing}`, async () => {
      const world = new World();
      const expiring = loggedIn('UIDL', 'EXPIRE 0');
      const noop = Array.from({ length: 19 }, () => '\nC: NOOP\nS: +OK').join('');
      const calls = new Calls(`${expiring}${fresh('a')}${letterOf(1)}${noop}\nC: NOOP\nS: +OK${bye}`);
      let release = () => {};
      const hanging = new Promise<void>((resolve) => {
        release = resolve;
      });
      const before = (now: string) => (now === doing ? hanging : undefined);
      const report = await world.run(KEEP, { connect: calls.connect, destination: { before } });
      release();
      assert.equal(report.result, 'later');
      assert.ok(!calls.peers[0]?.heard.includes('QUIT'));
    });
  }

  test('nor after placing failed as a whole', async () => {
    const world = new World();
    const expiring = loggedIn('UIDL', 'EXPIRE 0');
    const calls = new Calls(`${expiring}${fresh('a')}${letterOf(1)}${bye}`);
    const before = (now: string) => {
      if (now === 'place') throw new Error('it fails');
    };
    const report = await world.run(KEEP, { connect: calls.connect, destination: { before } });
    assert.equal(report.result, 'later');
    assert.ok(!calls.peers[0]?.heard.includes('QUIT'));
  });
});
