import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CollectEvent } from './event.ts';
import type { Journal } from './journal/journal.ts';
import { JournalInUse } from './journal/trouble.ts';
import type { Plan } from './plan/plan.ts';
import { Calls, fresh, letterOf, listed, loggedIn, sizes } from './run/calls.test-support.ts';
import { DELETE, KEEP, lasting, letter, World } from './run/run.test-support.ts';

const MINUTE = 60_000;
const login = loggedIn('UIDL', 'TOP');
const bye = '\nC: QUIT\nS: +OK';
const refusedLogin = (words: string) => `
  S: +OK ready
  C: CAPA
  S: -ERR what?
  C: USER ada
  S: +OK
  C: PASS tanstaaf
  S: -ERR ${words}`;

function states(world: World): Record<string, string> {
  return Object.fromEntries(Array.from(world.journal.letters(), ({ key, state }) => [key, state]));
}

describe('a server that does not let us in', () => {
  test('is not asked a second time with the same password, and left alone for a quarter of an hour (RC-06)', async () => {
    const world = new World();
    const calls = new Calls(refusedLogin('[AUTH] no'));
    const began = world.elsewhere.clock.now();
    const report = await world.run(KEEP, { connect: calls.connect });
    assert.equal(report.result, 'login');
    assert.match(report.error ?? '', /^pop\.example\.org: .*check/);
    assert.ok((report.notBefore ?? 0) >= began + 15 * MINUTE);
    assert.equal(world.journal.facts.failures, 1);
    await calls.finished();
  });

  for (const words of ['[IN-USE] locked', '[LOGIN-DELAY] slowly', '[SYS/TEMP] not now']) {
    test(`${words} means later (RC-06)`, async () => {
      const world = new World();
      const report = await world.run(KEEP, { connect: new Calls(refusedLogin(words)).connect });
      assert.equal(report.result, 'later');
      assert.ok((report.notBefore ?? 0) > world.elsewhere.clock.now());
    });
  }

  test('waits longer and longer for one that cannot be reached, and begins anew when it could', async () => {
    const world = new World();
    const pauses: number[] = [];
    const connect = () => Promise.reject(new Error('nobody there'));
    for (let run = 0; run < 3; run += 1) {
      const { notBefore = 0 } = await world.run(KEEP, { connect });
      pauses.push(Math.round((notBefore - world.elsewhere.clock.now()) / MINUTE));
    }
    assert.deepEqual(pauses, [1, 2, 4]);
    await world.run(KEEP);
    assert.equal(world.journal.facts.failures, 0);
  });
});

