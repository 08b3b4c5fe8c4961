import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { MODES } from '../connection.ts';
import { RunningOffice, runVerb, temporaryFolder } from '../running-office.ts';
import { belowTrace } from '../trace-fields.ts';
import { type Fetched, Mailbox } from './mailbox.ts';
import { defect, type RealLetter, realLetters } from './spam-assassin.ts';
import { topOf } from './top.ts';

const PASSWORD = 'real letters, all of them';

suite('real mail', () => {
  const letters = realLetters();
  const sound = letters.filter((letter) => defect(letter) === undefined);
  let office: RunningOffice;
  let archive: Mailbox;
  let uniqueIds: readonly string[];

  before(async () => {
    office = await RunningOffice.start();
    await office.addAccount('archive', PASSWORD);
    await office.addAccount('traffic', PASSWORD);
    archive = new Mailbox(office, 'archive', PASSWORD);
  });
  after(() => office.close());

  test('6,046 letters by LMTP: each is delivered, or refused for a reason', async (t) => {
    assert.equal(letters.length, 6046);
    const started = performance.now();
    const replies = await archive.take(
      letters.map(({ octets }) => octets),
      16,
    );
    const seconds = (performance.now() - started) / 1000;

    const refused = letters.flatMap((letter, index) =>
      replies[index]?.code === 250 ? [] : [{ letter, reply: replies[index] }],
    );
    for (const { letter, reply } of refused) {
      t.diagnostic(`refused: ${letter.name} has ${defect(letter)}: ${reply?.code} ${reply?.text}`);
      const [code, enhanced] = defect(letter) === 'NUL' ? [554, '5.6.0'] : [550, '5.5.2']; // SM-24, SM-21
      assert.equal(reply?.code, code);
      assert.ok(reply?.text.startsWith(`${enhanced} `), reply?.text);
    }
    assert.deepEqual(
      refused.map(({ letter }) => letter.name),
      letters.filter((letter) => defect(letter) !== undefined).map(({ name }) => name),
      'refused are those with a bare CR or NUL, and no other (SM-21, SM-24)',
    );
    t.diagnostic(
      `${sound.length} delivered + ${refused.length} refused = ${letters.length}; ${Math.round(letters.length / seconds)} letters/s`,
    );
  });

  test('they come back octet for octet below the trace fields, and LIST, STAT and TOP agree with RETR', async (t) => {
    const client = await archive.open('plain');
    const { count, octets } = await client.stat();
    await client.quit();
    assert.equal(count, sound.length);

    const started = performance.now();
    const [first, ...others] = await Promise.all(MODES.map((mode) => archive.fetchAll(mode)));
    const seconds = (performance.now() - started) / 1000;
    assert.ok(first);
    for (const fetched of [first, ...others]) {
      sameLetters(fetched, sound);
      assert.equal(
        fetched.reduce((sum, { listed }) => sum + listed, 0),
        octets,
      );
      assert.deepEqual(
        fetched.map(({ uniqueId }) => uniqueId),
        first.map(({ uniqueId }) => uniqueId),
      );
    }
    uniqueIds = first.map(({ uniqueId }) => uniqueId);
    t.diagnostic(
      `${count} letters, ${octets} octets, fetched in ${MODES.join(', ')} at once: ${Math.round((count * MODES.length) / seconds)} letters/s`,
    );

    await sameTops(archive, first);
  });

  test('unique-ids stay over sessions and a restart (P3-55)', async () => {
    assert.deepEqual(await archive.uniqueIds(), uniqueIds);
    await office.stop();
    office = await RunningOffice.start({ data: office.data });
    archive = new Mailbox(office, 'archive', PASSWORD);
    assert.deepEqual(await archive.uniqueIds(), uniqueIds);
    sameLetters(await archive.fetchAll('plain'), sound);
  });

  test('a backup made while mail flows, restored into another data folder, holds them all with their unique-ids', async (t) => {
    const backup = join(temporaryFolder(), 'backup');
    const traffic = new Mailbox(office, 'traffic', PASSWORD);
    const flow = new Flow(traffic, sound);
    await flow.reached(50);
    const before = flow.delivered;
    const saved = await office.verb(['backup', backup]);
    const during = flow.delivered - before;
    await flow.stop();
    assert.equal(saved.status, 0, saved.stderr);

    const data = join(temporaryFolder(), 'restored');
    const restored = await runVerb(['restore', backup, '--data', data]);
    assert.equal(restored.status, 0, restored.stderr);
    const elsewhere = await RunningOffice.start({ data });
    try {
      const again = new Mailbox(elsewhere, 'archive', PASSWORD);
      assert.deepEqual(await again.uniqueIds(), uniqueIds);
      sameLetters(await again.fetchAll('TLS'), sound);

      // What had its 250 before the backup began is in it; what is in it is whole, and has the unique-id that it has here.
      const kept = await new Mailbox(elsewhere, 'traffic', PASSWORD).fetchAll('plain');
      assert.ok(kept.length >= before, `${before} letters had their 250, ${kept.length} are in the backup`);
      sameLetters(kept, flow.sent.slice(0, kept.length));
      assert.deepEqual(
        kept.map(({ uniqueId }) => uniqueId),
        (await traffic.uniqueIds()).slice(0, kept.length),
      );
      t.diagnostic(`${before} letters before, ${during} more while the backup was made, ${kept.length} of them in it`);
    } finally {
      await elsewhere.close();
    }
  });

  test('a session deletes every other letter: the rest stay, as they were (P3-62)', async () => {
    const client = await archive.open('TLS');
    const odd = uniqueIds.map((_, index) => index + 1).filter((number) => number % 2 === 1);
    for await (const { text } of client.pipelined(odd.map((number) => `DELE ${number}`)))
      assert.equal(typeof text, 'string');
    assert.equal((await client.stat()).count, uniqueIds.length - odd.length);
    await client.quit();
    const left = await archive.fetchAll('plain');
    assert.deepEqual(
      left.map(({ uniqueId }) => uniqueId),
      uniqueIds.filter((_, index) => index % 2 === 1),
    );
    exact(left);
  });

  test('the same letter once more is another letter: it has a unique-id of its own (P3-56)', async () => {
    const [letter] = sound;
    assert.ok(letter);
    const before = await archive.uniqueIds();
    await archive.take([letter.octets, letter.octets, letter.octets]);
    const now = await archive.uniqueIds();
    assert.deepEqual(now.slice(0, before.length), before);
    const added = now.slice(before.length);
    assert.equal(new Set([...uniqueIds, ...added]).size, uniqueIds.length + 3, 'no unique-id was ever given before');
    const fetched = (await archive.fetchAll('plain')).slice(before.length);
    for (const { octets } of fetched) assert.ok(belowTrace(octets).equals(letter.octets));
  });
});

