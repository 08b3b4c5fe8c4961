import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CommandDestination, type CommandOptions } from './command.ts';
import { type DestinationUnderTest, destinationConformance } from './conformance.test.kit.ts';
import { incoming, place, sent, several, stage, typeOf } from './conformance-letters.test.kit.ts';
import type { Placing } from './destination.ts';
import { recordOf } from './dying.test.kit.ts';
import { Spool } from './spool.ts';

function commandUnderTest(): DestinationUnderTest {
  const folder = mkdtempSync(join(tmpdir(), 'restante-command-'));
  const spool = join(folder, 'spool');
  const opened: CommandDestination[] = [];
  const line = `cat > $(mktemp '${folder}/letter-XXXXXXXX')`;
  return {
    open: () => {
      const options = { name: `command:${line}`, line, lineEnds: 'crlf', patience: 60_000 } as const;
      const services = { spool: new Spool(spool), account: undefined, environment: process.env };
      const destination = new CommandDestination(options, services);
      opened.push(destination);
      return destination;
    },
    letters: () =>
      readdirSync(folder)
        .filter((name) => name.startsWith('letter-'))
        .map((name) => readFileSync(join(folder, name))),
    leftovers: () => (existsSync(spool) ? readdirSync(spool) : []),
    close: async () => {
      for (const destination of opened) await destination.close();
      rmSync(folder, { recursive: true });
    },
  };
}

destinationConformance('a command', commandUnderTest, { promise: 'at-least-once', has: [] });

/** Whether a process does anything still: one that has ended may wait for somebody to ask how. */
function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** A command, in a folder of its own. */
function command(t: TestContext, line: string, options: Partial<CommandOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'restante-command-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const environment = { PATH: process.env['PATH'], FOLDER: folder };
  const services = { spool: new Spool(join(folder, 'spool')), account: 'work', environment };
  const own = { name: 'command:x', line, lineEnds: 'lf', patience: 60_000, ...options } as const;
  const destination = new CommandDestination(own, services);
  t.after(() => destination.close());
  return { destination, folder };
}

async function placing(t: TestContext, line: string, options: Partial<CommandOptions> = {}): Promise<Placing> {
  const { destination } = command(t, line, options);
  const staged = await stage(destination, sent('one'));
  const [answer] = await destination.place([staged]);
  assert.ok(answer);
  return answer;
}

async function refusal(t: TestContext, line: string, options: Partial<CommandOptions> = {}) {
  const answer = await placing(t, line, options);
  assert.ok(answer.type === 'refused', `${line} took it`);
  return answer;
}

test('the letter is the standard input, with LF line ends unless CRLF is asked for', async (t) => {
  for (const [lineEnds, expected] of [
    ['lf', 'A: b\n\nx\ry\r\r\nend\n'],
    ['crlf', 'A: b\r\n\r\nx\ry\r\r\nend\r\n'],
  ] as const) {
    const { destination, folder } = command(t, 'cat > "$FOLDER/letter"', { lineEnds });
    const octets = Buffer.from('A: b\r\n\r\nx\ry\r\r\nend\r\n');
    const staged = await stage(destination, { letter: incoming('one'), octets }, [...octets.keys()]);
    assert.deepEqual((await destination.place([staged])).map(typeOf), ['placed']);
    assert.equal(readFileSync(join(folder, 'letter'), 'latin1'), expected);
  }
});

test('the environment tells of the letter, and nothing of it is in the command line', async (t) => {
  const { destination, folder } = command(t, 'env > "$FOLDER/env"; wc -c > "$FOLDER/octets"');
  const letter = { mailbox: 'anna@mail.example:995', key: 'k', uniqueId: 'u$(id)`id`;\0x', listed: 0 };
  const octets = Buffer.from(
    'Return-Path: <pat@example.org>\r\nReturn-Path: <other@example.org>\r\nSubject: $(id)\r\n\r\n',
  );
  const stage = destination.stageFor(letter, 'anna@example.org');
  await stage.write(octets);
  const staged = await stage.end();
  assert.ok(staged.type === 'staged');
  assert.deepEqual(await destination.place([staged]), [{ type: 'placed', place: 'command:x' }]);
  const environment = readFileSync(join(folder, 'env'), 'utf8');
  const told = environment
    .split('\n')
    .filter((line) => line.startsWith('RESTANTE_'))
    .sort();
  assert.deepEqual(told, [
    'RESTANTE_ACCOUNT=work',
    'RESTANTE_MAILDROP=anna@mail.example:995',
    `RESTANTE_OCTETS=${octets.length - 4}`,
    'RESTANTE_RECIPIENT=anna@example.org',
    'RESTANTE_SENDER=pat@example.org',
    'RESTANTE_UNIQUE_ID=u$(id)`id`;x',
  ]);
  assert.equal(Number(readFileSync(join(folder, 'octets'), 'utf8')), octets.length - 4);
});

test('a sender that is no address is none', async (t) => {
  for (const [field, sender] of [
    ['', ''],
    ['Return-Path: <>\r\n', ''],
    ['Return-Path: Pat <pat@example.org>\r\n', ''],
    ['Return-Path:\r\n <pat@example.org>\r\n', 'pat@example.org'],
  ] as const) {
    const { destination, folder } = command(t, 'printf %s "$RESTANTE_SENDER" > "$FOLDER/sender"');
    await place(destination, [{ letter: incoming('one'), octets: Buffer.from(`${field}A: b\r\n\r\n`) }]);
    assert.equal(readFileSync(join(folder, 'sender'), 'utf8'), sender);
  }
});

