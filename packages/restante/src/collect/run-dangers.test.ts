import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Destination, FoundLetter } from './destinations/destination.ts';
import { Calls, fresh, headerOf, letterOf, listed, loggedIn } from './run/calls.test-support.ts';
import { MemoryDestination } from './run/memory-destination.test-support.ts';
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

describe('a letter whose header breaks the session', () => {
  test('is read without: the others, and it, are collected all the same', async () => {
    const world = new World();
    const login = loggedIn('UIDL', 'TOP');
    const first = `${login}${fresh('a', 'b', 'c')}${headerOf(1)}\nC: TOP 2 0\nS> +OK\nS: Subject: cut\nDROP`;
    const second = `${login}${fresh('a', 'b', 'c')}${headerOf(1)}${headerOf(3)}${letterOf(1)}${letterOf(2)}${letterOf(3)}${bye}`;
    const calls = new Calls(first, second);
    const since = { ...KEEP, firstRun: { type: 'since', time: 0 } } as const;
    const report = await world.run(since, { connect: calls.connect });
    assert.deepEqual([report.error, report.result, report.kept], [undefined, 'done', 3]);
    await calls.finished();
  });

  test('many such letters do not end the run either', async () => {
    const world = new World();
    const login = loggedIn('UIDL', 'TOP');
    const ids = ['a', 'b', 'c', 'd', 'e'];
    const calls = new Calls(
      ...ids.map((_, index) => `${login}${fresh(...ids)}\nC: TOP ${index + 1} 0\nDROP`),
      `${login}${fresh(...ids)}${ids.map((_, index) => letterOf(index + 1)).join('')}${bye}`,
    );
    const since = { ...KEEP, firstRun: { type: 'since', time: 0 } } as const;
    const report = await world.run(since, { connect: calls.connect });
    assert.deepEqual([report.error, report.result, report.kept], [undefined, 'done', 5]);
    await calls.finished();
  });
});

describe('a server that refuses', () => {
  const login = loggedIn('UIDL', 'TOP');
  const refused = (words: string, ...numbers: readonly number[]) =>
    numbers.map((number) => `\nC: RETR ${number}\nS: -ERR ${words}`).join('');

  test('always the same letters for now does not keep the others from coming (RC-07)', async () => {
    const world = new World();
    const ids = ['a', 'b', 'c', 'd'] as const;
    const calls = new Calls(
      `${login}${fresh(...ids)}${refused('[SYS/TEMP] damaged', 1, 2, 3)}${letterOf(4)}${bye}`,
      `${login}${listed(...ids)}${letterOf(4)}${refused('[SYS/TEMP] damaged', 1, 2, 3)}${bye}`,
    );
    assert.equal((await world.run(KEEP, { connect: calls.connect })).result, 'later');
    await world.elsewhere.clock.advance(3_600_000);
    assert.equal((await world.run(KEEP, { connect: calls.connect })).kept, 1);
    assert.deepEqual(
      ids.map((key) => world.journal.letter(key)?.state),
      ['listed', 'listed', 'listed', 'kept'],
    );
    await calls.finished();
  });

  test('for an hour whatever is asked, without a code, is not the letters\u2019 fault: none is given up', async () => {
    const world = new World();
    for (let minutes = 0; minutes < 60; minutes += 5) {
      const calls = new Calls();
      const refusing = (script: string) => new Calls(script).connect;
      const due = ['a', 'b'].filter(
        (key) => (world.journal.letter(key)?.notBefore ?? 0) <= world.elsewhere.clock.now(),
      );
      const numbers = due.map((key) => (key === 'a' ? 1 : 2));
      const ask = minutes === 0 ? fresh('a', 'b') : listed('a', 'b');
      await world.run(KEEP, { connect: refusing(`${login}${ask}${refused('internal error', ...numbers)}${bye}`) });
      await calls.finished();
      await world.elsewhere.clock.advance(5 * 60_000);
    }
    assert.deepEqual(
      ['a', 'b'].map((key) => world.journal.letter(key)?.state),
      ['listed', 'listed'],
    );
  });

  test('letter after letter is left alone', async () => {
    const world = new World();
    const ids = Array.from({ length: 100 }, (_, index) => `id${index}`);
    const numbers = ids.map((_, index) => index + 1).slice(0, 50);
    const calls = new Calls(`${login}${fresh(...ids)}${refused('over quota', ...numbers)}${bye}`);
    const report = await world.run(KEEP, { connect: calls.connect });
    assert.equal(report.result, 'later');
    assert.match(report.error ?? '', /over quota/);
  });
});

