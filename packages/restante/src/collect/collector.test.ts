import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Pop3Client, Pop3ClientOptions } from '@restante/pop/client';
import { ManualClock, turns } from '@restante/pop/testing';
import { type CollectorOptions, collectAll } from './collector.ts';
import type { AccountReport } from './event.ts';
import { memoryJournal } from './journal/open.ts';
import { MemoryDestination, MemoryDisk } from './run/memory-destination.test-support.ts';
import { Elsewhere } from './run/office.test-support.ts';
import { account, KEEP, lasting, letter } from './run/run.test-support.ts';
import type { CollectTask } from './task.ts';

const MINUTE = 60_000;

function task(name: string, host: string): CollectTask {
  const journal = memoryJournal(name);
  return {
    account: { ...account(KEEP, { host }), name },
    openJournal: () => lasting(journal),
    destination: { name: 'memory:', open: () => new MemoryDestination(new MemoryDisk()) },
  };
}

/** Calls that wait to be let through; each is refused then. */
class Gate {
  readonly waiting: { readonly host: string; readonly open: () => void }[] = [];
  calls = 0;

  readonly connect = async ({ host }: Pop3ClientOptions): Promise<Pop3Client> => {
    this.calls += 1;
    await new Promise<void>((open) => this.waiting.push({ host, open }));
    throw new Error(`${host} is closed`);
  };

  get hosts(): string[] {
    return this.waiting.map(({ host }) => host).sort();
  }

  async open(count = this.waiting.length): Promise<void> {
    for (const { open } of this.waiting.splice(0, count)) open();
    await turns();
  }
}

function collecting(options: Partial<CollectorOptions> & Pick<CollectorOptions, 'accounts'>) {
  const clock = new ManualClock();
  const gate = new Gate();
  const reports = collectAll({ clock, connect: gate.connect, random: () => 0, ...options });
  return { clock, gate, reports };
}

describe('many accounts', () => {
  test('are called for side by side, so many at once and so many at one host, however its name is written', async () => {
    const accounts = [
      task('a', 'one.example'),
      task('b', 'ONE.example.'),
      task('c', 'one.example'),
      task('d', 'two.example'),
      task('e', 'three.example'),
    ];
    const { gate, reports } = collecting({ accounts, parallel: 3, perHost: 2 });
    await turns();
    assert.deepEqual(gate.hosts, ['ONE.example.', 'one.example', 'two.example']);
    await gate.open(1);
    assert.deepEqual(gate.hosts, ['ONE.example.', 'one.example', 'two.example']);
    await gate.open();
    assert.deepEqual(gate.hosts, ['three.example']);
    await gate.open();
    assert.equal((await reports).length, 5);
  });

  test('are reported in the order in which they were given, and one failure touches no other', async () => {
    const elsewhere = new Elsewhere();
    await elsewhere.deliver(letter('one'));
    const broken: CollectTask = {
      ...task('broken', 'pop.example.org'),
      openJournal: () => {
        throw new TypeError('a mistake');
      },
    };
    const finished: string[] = [];
    const reports = await collectAll({
      accounts: [broken, task('a', 'pop.example.org'), task('b', 'pop.example.org')],
      clock: elsewhere.clock,
      connect: elsewhere.connect,
      finished: ({ account: { name } }, { result }) => finished.push(`${name} ${result}`),
    });
    assert.deepEqual(
      reports.map(({ result, kept }) => [result, kept]),
      [
        ['failed', 0],
        ['done', 1],
        ['done', 1],
      ],
    );
    assert.deepEqual(finished.sort(), ['a done', 'b done', 'broken failed']);
  });

  test('may be very many', async () => {
    const accounts = Array.from({ length: 300 }, (_, index) => task(`${index}`, `${index}.example`));
    const warnings: Error[] = [];
    const warn = (warning: Error) => warnings.push(warning);
    process.on('warning', warn);
    const stop = new AbortController();
    const { gate, reports } = collecting({ accounts, parallel: 100, signal: stop.signal });
    await turns();
    assert.equal(gate.waiting.length, 100);
    stop.abort();
    await gate.open();
    assert.ok((await reports).every(({ result }) => result === 'later' || result === 'failed'));
    assert.equal(gate.calls, 100);
    process.off('warning', warn);
    assert.deepEqual(warnings, []);
  });
});

describe('every so often', () => {
  const rounds = (reports: AccountReport[]) => ({
    every: 5 * MINUTE,
    jitter: 0.5,
    finished: (_: CollectTask, report: AccountReport) => reports.push(report),
  });

  test('an account is called for again, counted from the beginning of the call before, until somebody stops it', async () => {
    const elsewhere = new Elsewhere();
    const stop = new AbortController();
    const reports: AccountReport[] = [];
    const { clock, connect } = elsewhere;
    const running = collectAll({
      ...rounds(reports),
      accounts: [task('a', 'pop.example.org')],
      clock,
      connect,
      random: () => 0.5,
      signal: stop.signal,
    });
    await turns(500);
    assert.equal(reports.length, 1);
    await clock.advance(6 * MINUTE);
    assert.equal(elsewhere.calls, 1);
    // 5 minutes, and half of half of them.
    await clock.advance(MINUTE);
    await turns(500);
    assert.equal(reports.length, 2);
    stop.abort();
    assert.deepEqual(
      (await running).map(({ result }) => result),
      ['done'],
    );
    assert.equal(elsewhere.calls, 2);
  });

  test('one that fails is called for less and less often', async () => {
    const stop = new AbortController();
    const reports: AccountReport[] = [];
    const {
      clock,
      gate,
      reports: running,
    } = collecting({
      ...rounds(reports),
      every: 1 * MINUTE,
      accounts: [task('a', 'pop.example.org')],
      signal: stop.signal,
    });
    const calls: number[] = [];
    const began = clock.now();
    await turns();
    for (let minute = 0; minute < 20; minute += 1) {
      if (gate.waiting.length > 0) calls.push((clock.now() - began) / MINUTE);
      await gate.open();
      await clock.advance(MINUTE);
    }
    assert.deepEqual(calls, [0, 1, 3, 7, 15]);
    stop.abort();
    await gate.open();
    await running;
  });

  test('a clock that is set back during a call puts the next one off by no day', async () => {
    const stop = new AbortController();
    const reports: AccountReport[] = [];
    const clock = new ManualClock();
    let set = 0;
    const elsewhere = new Elsewhere();
    const running = collectAll({
      ...rounds(reports),
      every: 5 * MINUTE,
      jitter: 0,
      clock: {
        now: () => clock.now() + set,
        monotonic: () => clock.monotonic(),
        set: (ring, milliseconds) => clock.set(ring, milliseconds),
      },
      accounts: [task('a', 'pop.example.org')],
      connect: (options) => {
        set -= 86_400_000;
        return elsewhere.connect(options);
      },
      signal: stop.signal,
    });
    await turns(500);
    await clock.advance(6 * MINUTE);
    await turns(500);
    assert.equal(reports.length, 2);
    stop.abort();
    await running;
  });

  test('one that waits for its time is ended at once', async () => {
    const stop = new AbortController();
    const { gate, reports } = collecting({
      ...rounds([]),
      accounts: [task('a', 'pop.example.org')],
      signal: stop.signal,
    });
    await turns();
    await gate.open();
    stop.abort();
    assert.equal((await reports)[0]?.result, 'failed');
  });
});
