import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { connectOffice } from '../control/client.ts';
import { dataFolder } from '../store/letters/segments/folder.ts';
import { Pop3Client } from '../testing/pop3-client.ts';
import { MAIN } from '../testing/program.ts';
import {
  endWithThisProcess,
  RunningOffice,
  runVerb,
  temporaryFolder,
  type VerbResult,
} from '../testing/running-office.ts';

type Run = (words: readonly string[], input?: string) => Promise<VerbResult>;

async function done(result: Promise<VerbResult>, expected = 0): Promise<string> {
  const { status, stdout, stderr } = await result;
  assert.equal(status, expected, stderr);
  return stdout;
}

/** A Maildir of so many letters, numbered in their subjects. */
function maildir(count: number): string {
  const path = join(temporaryFolder(), 'Maildir');
  for (const folder of ['tmp', 'new', 'cur']) mkdirSync(join(path, folder), { recursive: true });
  for (let number = 1; number <= count; number += 1) {
    writeFileSync(join(path, 'new', `${1_600_000_000 + number}.M1P1.x`), `Subject: ${number}\n\n${'x'.repeat(60)}\n`);
  }
  return path;
}

const subjects = (count: number) => Array.from({ length: count }, (_, index) => `Subject: ${index + 1}`);

/** The subjects of all letters, in their order. */
async function fetched(office: RunningOffice): Promise<readonly string[]> {
  const client = await Pop3Client.connect(office.place('plain'));
  await client.login('anna', 'secret');
  const { count } = await client.stat();
  const found: string[] = [];
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  for await (const { octets } of client.pipelined(numbers.map((number) => `RETR ${number}`))) {
    found.push(octets?.toString('latin1').split('\r\n', 1)[0] ?? '');
  }
  await client.quit();
  return found;
}

