import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { canonical, TrialOffice } from './account.test-support.ts';
import { type DestinationUnderTest, destinationConformance } from './conformance.test.kit.ts';
import { incoming, stage, typeOf } from './conformance-letters.test.kit.ts';
import type { Destination, IncomingLetter, Placing, Stage, StagedLetter, UnsettledLetter } from './destination.ts';
import { recordOf } from './dying.test.kit.ts';
import { maildirUnderTest } from './maildir.test.kit.ts';
import { type FoundRoute, openDestination, parseSorting } from './open.ts';

const HEADER = Buffer.from('Delivered-To: anna@example.org\r\n');

/** Writes on each letter, in front, whom it is for; so that the kit's letters can be sorted. */
class Addressed implements Destination {
  readonly #inner: Destination;
  /** SHA-256 of what the kit knows, and of what came. */
  readonly #digests: Map<string, string>;
  readonly name: string;
  readonly promise: Destination['promise'];

  constructor(inner: Destination, digests: Map<string, string>) {
    this.#inner = inner;
    this.#digests = digests;
    this.name = inner.name;
    this.promise = inner.promise;
  }

  stage(letter: IncomingLetter): Stage {
    const stage = this.#inner.stage(letter);
    const [known, came] = [createHash('sha256'), createHash('sha256').update(HEADER)];
    let begun = false;
    const begin = async () => {
      if (!begun) await stage.write(HEADER);
      begun = true;
    };
    return {
      write: async (octets) => {
        await begin();
        known.update(octets);
        came.update(octets);
        await stage.write(octets);
      },
      end: async () => {
        await begin();
        const end = await stage.end();
        this.#digests.set(known.digest('hex'), came.digest('hex'));
        return end.type === 'staged' ? { ...end, octets: end.octets - HEADER.length } : end;
      },
      abandon: () => stage.abandon(),
    };
  }

  prepare(letters: readonly StagedLetter[]) {
    return this.#inner.prepare(letters);
  }

  place(letters: readonly StagedLetter[]) {
    return this.#inner.place(letters);
  }

  settle(letters: readonly UnsettledLetter[]) {
    return this.#inner.settle(
      letters.map((letter) => ({
        ...letter,
        octets: letter.octets + HEADER.length,
        sha256: this.#digests.get(letter.sha256) ?? letter.sha256,
      })),
    );
  }

  close() {
    return this.#inner.close();
  }
}

/** A list that leads everybody to one Maildir. */
function sortedMaildir(): DestinationUnderTest {
  const inner = maildirUnderTest();
  const folder = mkdtempSync(join(tmpdir(), 'restante-sorted-'));
  const digests = new Map<string, string>();
  return {
    open: async () => {
      const { name } = await inner.open();
      const spec = parseSorting({ header: 'Delivered-To', to: { 'anna@example.org': name } });
      assert.ok(spec.type === 'sorted');
      const sorted = await openDestination(spec, { spool: folder, openIntake: none, findRoute: none });
      return new Addressed(sorted, digests);
    },
    letters: async () => (await inner.letters()).map((letter) => letter.subarray(HEADER.length)),
    leftovers: async () => [...(await inner.leftovers()), ...readdirSync(folder)],
    close: async () => {
      await inner.close();
      rmSync(folder, { recursive: true });
    },
    ...(inner.reader && { reader: inner.reader }),
    ...(inner.breaks && { breaks: inner.breaks }),
  };
}

function none(): never {
  throw new Error('nobody asks for that');
}

destinationConformance('a sorted maildrop', sortedMaildir, {
  promise: 'exactly-once',
  has: ['prepared', 'reader', 'breaks'],
});

const ROUTES: Readonly<Record<string, FoundRoute>> = {
  'anna@example.org': { result: 'maildrops', accounts: ['anna'] },
  'info@example.org': { result: 'maildrops', accounts: ['anna', 'bert'] },
  'gone@example.org': { result: 'disabled', accounts: [] },
  'a@elsewhere.example': { result: 'not-served', accounts: [] },
  'broken@example.org': { result: 'unavailable', accounts: [], reason: 'the disk is on fire' },
  'lost@example.org': { result: 'maildrops', accounts: ['nobody'] },
};

