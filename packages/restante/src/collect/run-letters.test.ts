import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { turns } from '@restante/pop/testing';
import { Calls, fresh, letterOf, listed, loggedIn } from './run/calls.test-support.ts';
import { DELETE, KEEP, letter, World } from './run/run.test-support.ts';

const HOUR = 3_600_000;
const login = loggedIn('UIDL', 'TOP');
const bye = '\nC: QUIT\nS: +OK';

function dele(...numbers: readonly number[]): string {
  return numbers.map((number) => `\nC: DELE ${number}\nS: +OK`).join('');
}

describe('one bad letter never holds up the rest', () => {
  test('a letter that the server refuses is left, and the others are deleted', async () => {
    const world = new World();
    const calls = new Calls(
      `${login}${fresh('a', 'b', 'c')}${letterOf(1)}\nC: RETR 2\nS: -ERR cannot\n${letterOf(3)}${dele(1, 3)}${bye}`,
    );
    const report = await world.run(DELETE, { connect: calls.connect });
    assert.deepEqual([report.result, report.kept, report.deleted, report.failed, report.left], ['partly', 2, 2, 1, 1]);
    assert.equal(world.disk.all.length, 2);
    assert.equal(world.journal.letter('b')?.attempts, 1);
    await calls.finished();
  });

  test('it is tried again at once, then after pauses, and given up in the end; each run says so', async () => {
    const world = new World();
    const refused = `${login}${fresh('a')}\nC: RETR 1\nS: -ERR cannot${bye}`;
    const known = `${login}${listed('a')}\nC: RETR 1\nS: -ERR cannot${bye}`;
    const left = `${login}${listed('a')}${bye}`;
    for (const [script, pause, event] of [
      [refused, 0, 'failed'],
      [known, 0, 'failed'],
      [left, 24 * HOUR, 'failed'],
      [known, 0, 'given-up'],
      [left, 24 * HOUR, 'given-up'],
    ] as const) {
      const calls = new Calls(script);
      const report = await world.run(KEEP, { connect: calls.connect });
      assert.deepEqual([report.result, report.failed], ['partly', 1]);
      assert.equal(world.happened(event).length, 1);
      await calls.finished();
      await world.elsewhere.clock.advance(pause);
    }
    assert.equal(world.journal.letter('a')?.state, 'given-up');
  });

  test('a letter that breaks the session comes last in the next one, and only it is blamed', async () => {
    const world = new World();
    const breaks = '\nC: RETR 1\nS> +OK\nS: Subject: cut\nDROP';
    const calls = new Calls(
      `${login}${fresh('a', 'b', 'c')}${breaks}`,
      `${login}${listed('a', 'b', 'c')}${letterOf(2)}${letterOf(3)}${breaks}`,
      `${login}${listed('a', 'b', 'c')}${bye}`,
    );
    const report = await world.run(KEEP, { connect: calls.connect });
    assert.deepEqual([report.error, report.result, report.kept, report.failed], [undefined, 'partly', 2, 1]);
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => world.journal.letter(key)?.attempts),
      [2, 0, 0],
    );
    await calls.finished();
  });

  test('a letter that is larger than LIST says, and than is wanted, is not kept', async () => {
    const world = new World();
    await world.elsewhere.deliver(letter('small'), letter('large', 900));
    const lies = { ...KEEP, largest: { octets: 10_000, larger: 'skip' } } as const;
    const calls = new Calls(`${login}${fresh('a')}\nC: RETR 1\nS> +OK\nS> Subject: large\nS> {x*10000}\nS: .${bye}`);
    const report = await world.run(lies, { connect: calls.connect });
    assert.deepEqual([report.result, report.kept, report.failed], ['partly', 0, 1]);
    assert.match(world.journal.letter('a')?.why ?? '', /more than 10000 octets/);
    assert.deepEqual(world.disk.all, []);
    await calls.finished();
  });

  test('what nobody knows the place of is held: neither kept nor deleted, and fetched no more', async () => {
    const world = new World();
    await world.elsewhere.deliver(letter('one'), letter('lost'), letter('two'));
    const hold = (text: string) => text.includes('<lost@');
    for (const kept of [2, 0]) {
      const report = await world.run(DELETE, { destination: { hold } });
      assert.deepEqual([report.result, report.kept, report.held, report.left], ['partly', kept, 1, 1]);
      assert.equal(world.happened('held').length, 1);
    }
    assert.deepEqual(world.elsewhere.letters, [letter('lost')]);
  });

  test('what the destination refuses for its own sake is blamed, and the others are kept', async () => {
    const world = new World();
    await world.elsewhere.deliver(letter('one'), letter('virus'), letter('two'));
    const report = await world.run(DELETE, {
      destination: { refuse: (text) => (text.includes('<virus@') ? 'letter' : undefined) },
    });
    assert.deepEqual([report.result, report.kept, report.deleted, report.failed], ['partly', 2, 2, 1]);
    assert.deepEqual(world.elsewhere.letters, [letter('virus')]);
  });

  test('where it belongs none is taken at present: it is left for a while, and nobody is blamed', async () => {
    const world = new World();
    await world.elsewhere.deliver(letter('one'), letter('full'), letter('two'));
    const refuse = (text: string) => (text.includes('<full@') ? 'place' : undefined);
    const report = await world.run(DELETE, { destination: { refuse } });
    assert.deepEqual([report.result, report.kept, report.failed], ['partly', 2, 1]);
    assert.deepEqual(
      [...world.journal.letters()].map(({ attempts }) => attempts),
      [0, 0, 0],
    );
    await world.elsewhere.clock.advance(HOUR);
    assert.equal((await world.run(DELETE)).result, 'done');
  });
});