/** A verb whose end is not waited for. */
function begin(words: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [MAIN, ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
  endWithThisProcess(child);
  return child;
}

async function ended(child: ChildProcess): Promise<{ readonly status: number | null; readonly stderr: string }> {
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  await once(child, 'close');
  return { status: child.exitCode, stderr };
}

/** Asks again and again, until it is so. */
async function until(reached: () => Promise<boolean> | boolean): Promise<void> {
  const patience = AbortSignal.timeout(120_000);
  while (!(await reached())) {
    patience.throwIfAborted();
    await wait(2);
  }
}

/** Some letters of the import under way are there. */
async function begun(data: string): Promise<void> {
  const office = await connectOffice(data);
  assert.ok(office);
  await until(async () => (await office.showAccount({ name: 'anna' })).letters > 0);
  await office.close();
}

function verbs(run: Run): void {
  test('a report, the same letters once, and what cannot be taken', async () => {
    await done(run(['account', 'add', 'anna', '--password-stdin'], 'secret\n'));
    const path = maildir(3);
    writeFileSync(join(path, 'cur', '1700000000.nul:2,'), 'Subject: 4\n\n\0\n');
    symlinkSync('/etc/hostname', join(path, 'cur', '1700000001.link'));
    mkdirSync(join(path, '.Sent'));
    const dry = await done(run(['import', 'anna', '--maildir', path, '--dry-run']), 3);
    assert.match(dry, /^would be taken +3$/m);
    const report = await done(run(['import', 'anna', '--maildir', path]), 3);
    assert.match(report, /^taken +3\noctets +\d+\nthere already +0\ncould not be taken +2\nseconds +\d+\.\d\n/);
    assert.match(report, /nul:2, +a NUL octet stands in it, .* --eml$/m);
    assert.match(report, /link +it is a symbolic link/);
    assert.match(report, /\.Sent +a folder beside the INBOX/);
    const again = JSON.parse(await done(run(['import', 'anna', '--maildir', path, '--json']), 3));
    assert.deepEqual([again.taken, again.already, again.refusedLetters, again.dryRun], [0, 3, 2, false]);
    const { letters } = JSON.parse(await done(run(['account', 'show', 'anna', '--json'])));
    assert.equal(letters, 3);
  });

  test('out and in again: octets, order, unique-ids', async () => {
    const folder = temporaryFolder();
    const [path, list] = [join(folder, 'out'), join(folder, 'list')];
    await done(run(['export', 'anna', '--maildir', path, '--uidl', list]));
    await done(run(['account', 'add', 'carla', '--generate']));
    const report = await done(run(['import', 'carla', '--maildir', path, '--uidl', list]));
    assert.match(report, /^unique-ids +3 of 3 match$/m);
    await done(run(['export', 'carla', '--mbox', join(folder, 'mbox'), '--uidl', join(folder, 'other')]));
    const ids = (file: string) =>
      readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((row) => row.split(' ')[1]);
    assert.deepEqual(ids(join(folder, 'other')), ids(list));
    for (const words of [
      ['--maildir', path],
      ['--mbox', join(folder, 'mbox')],
    ]) {
      const refused = await run(['export', 'carla', ...words]);
      assert.equal(refused.status, 1);
      assert.match(refused.stderr, /is there already: nothing is ever written over/);
    }
    assert.deepEqual(readdirSync(folder).sort(), ['list', 'mbox', 'other', 'out']);
  });

  test('what is wrong is said before anything begins', async () => {
    for (const [words, status, said] of [
      [['import', 'anna'], 2, /say where the letters are/],
      [['import', 'anna', '--mbox', 'a', '--maildir', 'b'], 2, /one of them/],
      [['import', 'anna', '--eml', 'a', '--again', '--uidl', 'x-uidl'], 2, /--again gives new unique-ids/],
      [['import', 'anna', '--eml', 'a', '--uidl', 'dovecot'], 2, /goes with --maildir/],
      [['import', 'nobody', '--maildir', maildir(0)], 1, /there is no account nobody/],
      [['import', 'anna', '--maildir', '/nonexistent'], 1, /is no Maildir/],
      [['import', 'anna', '--mbox', '/nonexistent'], 1, /it is not there/],
      [['import', 'anna', '--maildir', maildir(0), '--uidl', '/nonexistent'], 1, /there is no list of unique-ids/],
      [['export', 'anna'], 2, /say where the letters go/],
      [['export', 'nobody', '--mbox', 'x'], 1, /there is no account nobody/],
      [['export', 'anna', '--mbox', '/nonexistent/x'], 1, /cannot be written: no such file or directory/],
    ] as const) {
      const result = await run(words);
      assert.equal(result.status, status, words.join(' '));
      assert.match(result.stderr, said);
    }
  });
}

describe('closed', () => {
  const data = join(temporaryFolder(), 'data');
  verbs((words, input) => runVerb([...words, '--data', data], input));
});

describe('open', () => {
  let office: RunningOffice | undefined;
  test('opens', async () => {
    office = await RunningOffice.start();
  });
  verbs((words, input) => (office as RunningOffice).verb(words, input));
  test('closes', () => office?.close());
});

const MANY = 4_000;

test('an import that is killed is repeated: all is there, in order, nothing twice', async (t) => {
  const path = maildir(MANY);
  const office = await RunningOffice.start();
  t.after(() => office.close());
  await office.addAccount('anna', 'secret');
  const words = ['import', 'anna', '--maildir', path, '--data', office.data];
  for (let kill = 0; kill < 2; kill += 1) {
    const verb = begin(words);
    const end = ended(verb);
    const office2 = await connectOffice(office.data);
    const before = (await office2?.showAccount({ name: 'anna' }))?.letters ?? 0;
    await until(async () => ((await office2?.showAccount({ name: 'anna' }))?.letters ?? 0) > before);
    await office2?.close();
    verb.kill('SIGKILL');
    await end;
  }
  const partly = await fetched(office);
  assert.ok(partly.length > 0 && partly.length < MANY, `${partly.length} of ${MANY}`);
  assert.deepEqual(partly, subjects(partly.length));
  const report = JSON.parse(await done(office.verb(['import', 'anna', '--maildir', path, '--json'])));
  assert.equal(report.already + report.taken, MANY);
  assert.deepEqual(await fetched(office), subjects(MANY));
});

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
  test(`an office that ends by ${signal} in the middle: the import says so, and is repeated`, async (t) => {
    const path = maildir(MANY);
    const data = temporaryFolder();
    const office = await RunningOffice.start({ data });
    await office.addAccount('anna', 'secret');
    const verb = begin(['import', 'anna', '--maildir', path, '--data', data]);
    const end = ended(verb);
    await begun(data);
    process.kill(office.pid, signal);
    const { status, stderr } = await end;
    assert.equal(status, 1, stderr);
    assert.match(stderr, /^restante: it ended before the last letter: the office closed in the middle; .* repeat/m);
    const next = await RunningOffice.start({ data });
    t.after(() => next.close());
    const there = await fetched(next);
    assert.ok(there.length > 0 && there.length < MANY, `${there.length} of ${MANY}`);
    assert.deepEqual(there, subjects(there.length));
    await done(next.verb(['import', 'anna', '--maildir', path]));
    assert.deepEqual(await fetched(next), subjects(MANY));
  });
}