/** By the office's routes, into accounts anna and bert. */
async function toAccounts(t: TestContext, prefix = '') {
  const office = await TrialOffice.start('anna', 'bert');
  t.after(() => office.close());
  const spec = parseSorting({ header: 'Delivered-To', prefix, to: 'accounts' });
  assert.ok(spec.type === 'sorted');
  const open = () =>
    openDestination(spec, {
      spool: office.spool,
      openIntake: (name) => office.openIntake(name),
      findRoute: async (address) => ROUTES[address.toLowerCase()] ?? { result: 'unknown-user', accounts: [] },
    });
  return { office, open };
}

function letter(key: string, text: string) {
  return { letter: incoming(key), octets: Buffer.from(text, 'latin1') };
}

async function heldFor(destination: Destination, text: string): Promise<string> {
  const one = destination.stage(incoming('held'));
  for (const octet of Buffer.from(text, 'latin1')) await one.write(Buffer.from([octet]));
  const end = await one.end();
  assert.equal(end.type, 'held', text);
  return end.type === 'held' ? end.why : '';
}

test('each letter goes where the address leads, wherever its octets are cut, and its place says where', async (t) => {
  const { office, open } = await toAccounts(t);
  const destination = await open();
  assert.equal(destination.promise, 'exactly-once');
  const texts = [
    'Delivered-To: anna@example.org\r\nA: b\r\n\r\nDelivered-To: info@example.org\r\n',
    'X: y\r\nDELIVERED-TO:\r\n <Anna@Example.ORG>\r\n\r\n',
    'Delivered-To: anna@example.org',
    `Delivered-To: anna@example.org\r\nX: ${'x'.repeat(300_000)}\r\n\r\nlong\r\n`,
  ];
  const staged: StagedLetter[] = [];
  for (const [index, text] of texts.entries()) {
    const cuts = text.length < 1_000 ? [...Array(text.length).keys()] : [10, 100_000];
    staged.push(await stage(destination, letter(`${index}`, text), cuts));
  }
  await destination.prepare(staged);
  const placings = await destination.place(staged);
  for (const placing of placings)
    assert.match(placing.type === 'placed' ? placing.place : '', /^\[\["account:anna","account:anna \S+"\]\]$/);
  await destination.close();
  assert.deepEqual(
    await office.letters('anna'),
    texts.map((text) => canonical(Buffer.from(text))),
  );
  assert.deepEqual(await office.letters('bert'), []);
});

test('the topmost field counts, which the server has written last', async (t) => {
  const { office, open } = await toAccounts(t);
  const destination = await open();
  const text = 'Delivered-To: anna@example.org\r\nDelivered-To: info@example.org\r\n\r\n';
  await destination.place([await stage(destination, letter('1', text))]);
  await destination.close();
  assert.deepEqual([(await office.letters('anna')).length, (await office.letters('bert')).length], [1, 0]);
});

test('what says of nobody whom it is for is held, with what to do, and nothing is left of it', async (t) => {
  const { office, open } = await toAccounts(t);
  const destination = await open();
  const why = (text: string) => heldFor(destination, text);
  assert.match(await why('To: anna@example.org\r\nCc: info@example.org\r\n\r\n'), /no field Delivered-To .*--retry/);
  assert.match(await why(''), /no field Delivered-To/);
  assert.match(await why('Subject: x\rDelivered-To: anna@example.org\r\n\r\n'), /no field Delivered-To/);
  assert.match(await why('Delivered-To: Anna\x1b[31m\r\n\r\n'), /is no address: "Anna\\u001b\[31m"/);
  assert.match(await why('Delivered-To: \xff@example.org\r\n\r\n'), /is no address/);
  assert.match(
    await why('Delivered-To: nobody@example.org\r\n\r\n'),
    /nobody@example\.org, which leads to nobody: .*alias add/,
  );
  assert.match(await why('Delivered-To: gone@example.org\r\n\r\n'), /disabled/);
  assert.match(await why('Delivered-To: a@elsewhere.example\r\n\r\n'), /a domain that is not ours/);
  assert.match(
    await why('Delivered-To: anna@example.org, nobody@example.org\r\n\r\n'),
    /nobody@example\.org/,
    'all or none',
  );
  await destination.close();
  assert.deepEqual([await office.letters('anna'), await office.letters('bert'), office.leftovers()], [[], [], []]);
});