describe('a clock that is wrong', () => {
  const DAY = 86_400_000;

  test('and was set back since the last login does not keep us from calling: LOGIN-DELAY is the server\u2019s to say then (EXT-21)', async () => {
    const world = new World();
    const now = world.elsewhere.clock.now();
    world.journal.write([], { lastLogin: now + 365 * DAY, notBefore: now + 365 * DAY + 900_000 });
    const { result, notBefore } = await world.run(KEEP);
    assert.deepEqual([result, notBefore], ['done', undefined]);
    assert.equal(world.journal.facts.lastLogin, now);
  });

  test('or a server that wants a login in a hundred years is called the day after (EXT-21)', async () => {
    const world = new World();
    const login = loggedIn('UIDL', `LOGIN-DELAY ${100 * 365 * 86_400}`);
    const calls = new Calls(`${login}${fresh()}${bye}`, `${login}${listed()}${bye}`);
    await world.run(KEEP, { connect: calls.connect });
    await world.elsewhere.clock.advance(DAY);
    const { error, result } = await world.run(KEEP, { connect: calls.connect });
    assert.deepEqual([error, result], [undefined, 'done']);
    await calls.finished();
  });

  test('and was ahead when a letter failed does not keep it from being tried', async () => {
    const world = new World();
    await world.elsewhere.deliver(letter('one'));
    const login = loggedIn('UIDL', 'TOP');
    const fail = new Calls(`${login}${fresh('a')}\nC: RETR 1\nS: -ERR cannot${bye}`);
    await world.run(KEEP, { connect: fail.connect });
    const notBefore = world.elsewhere.clock.now() + 365 * DAY;
    world.journal.write([{ type: 'fetching', key: 'a' }]);
    world.journal.write([{ type: 'failed', key: 'a', why: 'cannot', givenUp: false, counts: true, notBefore }]);
    const again = new Calls(`${login}${listed('a')}${letterOf(1)}${bye}`);
    assert.equal((await world.run(KEEP, { connect: again.connect })).kept, 1);
  });
});