test('one after the other, in order', async (t) => {
  const line = 'test ! -e "$FOLDER/busy" && touch "$FOLDER/busy" && cat >> "$FOLDER/all" && rm "$FOLDER/busy"';
  const { destination, folder } = command(t, line);
  const letters = several(6);
  const staged = [];
  for (const letter of letters) staged.push(await stage(destination, letter));
  const both = await Promise.all([destination.place(staged.slice(0, 3)), destination.place(staged.slice(3))]);
  assert.deepEqual(
    both.flat().map(typeOf),
    letters.map(() => 'placed'),
  );
  const all = letters.map(({ octets }) => octets.toString().replaceAll('\r\n', '\n')).join('');
  assert.equal(readFileSync(join(folder, 'all'), 'utf8'), all);
});

test('a command that does not read the letter and says that all is well has taken it', async (t) => {
  const { destination } = command(t, 'exec 0<&-; exit 0');
  const octets = Buffer.alloc(4 * 1024 * 1024, 'line\r\n');
  const staged = await stage(destination, { letter: incoming('large'), octets });
  assert.deepEqual((await destination.place([staged])).map(typeOf), ['placed']);
});

test('what its exit status says is the letter its fault or not (sysexits.h)', async (t) => {
  for (const status of [71, 74, 75, 78, 126, 127]) {
    const { blame, why } = await refusal(t, `exit ${status}`);
    assert.equal(blame, 'destination', why);
    assert.match(why, new RegExp(`^the command ended with status ${status}, `));
  }
  for (const status of [1, 2, 65, 67, 69, 77, 99, 255]) {
    const { blame, why } = await refusal(t, `exit ${status}`);
    assert.equal(blame, 'letter', why);
  }
  assert.equal((await refusal(t, 'no-such-command-anywhere')).blame, 'destination');
  const killed = await refusal(t, 'kill -SEGV $$');
  assert.equal(killed.blame, 'letter');
  assert.match(killed.why, /ended by SIGSEGV/);
});

test('one letter that is refused does not keep the next from being tried', async (t) => {
  const { destination } = command(t, 'test "$RESTANTE_UNIQUE_ID" != letter-2 || exit 75');
  const staged = [];
  for (const letter of several(3)) staged.push(await stage(destination, letter));
  assert.deepEqual((await destination.place(staged)).map(typeOf), ['placed', 'refused', 'placed']);
});

test('the last of what it says is told, bounded, with nothing that a terminal would obey', async (t) => {
  const { why } = await refusal(
    t,
    'for n in 1 2 3 4 5; do echo "line $n"; done >&2; printf "\\033]0;x\\007\\342\\200\\256\\n"; exit 1',
  );
  assert.match(why, /line 4 \/ line 5|\?\]0;x\?\?/);
  assert.doesNotMatch(why, /\p{Cc}|\p{Cf}/u);
  const long = await refusal(t, 'yes 0123456789 | head -c 1000000; exit 1');
  assert.ok(long.why.length < 400, String(long.why.length));
  assert.equal((await refusal(t, 'exit 1')).why, 'the command ended with status 1');
});

test('one that hangs is ended with all that it has started, and the letter is to blame', {
  timeout: 60_000,
}, async (t) => {
  const { destination, folder } = command(t, 'sh -c "echo begun; echo \\$\\$ > $FOLDER/pid; exec sleep 1000"; true', {
    patience: 1_000,
  });
  const staged = await stage(destination, sent('one'));
  const [answer] = await destination.place([staged]);
  assert.ok(answer?.type === 'refused' && answer.blame === 'letter');
  assert.match(answer.why, /took longer than 1 seconds: begun$/);
  assert.equal(runs(Number(readFileSync(join(folder, 'pid'), 'utf8'))), false);
});

test("one that runs when all is closed is ended, and its letter is nobody's fault", { timeout: 60_000 }, async (t) => {
  const { destination, folder } = command(t, 'echo $$ > "$FOLDER/pid"; exec sleep 1000');
  const staged = [];
  for (const letter of several(2)) staged.push(await stage(destination, letter));
  const watcher = watch(folder);
  const placing = destination.place(staged);
  while (!existsSync(join(folder, 'pid'))) await once(watcher, 'change');
  watcher.close();
  await destination.close();
  const refusals = await placing;
  assert.deepEqual(
    refusals.map((refusal) => refusal.type === 'refused' && refusal.blame),
    ['destination', 'destination'],
  );
  assert.equal(runs(Number(readFileSync(join(folder, 'pid'), 'utf8'))), false);
});

test('what it leaves running is left, and not waited for', { timeout: 60_000 }, async (t) => {
  const { destination, folder } = command(t, 'sleep 1000 & echo $! > "$FOLDER/pid"; exit 0');
  await place(destination, [sent('one')]);
  const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
  process.kill(pid, 0);
  process.kill(pid);
});

test('after a crash nobody knows, so that it is run again', async (t) => {
  const { destination } = command(t, 'cat > /dev/null');
  const letter = sent('one');
  const [staged] = await place(destination, [letter]);
  assert.ok(staged);
  assert.deepEqual(await destination.settle([recordOf(staged, letter.octets)]), [{ type: 'not-there' }]);
});

test('none is begun when all is closed already', async (t) => {
  const { destination, folder } = command(t, 'touch "$FOLDER/run"');
  const staged = await stage(destination, sent('one'));
  const placing = destination.place([staged]);
  await destination.close();
  assert.equal((await placing)[0]?.type, 'refused');
  assert.equal(existsSync(join(folder, 'run')), false);
});