test('where nobody can tell now, the office is to blame', async (t) => {
  const { open } = await toAccounts(t);
  const destination = await open();
  const one = destination.stage(incoming('1'));
  await assert.rejects(async () => {
    await one.write(Buffer.from('Delivered-To: broken@example.org\r\n\r\n'));
    await one.end();
  }, /^Failure: .*the disk is on fire/);
  await one.abandon();
  await destination.close();
});

test('one place that takes nothing keeps no letter from going elsewhere', async (t) => {
  const { office, open } = await toAccounts(t);
  const destination = await open();
  const staged = [
    await stage(destination, letter('1', 'Delivered-To: lost@example.org\r\n\r\n')),
    await stage(destination, letter('2', 'Delivered-To: anna@example.org\r\n\r\n')),
  ];
  const [lost, placed] = await destination.place(staged);
  assert.ok(lost?.type === 'refused' && lost.blame === 'place');
  assert.match(lost.why, /there is no account nobody/);
  assert.equal(placed?.type, 'placed');
  await destination.close();
  assert.equal((await office.letters('anna')).length, 1);
});

test('an address of several accounts: each has the letter, and each once, however often it comes', async (t) => {
  const { office, open } = await toAccounts(t);
  const text = 'Delivered-To: info@example.org\r\n\r\nto all\r\n';
  const dead = await open();
  const staged = await stage(dead, letter('1', text));
  const record = recordOf(staged, Buffer.from(text));
  assert.deepEqual((await dead.settle([record])).map(typeOf), ['not-there'], 'it is not placed yet');
  await dead.place([staged]);
  const destination = await open();
  const [settled] = await destination.settle([record]);
  assert.deepEqual(settled, {
    type: 'there',
    place: '[["account:anna","account:anna"],["account:bert","account:bert"]]',
  });
  await destination.place([await stage(destination, letter('1', text))]);
  await dead.close();
  await destination.close();
  const both = [await office.letters('anna'), await office.letters('bert')];
  assert.deepEqual(both, [[Buffer.from(text)], [Buffer.from(text)]]);
});

test('a prefix is left out (qmail)', async (t) => {
  const { office, open } = await toAccounts(t, 'example.org-');
  const destination = await open();
  await destination.place([
    await stage(destination, letter('1', 'Delivered-To: example.org-anna@example.org\r\n\r\n')),
  ]);
  await destination.close();
  assert.equal((await office.letters('anna')).length, 1);
});

/** By a list, in a folder of its own. */
function byList(t: TestContext, list: (folder: string) => Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'restante-sorted-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const spec = parseSorting({ header: 'Envelope-To', to: list(folder) });
  assert.ok(spec.type === 'sorted', spec.type === 'wrong' ? spec.message : '');
  const open = () => openDestination(spec, { spool: join(folder, 'spool'), openIntake: none, findRoute: none });
  const inFolder = (name: string) => {
    const path = join(folder, name, 'new');
    return existsSync(path) ? readdirSync(path).map((file) => readFileSync(join(path, file), 'latin1')) : [];
  };
  return { folder, open, inFolder };
}

async function placed(destination: Destination, ...texts: readonly string[]): Promise<readonly Placing[]> {
  const staged: StagedLetter[] = [];
  for (const text of texts) staged.push(await stage(destination, letter(text, text)));
  await destination.prepare(staged);
  return destination.place(staged);
}

test('a list leads addresses to places of any kind; what is not listed is held, unless the list says where to', async (t) => {
  const { folder, open, inFolder } = byList(t, (at) => ({
    'anna@example.org': `maildir:${at}/anna`,
    'bert@example.org': `command:cat > ${at}/$RESTANTE_RECIPIENT`,
  }));
  const destination = await open();
  assert.equal(destination.promise, 'at-least-once');
  const answers = await placed(
    destination,
    'Envelope-To: Anna@example.org\r\n\r\n',
    'Envelope-to: bert@example.org\r\n\r\n',
  );
  assert.deepEqual(answers.map(typeOf), ['placed', 'placed']);
  assert.match(
    await heldFor(destination, 'Envelope-To: info@example.org\r\n\r\n'),
    /info@example\.org, which is not listed/,
  );
  await destination.close();
  assert.deepEqual(inFolder('anna'), ['Envelope-To: Anna@example.org\n\n']);
  assert.equal(readFileSync(join(folder, 'bert@example.org'), 'latin1'), 'Envelope-to: bert@example.org\n\n');
  const others = byList(t, (at) => ({ 'anna@example.org': `maildir:${at}/anna`, '*': `maildir:${at}/others` }));
  const all = await others.open();
  assert.equal(all.promise, 'exactly-once');
  await placed(all, 'Envelope-To: info@example.org\r\n\r\n');
  await all.close();
  assert.deepEqual(others.inFolder('others'), ['Envelope-To: info@example.org\n\n']);
});

