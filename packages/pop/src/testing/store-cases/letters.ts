import assert from 'node:assert/strict';
import type { StoreCase } from '../store-conformance.ts';
import { oddLetters } from './odd-letters.ts';
import { deliver, entriesOf, envelopeTo, find, inWords, place, placed, readFrom, to } from './steps.ts';

const trace = Buffer.from('Return-Path: <sender@example.org>\r\nDelivered-To: two\r\n');

/** What a letter looks like once it is there: its octets, its size, where its body begins, whether it has dots to stuff. */
export const letterCases: readonly StoreCase[] = [
  {
    name: 'a letter comes back octet for octet, below its trace fields (SM-23, SM-25, SM-43)',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      await addMaildrop('two');
      for (const { content } of oddLetters) await deliver(store, [to('one'), to('two', trace)], content);
      const [one, two] = [await find(store, 'one'), await find(store, 'two')];
      assert.equal(one.count, oddLetters.length);
      assert.equal(two.count, oddLetters.length);
      oddLetters.forEach(({ name, content }, index) => {
        assert.equal(one.letters[index], inWords(content), name);
        assert.equal(two.letters[index], inWords(Buffer.concat([trace, content])), `${name}, with trace fields`);
      });
    },
  },
  {
    name: 'octets are exact, in the answer to commit and in the entry (P3-44)',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      await addMaildrop('two');
      for (const { name, content } of oddLetters) {
        const answers = await deliver(store, [to('one'), to('two', trace)], content);
        assert.deepEqual(
          answers.map((answer) => placed(answer).octets),
          [content.length, trace.length + content.length],
          name,
        );
      }
      for (const [maildropName, more] of [
        ['one', 0],
        ['two', trace.length],
      ] as const) {
        const maildrop = await store.openMaildrop(maildropName);
        const octets = (await entriesOf(maildrop)).map((entry) => entry.octets);
        assert.deepEqual(
          octets,
          oddLetters.map(({ content }) => content.length + more),
        );
        maildrop.close();
      }
    },
  },
  {
    name: 'the body begins behind the first blank line, or at the end when there is none (P3-51)',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      await addMaildrop('two');
      for (const { content } of oddLetters) await deliver(store, [to('one'), to('two', trace)], content);
      for (const [maildropName, more] of [
        ['one', 0],
        ['two', trace.length],
      ] as const) {
        const maildrop = await store.openMaildrop(maildropName);
        const entries = await entriesOf(maildrop);
        oddLetters.forEach(({ name, body }, index) => {
          assert.equal(entries[index]?.body, body + more, name);
        });
        maildrop.close();
      }
    },
  },
  {
    name: 'dotted says whether any line begins with a dot (P3-46)',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      await addMaildrop('two');
      for (const { content } of oddLetters) await deliver(store, [to('one'), to('two', trace)], content);
      for (const maildropName of ['one', 'two']) {
        const maildrop = await store.openMaildrop(maildropName);
        const entries = await entriesOf(maildrop);
        oddLetters.forEach(({ name, dotted }, index) => {
          assert.equal(entries[index]?.dotted, dotted, name);
        });
        maildrop.close();
      }
    },
  },
  {
    name: 'it makes no difference where the writes are cut',
    async run({ store, addMaildrop }) {
      await addMaildrop('cut');
      const cuts = oddLetters.flatMap((letter) => {
        const pieces = letter.content.length < 1_000 ? [1, 2, 3, 5] : [997, 65_535, 65_537];
        return pieces.map((piece) => ({ ...letter, piece }));
      });
      for (const { content, piece } of cuts) placed((await deliver(store, [to('cut')], content, piece))[0]);
      const maildrop = await store.openMaildrop('cut');
      const entries = await entriesOf(maildrop);
      assert.equal(entries.length, cuts.length);
      for (const [index, entry] of entries.entries()) {
        const { name, piece, content, body, dotted } = cuts[index] ?? assert.fail();
        const { number, uniqueId } = entry;
        assert.deepEqual(entry, { number, uniqueId, octets: content.length, body, dotted }, `${name}, by ${piece}`);
        assert.ok((await readFrom(maildrop, entry)).equals(content), `${name}, by ${piece}`);
      }
      maildrop.close();
    },
  },
  {
    name: 'a letter can be read from any offset, and from the same one again',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      for (const { content } of oddLetters) await place(store, 'one', content, trace);
      const maildrop = await store.openMaildrop('one');
      for (const entry of await entriesOf(maildrop)) {
        const { name, content } = oddLetters[entry.number - 1] ?? assert.fail();
        const whole = Buffer.concat([trace, content]);
        for (const from of offsetsOf(trace.length, entry.body, entry.octets)) {
          for (const time of ['first', 'second']) {
            const read = await readFrom(maildrop, entry, from);
            assert.ok(read.equals(whole.subarray(from)), `${name}, from ${from}, the ${time} time`);
          }
        }
      }
      maildrop.close();
    },
  },
  {
    name: 'what was given to write belongs to the caller again afterwards',
    async run({ store, addMaildrop }) {
      await addMaildrop('one');
      const delivery = store.beginDelivery(envelopeTo(to('one')));
      const piece = Buffer.from('A: b\r\n\r\nx\r\n');
      await delivery.write(piece);
      piece.fill(0x2e);
      placed(await delivery.commit()[0]);
      assert.equal((await find(store, 'one')).letters[0], 'A: b\r\n\r\nx\r\n');
    },
  },
];

/** Offsets at and around every place where a letter may be put together from parts. */
function offsetsOf(...places: readonly number[]): ReadonlySet<number> {
  const last = Math.max(...places);
  const around = [0, 65_536, 1_048_576, Math.floor(last / 3), ...places].flatMap((place) => [
    place - 1,
    place,
    place + 1,
  ]);
  return new Set(around.filter((offset) => offset >= 0 && offset <= last));
}