test('an import into an office that is closed, killed in the middle: repeated, all is there once', async (t) => {
  const path = maildir(MANY);
  const data = join(temporaryFolder(), 'data');
  await done(runVerb(['account', 'add', 'anna', '--password-stdin', '--data', data], 'secret\n'));
  const verb = begin(['import', 'anna', '--maildir', path, '--data', data]);
  const end = ended(verb);
  const { letters } = dataFolder(data);
  const stored = () =>
    existsSync(letters) && readdirSync(letters).some((name) => statSync(join(letters, name)).size > 10_000);
  await until(stored);
  verb.kill('SIGKILL');
  await end;
  await done(runVerb(['import', 'anna', '--maildir', path, '--data', data]));
  const office = await RunningOffice.start({ data });
  t.after(() => office.close());
  assert.deepEqual(await fetched(office), subjects(MANY));
});

test('an export that is killed leaves nothing under the name that was asked for', async (t) => {
  const office = await RunningOffice.start();
  t.after(() => office.close());
  await office.addAccount('anna', 'secret');
  await done(office.verb(['import', 'anna', '--maildir', maildir(MANY)]));
  const folder = temporaryFolder();
  const verb = begin(['export', 'anna', '--maildir', join(folder, 'out'), '--data', office.data]);
  const end = ended(verb);
  await until(() => readdirSync(folder).some((name) => existsSync(join(folder, name, 'new'))));
  verb.kill('SIGKILL');
  await end;
  assert.match(readdirSync(folder).join(), /^out\.part-[0-9a-f]{8}$/);
  await done(office.verb(['export', 'anna', '--maildir', join(folder, 'out')]));
  assert.equal(readdirSync(join(folder, 'out', 'new')).length, MANY);
});

test('on a terminal a line says how far it is; nothing of it with --json, or where there is no terminal', {
  skip: process.platform !== 'linux' && 'needs the script command of util-linux',
}, async (t) => {
  const office = await RunningOffice.start();
  t.after(() => office.close());
  await office.addAccount('anna', 'secret');
  const path = maildir(2_000);
  const onTerminal = async (...more: readonly string[]): Promise<string> => {
    const words = [process.execPath, MAIN, 'import', 'anna', '--maildir', path, '--data', office.data, ...more];
    const child = spawn('script', ['-qec', words.map((word) => `'${word}'`).join(' '), '/dev/null'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await once(child, 'close');
    return said;
  };
  const said = await onTerminal();
  assert.match(said, /\r\[#*-*\] +\d+ % {2}[\d,]+ letters/);
  assert.match(said.split('\r\u001b[K').at(-1) ?? '', /^taken +2,000\r\n/, 'and the line is gone before the report');
  assert.ok(!(await onTerminal('--json')).includes('['.concat('#')));
  assert.equal((await office.verb(['import', 'anna', '--maildir', path])).stderr, '');
});