describe('a run', () => {
  test('that is stopped while it calls makes no more of it', async () => {
    const world = new World();
    const stop = new AbortController();
    const report = await world.run(KEEP, {
      connect: new Calls(`${login}\nC: LIST`).connect,
      signal: stop.signal,
      report: ({ event }) => event === 'connected' && stop.abort(),
    });
    assert.deepEqual([report.result, report.kept], ['later', 0]);
    assert.match(report.error ?? '', /^it was stopped/);
    assert.ok(report.seconds <= 1);
  });

  test('that is stopped while the server says nothing does not wait for it for long', async () => {
    const world = new World();
    const stop = new AbortController();
    const half = '\nC: RETR 2\nS: +OK\nS: Subject: half';
    const calls = new Calls(`${login}${fresh('a', 'b')}${letterOf(1)}${half}`);
    const report = await world.run(DELETE, {
      connect: calls.connect,
      signal: stop.signal,
      report: ({ event }) => event === 'progress' && stop.abort(),
    });
    assert.deepEqual([report.result, report.kept, report.deleted], ['later', 1, 0]);
    assert.ok(report.seconds <= 15, `${report.seconds} s`);
    assert.deepEqual(states(world), { a: 'kept', b: 'listed' });
  });

  test('whose connection broke waits until the server has noticed that', async () => {
    const world = new World();
    const calls = new Calls(
      `${login}${fresh('a')}\nC: RETR 1\nRESET`,
      refusedLogin('[IN-USE] still'),
      `${login}${listed('a')}${letterOf(1)}${bye}`,
    );
    const report = await world.run(KEEP, { connect: calls.connect });
    assert.deepEqual([report.error, report.result, report.kept], [undefined, 'done', 1]);
    await calls.finished();
  });

  test('is not tried again and again where the server breaks off whatever is asked', async () => {
    const world = new World();
    const calls = new Calls(...Array.from({ length: 3 }, () => `${login}\nC: LIST\nDROP`));
    const report = await world.run(KEEP, { connect: calls.connect });
    assert.deepEqual([report.result, report.kept], ['network', 0]);
    await calls.finished();
  });

  test('that is stopped while letters come keeps what is whole and deletes what is kept', async () => {
    const world = new World();
    const stop = new AbortController();
    await world.elsewhere.deliver(...Array.from({ length: 200 }, (_, index) => letter(`letter ${index}`, 500)));
    let letters = 0;
    const report = await world.run(DELETE, {
      signal: stop.signal,
      report: (event: CollectEvent) => {
        if (event.event === 'progress' && ++letters === 20) stop.abort();
      },
    });
    assert.deepEqual([report.result, report.kept, report.deleted], ['later', 20, 20]);
    assert.equal(world.elsewhere.letters.length, 180);
    assert.equal((await world.run(DELETE)).kept, 180);
  });

  test('finds a server out that mixes up what is pipelined, and remembers it', async () => {
    const world = new World();
    const piped = loggedIn('UIDL', 'PIPELINING');
    const calls = new Calls(
      `${piped}
      C: LIST
      C: UIDL
      S: +OK
      S: 1 38
      S: .
      S: -ERR busy
      C: UIDL
      S: +OK
      S: 1 a
      S: .
      ${letterOf(1)}${bye}`,
      `${loggedIn('UIDL', 'PIPELINING')}${listed('a')}${bye}`,
    );
    const report = await world.run(KEEP, { connect: calls.connect });
    assert.deepEqual([report.error, report.result], [undefined, 'done']);
    assert.equal(world.journal.facts.pipeliningDistrusted, true);
    assert.equal(world.happened('warning').length, 1);
    await world.run(KEEP, { connect: calls.connect });
    assert.equal(calls.options[1]?.pipelining, false);
    await calls.finished();
  });

  test('that only shows what it would do changes nothing', async () => {
    const world = new World();
    await world.elsewhere.deliver(letter('one'), letter('two'));
    const plans: Plan[] = [];
    const open = () => assert.fail('opened');
    const report = await world.run(DELETE, { dryRun: true, open, planned: (_, plan) => plans.push(plan) });
    assert.deepEqual([report.error, report.result, report.kept, report.left], [undefined, 'done', 0, 2]);
    assert.equal(plans[0]?.steps.filter(({ type }) => type === 'fetch').length, 2);
    assert.deepEqual([[...world.journal.letters()], world.journal.facts.lastLogin], [[], undefined]);
    assert.equal(world.elsewhere.letters.length, 2);
  });

  test('whose journal somebody else has comes again later', async () => {
    const world = new World();
    const report = await world.run(KEEP, {
      openJournal: () => {
        throw new JournalInUse('in use by process 7');
      },
    });
    assert.deepEqual([report.result, report.error], ['later', 'in use by process 7']);
  });

  test('with a new journal fetches nothing that the destination has already, and deletes it only with proof', async () => {
    const world = new World();
    await world.elsewhere.deliver(letter('one'), letter('two'), letter('three'));
    await world.run(KEEP);
    const again = new World({ elsewhere: world.elsewhere, disk: world.disk });
    await world.elsewhere.deliver(letter('four'));
    const report = await again.run(DELETE);
    assert.deepEqual([report.error, report.result, report.kept, report.deleted], [undefined, 'done', 1, 4]);
    assert.equal(again.disk.all.length, 4);
  });

  test('without UIDL keeps each letter once, and deletes what it has read (EXT-31)', async () => {
    const world = new World();
    const bare = loggedIn();
    const noUidl = '\nC: UIDL\nS: -ERR what?';
    const noTop = '\nC: TOP 1 0\nS: -ERR what?\nC: TOP 2 0\nS: -ERR what?';
    const keep = new Calls(`${bare}${sizes(2)}${noUidl}${noTop}${letterOf(1)}${letterOf(2)}${bye}`);
    const first = await world.run(KEEP, { connect: keep.connect });
    assert.deepEqual([first.error, first.kept], [undefined, 2]);
    const gone = new Calls(`${bare}\nC: STAT\nS: +OK 2 76${noUidl}${sizes(2)}${noTop}${letterOf(1)}${letterOf(2)}
      C: DELE 1\nS: +OK\nC: DELE 2\nS: +OK${bye}`);
    const report = await world.run(DELETE, { connect: gone.connect });
    assert.deepEqual([report.error, report.result, report.kept, report.deleted], [undefined, 'done', 0, 2]);
    assert.equal(world.disk.all.length, 2);
    await gone.finished();
  });
});

describe('a process that died', () => {
  test('while one letter was on its way may have died of it: that one is blamed', async () => {
    const world = new World();
    world.journal.write([
      { type: 'listed', key: 'a', uniqueId: 'a', declaredOctets: 38, at: 1 },
      { type: 'fetching', key: 'a' },
    ]);
    await world.run(KEEP, { connect: () => Promise.reject(new Error('nobody there')) });
    assert.equal(world.journal.letter('a')?.attempts, 1);
  });

  test('while many were: nobody is blamed, but if runs die again and again each is suspected, and fetched alone', async () => {
    const world = new World();
    const fetching = (key: string) => [{ type: 'fetching', key } as const];
    world.journal.write(['a', 'b'].map((key) => ({ type: 'listed', key, uniqueId: key, declaredOctets: 38, at: 1 })));
    for (const attempts of [0, 1, 1, 1, 1]) {
      world.journal.write(['a', 'b'].flatMap(fetching));
      const connect = () => Promise.reject(new Error('nobody there'));
      await world.run(KEEP, { connect });
      assert.deepEqual(
        ['a', 'b'].map((key) => world.journal.letter(key)?.attempts),
        [attempts, attempts],
      );
    }
    let together = 0;
    const journal: Journal = {
      ...lasting(world.journal),
      write: (changes, facts) => {
        world.journal.write(changes, facts);
        const fetched = [...world.journal.letters()].filter(({ state }) => state === 'fetching').length;
        together = Math.max(together, fetched);
      },
    };
    const calls = new Calls(`${login}${fresh('a', 'b')}${letterOf(1)}${letterOf(2)}${bye}`);
    const report = await world.run(KEEP, { connect: calls.connect, journal });
    assert.equal(together, 1);
    assert.deepEqual([report.error, report.kept], [undefined, 2]);
  });
});