describe('a destination that hangs', () => {
  const login = loggedIn('UIDL', 'TOP');
  const noop = '\nC: NOOP\nS: +OK'.repeat(25);
  const forever = new Promise<never>(() => {});

  for (const doing of ['write', 'end'] as const) {
    test(`in ${doing} is to blame, and the run ends`, async () => {
      const world = new World();
      const calls = new Calls(`${login}${fresh('a')}${letterOf(1)}${noop}${bye}`);
      const report = await world.run(KEEP, {
        connect: calls.connect,
        destination: { before: (now) => (now === doing ? forever : undefined) },
      });
      assert.equal(report.result, 'later');
      assert.match(report.error ?? '', /^memory:: .*minutes/);
      assert.ok(report.seconds <= 900, `${report.seconds} s`);
      const { state, attempts } = world.journal.letter('a') ?? {};
      assert.deepEqual([state, attempts], ['listed', 0]);
    });
  }

  for (const doing of ['settle', 'write', 'end', 'prepare', 'place'] as const) {
    test(`in ${doing} does not keep a run from ending that is stopped`, async () => {
      const world = new World();
      await world.elsewhere.deliver(letter('one'));
      const stop = new AbortController();
      const before = (now: string) => {
        if (now !== doing) return undefined;
        stop.abort();
        return forever;
      };
      const report = await world.run(DELETE, { signal: stop.signal, destination: { before } });
      assert.deepEqual([report.result, report.kept], ['later', 0]);
      assert.match(report.error ?? '', /^it was stopped/);
      assert.ok(report.seconds <= 60, `${report.seconds} s`);
      assert.equal((await world.run(DELETE)).result, 'done');
      assert.deepEqual(world.disk.all, [letter('one')]);
    });
  }

  test('while it is opened does not either, and is let go of when it is open after all', async () => {
    const world = new World();
    const stop = new AbortController();
    let closed = false;
    let opened = () => {};
    const opening = new Promise<Destination>((resolve) => {
      const destination = new MemoryDestination(world.disk, {
        before: (doing) => {
          closed ||= doing === 'close';
        },
      });
      opened = () => resolve(destination);
    });
    const report = await world.run(KEEP, {
      signal: stop.signal,
      open: () => {
        stop.abort();
        return opening;
      },
    });
    assert.match(report.error ?? '', /^it was stopped/);
    opened();
    await setImmediate();
    assert.ok(closed);
  });

  test('while it looks for what it has does not let the server time out, nor keep us from ending', async () => {
    for (const isStopped of [false, true]) {
      const world = new World();
      const stop = new AbortController();
      const calls = new Calls(`${login}${fresh('a')}${'\nC: NOOP\nS: +OK'.repeat(4)}${letterOf(1)}${bye}`);
      class Slow extends MemoryDestination {
        override async find() {
          if (isStopped) stop.abort();
          else for (let seconds = 0; seconds < 130; seconds += 1) await pause(world, 1_000);
          return isStopped ? forever : new Map<string, FoundLetter>();
        }
      }
      const report = await world.run(KEEP, {
        connect: calls.connect,
        signal: stop.signal,
        open: () => new Slow(world.disk),
      });
      assert.deepEqual([report.result, report.kept], isStopped ? ['later', 0] : ['done', 1]);
      if (!isStopped) await calls.finished();
    }
  });
});

function pause({ elsewhere: { clock } }: World, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    clock.set(resolve, milliseconds);
  });
}

describe('a password that the server does not take', () => {
  const refusing = () =>
    new Calls('S: +OK ready\nC: CAPA\nS: -ERR what?\nC: USER ada\nS: +OK\nC: PASS tanstaaf\nS: -ERR [AUTH] no').connect;
  const HOUR = 3_600_000;

  test('is not brought every five minutes by a timer that nobody looks at (RC-06)', async () => {
    const world = new World();
    let logins = 0;
    for (let run = 0; run < 12 * 24; run += 1) {
      const connect: typeof world.elsewhere.connect = (options) => {
        logins += 1;
        return refusing()(options);
      };
      const report = await world.run(KEEP, { connect, unattended: true });
      assert.equal(report.result, 'login');
      await world.elsewhere.clock.advance(5 * 60_000);
    }
    assert.ok(logins < 12, `${logins} logins in a day`);
  });

  test('is tried at once by whoever is at hand, and then by all', async () => {
    const world = new World();
    for (let run = 0; run < 3; run += 1) await world.run(KEEP, { connect: refusing() });
    const early = await world.run(KEEP, { unattended: true });
    assert.match(early.error ?? '', /refused the login several times.*minutes/);
    assert.equal(world.journal.facts.failures, 3);
    assert.equal((await world.run(KEEP)).result, 'done');
    assert.equal((await world.run(KEEP, { unattended: true })).result, 'done');
  });

  test('does not keep a clock that was set back from calling for long', async () => {
    const world = new World();
    world.journal.write([], { failures: 3, refusedUntil: world.elsewhere.clock.now() + 1_000 * HOUR });
    assert.equal((await world.run(KEEP, { unattended: true })).result, 'done');
  });
});