describe('a destination that takes nothing', () => {
  test('ends the run: nothing is blamed, and what is safe is deleted', async () => {
    const world = new World();
    await world.elsewhere.deliver(letter('first'));
    await world.run(KEEP);
    await world.elsewhere.deliver(letter('one'), letter('two'), letter('three'));
    const report = await world.run(DELETE, { destination: { refuse: () => 'destination' } });
    assert.deepEqual([report.result, report.kept, report.deleted], ['later', 0, 1]);
    assert.match(report.error ?? '', /^memory:: it is refused/);
    assert.ok([...world.journal.letters()].every(({ attempts }) => attempts === 0));
    assert.equal((await world.run(DELETE)).result, 'done');
    assert.equal(world.disk.all.length, 4);
  });

  test('is told from one that cannot be opened, which somebody has to mend', async () => {
    const world = new World();
    let opened = 0;
    const report = await world.run(KEEP, {
      open: () => {
        opened += 1;
        throw new Error('no such folder');
      },
    });
    assert.deepEqual([report.result, report.error, opened, world.elsewhere.calls], ['failed', 'no such folder', 1, 0]);
  });

  test('that hangs does not let the server time out, and is given up after ten minutes', async () => {
    const world = new World();
    const noop = Array.from({ length: 19 }, () => '\nC: NOOP\nS: +OK').join('');
    const calls = new Calls(`${login}${fresh('a')}${letterOf(1)}${noop}\nC: NOOP\nS: +OK${bye}`);
    let release = () => {};
    const hanging = new Promise<void>((resolve) => {
      release = resolve;
    });
    const before = (doing: string) => (doing === 'place' ? hanging : undefined);
    const report = await world.run(DELETE, { connect: calls.connect, destination: { before } });
    release();
    assert.deepEqual([report.result, report.kept], ['later', 0]);
    assert.match(report.error ?? '', /no letter for 10 minutes/);
    assert.equal(world.journal.letter('a')?.state, 'staged');
    assert.ok((calls.peers[0]?.heard.filter((line) => line === 'NOOP').length ?? 0) >= 19);
  });

  test('that has placed a letter after all, behind QUIT, has it kept, and nothing is taken for deleted', async () => {
    const world = new World();
    await world.elsewhere.deliver(letter('one'));
    let release = () => {};
    const hanging = new Promise<void>((resolve) => {
      release = resolve;
    });
    // The server answers QUIT when it has removed what is marked: nothing.
    const report = await world.run(DELETE, {
      destination: { before: (doing) => (doing === 'place' ? hanging : undefined) },
      connect: async (options) => {
        const client = await world.elsewhere.connect(options);
        const quit = client.commit.bind(client);
        client.commit = async () => {
          release();
          await turns();
          return quit();
        };
        return client;
      },
    });
    assert.deepEqual([report.result, report.deleted], ['later', 0]);
    assert.deepEqual(
      [...world.journal.letters()].map(({ state }) => state),
      ['kept'],
    );
    assert.equal((await world.run(DELETE)).deleted, 1);
  });
});
