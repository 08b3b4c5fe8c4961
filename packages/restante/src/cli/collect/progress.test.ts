import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CollectEvent } from '../../collect/event.ts';
import { LiveLines } from './live-lines.ts';
import { CollectProgress } from './progress.ts';

/** Up, clear to the end, or a character. */
const ESCAPE = String.fromCharCode(0x1b);
const CODES = new RegExp(`${ESCAPE}\\[(\\d+)A|(${ESCAPE}\\[J)|([^])`, 'g');

/** A terminal of so many rows and columns, as one sees it: enough of one for what is written to it. */
class Terminal {
  readonly columns: number;
  readonly rows: number;
  #lines: string[] = [''];
  #row = 0;
  #column = 0;
  /** Characters that went beyond the last column, and would have wrapped. */
  wrapped = 0;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): void {
    for (const [, up, clear, other] of text.matchAll(CODES)) {
      if (up !== undefined) {
        this.#row -= Number(up);
        assert.ok(this.#row >= 0, 'it never leaves what it has drawn');
      } else if (clear !== undefined) {
        this.#lines = this.#lines.slice(0, this.#row + 1);
        this.#lines[this.#row] = (this.#lines[this.#row] ?? '').slice(0, this.#column);
      } else if (other === '\r') this.#column = 0;
      else if (other === '\n') {
        this.#row += 1;
        this.#column = 0;
        this.#lines[this.#row] ??= '';
      } else {
        const line = (this.#lines[this.#row] ?? '').padEnd(this.#column);
        this.#lines[this.#row] = line.slice(0, this.#column) + other + line.slice(this.#column + 1);
        this.#column += 1;
        if (this.#column >= this.columns) this.wrapped += 1;
      }
    }
  }

  get seen(): readonly string[] {
    return this.#lines.map((line) => line.trimEnd()).filter((line) => line !== '');
  }
}

/** A progress on a terminal, with a clock that is turned by hand. */
function onTerminal({ columns = 100, rows = 24, several = true } = {}) {
  const terminal = new Terminal(columns, rows);
  let time = 0;
  const progress = new CollectProgress({
    screen: terminal,
    say: (line) => terminal.write(`${line}\n`),
    several,
    now: () => time,
  });
  const take = (event: CollectEvent): void => {
    time += 1000;
    progress.take(event);
  };
  return { terminal, progress, take };
}

const connected = (account: string): CollectEvent => ({
  account,
  event: 'connected',
  host: 'h',
  port: 995,
  tls: 'TLSv1.3',
  method: 'PLAIN',
});
const listed = (account: string, wanted: number, wantedOctets?: number): CollectEvent => ({
  account,
  event: 'listed',
  letters: wanted,
  new: wanted,
  wanted,
  wantedOctets,
});
const finished = (account: string): CollectEvent => ({
  account,
  event: 'finished',
  result: 'done',
  kept: 0,
  octets: 0,
  deleted: 0,
  left: 0,
  failed: 0,
  held: 0,
  seconds: 1,
});

test('a line for each account that is called for, drawn anew in place', () => {
  const { terminal, take } = onTerminal();
  take(connected('anna'));
  take(connected('b'));
  take(listed('anna', 4, 4000));
  take({ account: 'anna', event: 'progress', letters: 1, octets: 1000 });
  assert.deepEqual(terminal.seen, [
    'anna  [####------------] 1 of 4 letters, 1.0 kB, 333 B/s',
    'b     connected, reading the list',
  ]);
  take(finished('anna'));
  assert.deepEqual(terminal.seen, ['b  connected, reading the list']);
  take(finished('b'));
  assert.deepEqual(terminal.seen, [], 'nothing is left of it');
});

test('while nobody is called, whoever looks is told so', () => {
  const terminal = new Terminal(80, 24);
  const say = (line: string) => terminal.write(`${line}\n`);
  const idle = 'waiting, a call every 5 min';
  const progress = new CollectProgress({ screen: terminal, say, several: false, idle });
  progress.take(connected('anna'));
  progress.take(finished('anna'));
  assert.deepEqual(terminal.seen, [idle]);
  progress.note('anna: 1 letter kept');
  assert.deepEqual(terminal.seen, ['anna: 1 letter kept', idle]);
  progress.clear();
  assert.deepEqual(terminal.seen, ['anna: 1 letter kept']);
});

test('what somebody should know stays above the lines', () => {
  const { terminal, take } = onTerminal();
  take(connected('anna'));
  take({ account: 'anna', event: 'held', uniqueId: 'u1', why: 'it has no Delivered-To' });
  assert.deepEqual(terminal.seen, [
    'anna: held at the server: letter u1: it has no Delivered-To',
    'anna  connected, reading the list',
  ]);
  take({ account: 'anna', event: 'warning', message: 'the server deletes after 7 days' });
  take(finished('anna'));
  assert.deepEqual(terminal.seen, [
    'anna: held at the server: letter u1: it has no Delivered-To',
    'anna: the server deletes after 7 days',
  ]);
});

test('one account needs no name before what is said of it', () => {
  const { terminal, take } = onTerminal({ several: false });
  take({ account: 'anna', event: 'failed', uniqueId: undefined, why: 'w' });
  assert.match(terminal.seen[0] ?? '', /^not kept, to be tried again: a letter without a unique-id: w$/);
});

test('more accounts than rows: those that fit, and how many more there are', () => {
  const { terminal, take } = onTerminal({ rows: 5 });
  for (let number = 0; number < 10; number += 1) take(connected(`account${number}`));
  assert.equal(terminal.seen.length, 3);
  assert.equal(terminal.seen.at(-1), 'and 8 more');
});

test('it is not drawn more often than anybody can see', () => {
  let written = 0;
  const lines = new LiveLines({ write: () => (written += 1), columns: 80, rows: 24 }, () => 0);
  for (let turn = 0; turn < 1000; turn += 1) lines.draw(() => ['x']);
  assert.equal(written, 1);
});

test('nothing is drawn where there is no terminal; what stays is said all the same', () => {
  const said: string[] = [];
  const progress = new CollectProgress({ screen: undefined, say: (line) => said.push(line), several: false });
  progress.take(connected('anna'));
  progress.take({ account: 'anna', event: 'warning', message: 'm' });
  progress.take(finished('anna'));
  assert.deepEqual(said, ['m']);
});

test('whatever happens, in however small a terminal, no line wraps and none is left behind', () => {
  const account = fc.constantFrom('a', 'anna@example.org', 'x'.repeat(80));
  const event = fc.oneof(
    account.map(connected),
    fc.tuple(account, fc.nat(2000), fc.option(fc.nat(1e9), { nil: undefined })).map((three) => listed(...three)),
    fc.tuple(account, fc.nat(2000), fc.nat(1e9)).map(([name, letters, octets]): CollectEvent => {
      return { account: name, event: 'progress', letters, octets };
    }),
    account.map(finished),
  );
  fc.assert(
    fc.property(
      fc.array(event),
      fc.integer({ min: 2, max: 60 }),
      fc.integer({ min: 1, max: 6 }),
      (events, columns, rows) => {
        const { terminal, progress, take } = onTerminal({ columns, rows });
        for (const each of events) take(each);
        assert.equal(terminal.wrapped, 0);
        assert.ok(terminal.seen.length <= Math.max(1, rows - 2));
        progress.clear();
        assert.deepEqual(terminal.seen, []);
      },
    ),
  );
});
