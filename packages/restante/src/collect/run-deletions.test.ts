import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Calls, fresh, headerOf, letterOf, listed, loggedIn, sizes } from './run/calls.test-support.ts';
import { account, DELETE, KEEP, letter, World } from './run/run.test-support.ts';

const MINUTE = 60_000;
const login = loggedIn('UIDL', 'TOP');
const bye = '\nC: QUIT\nS: +OK';

function states(world: World): Record<string, string> {
  return Object.fromEntries(Array.from(world.journal.letters(), ({ key, state }) => [key, state]));
}

describe('LOGIN-DELAY (EXT-21)', () => {
  test('is honoured by whoever calls next, and remembered', async () => {
    const world = new World();
    const slow = loggedIn('UIDL', 'LOGIN-DELAY 900');
    const calls = new Calls(`${slow}${fresh()}${bye}`, `${slow}${listed()}${bye}`);
    assert.equal((await world.run(KEEP, { connect: calls.connect })).result, 'done');
    const early = await world.run(KEEP, { connect: calls.connect });
    assert.equal(early.result, 'later');
    assert.match(early.error ?? '', /wants \d+ more seconds before the next login/);
    await world.elsewhere.clock.advance(15 * MINUTE);
    assert.equal((await world.run(KEEP, { connect: calls.connect })).result, 'done');
    await calls.finished();
  });

  test('a second session of the same run would come too soon, so all is committed in one', async () => {
    const world = new World();
    const slow = loggedIn('UIDL', 'LOGIN-DELAY 900');
    const script = `${slow}${fresh('a', 'b')}${letterOf(1)}${letterOf(2)}
      C: DELE 1\nS: +OK\nC: DELE 2\nS: +OK${bye}`;
    const report = await world.run({ ...DELETE, commitEvery: 1 }, { connect: new Calls(script).connect });
    assert.deepEqual([report.error, report.result, report.deleted], [undefined, 'done', 2]);
  });
});

describe('deletions', () => {
  test('are committed every so many letters, in sessions of their own', async () => {
    const world = new World();
    await world.elsewhere.deliver(...Array.from({ length: 10 }, (_, index) => letter(`letter ${index}`)));
    const report = await world.run({ ...DELETE, commitEvery: 3 });
    assert.deepEqual([report.result, report.deleted, report.left, world.elsewhere.calls], ['done', 10, 0, 4]);
  });

  test('are not known where QUIT is not answered +OK; the next listing tells, and nothing is fetched twice (P3-64)', async () => {
    const world = new World();
    const first = `${login}${fresh('a', 'b')}${letterOf(1)}${letterOf(2)}
      C: DELE 1\nS: +OK\nC: DELE 2\nS: +OK\nC: QUIT\nS: -ERR some were not removed`;
    const second = `${login}${listed('b')}${sizes(1)}${headerOf(1, 2)}\nC: DELE 1\nS: +OK${bye}`;
    const calls = new Calls(first, second);
    const unsure = await world.run(DELETE, { connect: calls.connect });
    assert.deepEqual([unsure.result, unsure.kept, unsure.deleted], ['partly', 2, 0]);
    assert.deepEqual(states(world), { a: 'unknown', b: 'unknown' });
    const sure = await world.run(DELETE, { connect: calls.connect });
    assert.deepEqual([sure.error, sure.result, sure.kept, sure.deleted], [undefined, 'done', 0, 1]);
    assert.deepEqual(states(world), { a: 'gone', b: 'gone' });
    await calls.finished();
  });

  test('of what another program has kept are made only where somebody says so', async () => {
    const world = new World();
    await world.elsewhere.deliver(letter('one'), letter('two'));
    const elsewhere = await world.elsewhere.connect({ ...account(KEEP).server });
    const at = world.elsewhere.clock.now();
    for (const { uniqueId = '' } of await elsewhere.uniqueIds()) {
      world.journal.write([{ type: 'adopted', key: uniqueId, uniqueId, at, why: 'getmail has it' }]);
    }
    await elsewhere.commit();
    const careful = await world.run(DELETE);
    assert.deepEqual([careful.error, careful.result, careful.kept, careful.deleted], [undefined, 'done', 0, 0]);
    const told = await world.run({ ...DELETE, deleteAdopted: true });
    assert.deepEqual([told.error, told.result, told.kept, told.deleted], [undefined, 'done', 0, 2]);
  });

  test('that are refused are told, and the letter stays kept', async () => {
    const world = new World();
    const script = `${login}${fresh('a')}${letterOf(1)}\nC: DELE 1\nS: -ERR read-only${bye}`;
    const report = await world.run(DELETE, { connect: new Calls(script).connect });
    assert.deepEqual([report.result, report.deleted, report.failed], ['partly', 0, 1]);
    assert.deepEqual(states(world), { a: 'kept' });
  });

  test('with EXPIRE 0 QUIT may remove all that was read: it is not said while something read is not kept (EXT-27, EXT-28)', async () => {
    const world = new World();
    const expiring = loggedIn('UIDL', 'EXPIRE 0');
    const calls = new Calls(`${expiring}${fresh('a')}${letterOf(1)}`);
    const report = await world.run(KEEP, { connect: calls.connect, destination: { refuse: () => 'letter' } });
    assert.equal(report.result, 'partly');
    await calls.peers[0]?.closed;
    assert.ok(!calls.peers[0]?.heard.includes('QUIT'));
  });

  test('with EXPIRE 0, what is safe is deleted in a session that reads nothing unsafe', async () => {
    const world = new World();
    const expiring = loggedIn('UIDL', 'EXPIRE 0');
    const held = (text: string) => text.includes('letter-2');
    const calls = new Calls(
      `${expiring}${fresh('a', 'b')}${letterOf(1)}${letterOf(2)}\nC: DELE 1\nS: +OK`,
      `${expiring}${listed('a', 'b')}${sizes(2)}${headerOf(1)}\nC: DELE 1\nS: +OK${bye}`,
    );
    const report = await world.run(DELETE, { connect: calls.connect, destination: { hold: held } });
    assert.deepEqual([report.error, report.deleted, report.held, report.left], [undefined, 1, 1, 1]);
    await calls.finished();
  });
});