/** Mail that goes on arriving, one letter after the other, until it is stopped. */
class Flow {
  /** Letters sent, in order. */
  readonly sent: RealLetter[] = [];
  /** How many of them had their 250. */
  delivered = 0;
  readonly #ended: Promise<void>;
  #stopped = false;
  #wanted = Number.POSITIVE_INFINITY;
  #reached: () => void = () => undefined;

  constructor(mailbox: Mailbox, letters: readonly RealLetter[]) {
    this.#ended = this.#run(mailbox, letters);
  }

  async reached(count: number): Promise<void> {
    const enough = new Promise<void>((resolve) => {
      this.#reached = resolve;
    });
    this.#wanted = count;
    await Promise.race([enough, this.#ended]);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#ended;
  }

  async #run(mailbox: Mailbox, letters: readonly RealLetter[]): Promise<void> {
    for (let next = 0; !this.#stopped; next = (next + 1) % letters.length) {
      const letter = letters[next];
      if (!letter) throw new Error('there are no letters');
      this.sent.push(letter);
      const [reply] = await mailbox.take([letter.octets]);
      assert.equal(reply?.code, 250);
      this.delivered += 1;
      if (this.delivered >= this.#wanted) this.#reached();
    }
  }
}

/** Exactly the letters that were sent came, each as it was sent, in whatever order; and LIST told their octets (P3-44). */
function sameLetters(fetched: readonly Fetched[], sent: readonly RealLetter[]): void {
  exact(fetched);
  const digests = (each: readonly Buffer[]) =>
    each.map((octets) => createHash('sha256').update(octets).digest('hex')).sort();
  assert.deepEqual(digests(fetched.map(({ octets }) => belowTrace(octets))), digests(sent.map(({ octets }) => octets)));
}

function exact(fetched: readonly Fetched[]): void {
  for (const { number, listed, octets } of fetched)
    assert.equal(octets.length, listed, `LIST is wrong about letter ${number}`);
}

/** TOP 0 and TOP 10 show the beginning of what RETR brings, for every letter (P3-51). */
async function sameTops(mailbox: Mailbox, fetched: readonly Fetched[]): Promise<void> {
  const client = await mailbox.open('plain');
  const replies = client.pipelined(fetched.flatMap(({ number }) => [`TOP ${number} 0`, `TOP ${number} 10`]));
  for (const { number, octets } of fetched) {
    for (const lines of [0, 10]) {
      const { value } = await replies.next();
      assert.ok(
        value?.octets.equals(topOf(octets, lines)),
        `TOP ${number} ${lines} is not what RETR ${number} begins with`,
      );
    }
  }
  await client.quit();
}