test('what one of two places has taken comes again for the other alone, though a reader has moved it on', async (t) => {
  const { folder, open, inFolder } = byList(t, (at) => ({
    'anna@example.org': `maildir:${at}/anna`,
    'bert@example.org': `command:test -e ${at}/mended`,
  }));
  const text = 'Envelope-To: anna@example.org, bert@example.org\r\n\r\n';
  const first = await open();
  const [refusal] = await placed(first, text);
  assert.ok(refusal?.type === 'refused' && refusal.blame === 'letter', 'the command said that it is the letter');
  await first.close();
  assert.equal(inFolder('anna').length, 1);
  rmSync(join(folder, 'anna'), { recursive: true });
  writeFileSync(join(folder, 'mended'), '');
  const second = await open();
  assert.deepEqual((await placed(second, text)).map(typeOf), ['placed']);
  await second.close();
  assert.deepEqual(inFolder('anna'), []);
  assert.deepEqual(readdirSync(join(folder, 'spool')), []);
});

test('a command or server gets nothing of a letter that another place has refused', async (t) => {
  const { folder, open } = byList(t, (at) => ({
    'anna@example.org': `maildir:${at}/none/anna`,
    'bert@example.org': `command:cat > ${at}/bert`,
  }));
  const destination = await open();
  const [refusal] = await placed(destination, 'Envelope-To: bert@example.org, anna@example.org\r\n\r\n');
  assert.ok(refusal?.type === 'refused' && refusal.blame === 'place');
  assert.match(refusal.why, /none.* is not there/);
  await destination.close();
  assert.equal(existsSync(join(folder, 'bert')), false);
});

test('a letter on its way to a place that is listed no more is not known, and one that is listed elsewhere is asked for there', async (t) => {
  const before = byList(t, (at) => ({ 'anna@example.org': `maildir:${at}/anna` }));
  const text = 'Envelope-To: anna@example.org\r\n\r\n';
  const dead = await before.open();
  const staged = await stage(dead, letter('1', text));
  await dead.prepare([staged]);
  const record = recordOf(staged, Buffer.from(text));
  const after = byList(t, (at) => ({ 'anna@example.org': `maildir:${at}/other` }));
  const destination = await after.open();
  const nowhere = { ...record, place: '[["imap:x","y"]]' };
  const settled = await destination.settle([record, nowhere, { ...record, place: 'new/x' }]);
  assert.deepEqual(settled.map(typeOf), ['there', 'not-known', 'not-there']);
  assert.deepEqual(before.inFolder('anna'), ['Envelope-To: anna@example.org\n\n']);
  await destination.close();
  await dead.close();
});

test('after a crash one place that cannot be asked keeps nobody else from his mail; when none can, nothing is settled', async (t) => {
  const { folder, open } = byList(t, (at) => ({
    'anna@example.org': `maildir:${at}/disk/anna`,
    'bert@example.org': `maildir:${at}/bert`,
  }));
  mkdirSync(join(folder, 'disk'));
  const texts = ['Envelope-To: anna@example.org\r\n\r\n', 'Envelope-To: bert@example.org\r\n\r\n'];
  const dead = await open();
  const staged: StagedLetter[] = [];
  for (const text of texts) staged.push(await stage(dead, letter(text, text)));
  await dead.prepare(staged);
  const records = staged.map((one, index) => recordOf(one, Buffer.from(texts[index] ?? '')));
  await dead.place(staged);
  rmSync(join(folder, 'disk'), { recursive: true });
  const destination = await open();
  assert.deepEqual((await destination.settle(records)).map(typeOf), ['not-known', 'there']);
  await assert.rejects(destination.settle(records.slice(0, 1)), { name: 'Failure' });
  await destination.close();
  await dead.close();
});
