import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { DestinationUnderTest } from './conformance.test.kit.ts';
import type { Destination, IncomingLetter, Placing, StagedLetter } from './destination.ts';
import type { SentLetter } from './dying.test.kit.ts';

/** Any two of them are different letters. */
export function sent(name: string, mailbox = 'anna@mail.example:995'): SentLetter {
  const text = `Message-ID: <${name}@mail.example>\r\nSubject: ${name}\r\n\r\nDear Anna,\r\n${name} of ${mailbox}\r\n`;
  return { letter: incoming(name, mailbox), octets: Buffer.from(text) };
}

export function incoming(key: string, mailbox = 'anna@mail.example:995'): IncomingLetter {
  return { mailbox, key, uniqueId: key, listed: Date.UTC(2026, 10, 24, 12, 0, 0, 250) };
}

/** So many letters, each with its own unique-id. */
export function several(count: number, name = 'letter', mailbox?: string): readonly SentLetter[] {
  return Array.from({ length: count }, (_, index) => sent(`${name}-${index + 1}`, mailbox));
}

/** Stages a letter, its octets cut at these places. */
export async function stage(
  destination: Destination,
  { letter, octets }: SentLetter,
  cuts: readonly number[] = [],
): Promise<StagedLetter> {
  const stage = destination.stage(letter);
  let from = 0;
  for (const to of [...cuts, octets.length]) {
    const piece = Buffer.from(octets.subarray(from, to));
    await stage.write(piece);
    // They are the caller's again.
    piece.fill('!');
    from = to;
  }
  const end = await stage.end();
  if (end.type !== 'staged') throw new Error(end.why);
  assert.equal(end.octets, octets.length);
  assert.deepEqual(end.letter, letter);
  return end;
}

/** Puts letters where they belong. */
export async function place(
  destination: Destination,
  letters: readonly SentLetter[],
): Promise<readonly StagedLetter[]> {
  const staged: StagedLetter[] = [];
  for (const letter of letters) staged.push(await stage(destination, letter));
  await destination.prepare(staged);
  const placings = await destination.place(staged);
  assert.deepEqual(
    placings.map(typeOf),
    letters.map(() => 'placed'),
  );
  return staged;
}

export function typeOf({ type }: { readonly type: string }): string {
  return type;
}

/** That none is refused by its own fault. */
export function assertBlameless(placings: readonly Placing[]): void {
  for (const placing of placings) {
    if (placing.type === 'placed') continue;
    assert.notEqual(placing.blame, 'letter');
    assert.ok(placing.why.length > 0);
  }
}

/** Whether a reader finds exactly these letters, each once. */
export async function assertThere(tested: DestinationUnderTest, letters: readonly SentLetter[]): Promise<void> {
  const arrives = tested.arrives?.bind(tested) ?? ((octets: Buffer) => octets);
  const expected = letters.map(({ octets }) => arrives(octets) ?? Buffer.from('a letter that is refused'));
  assert.deepEqual(digests(await tested.letters()), digests(expected));
}

/** Whether nothing is left that is no letter. */
export async function assertTidy(tested: DestinationUnderTest): Promise<void> {
  assert.deepEqual(await tested.leftovers(), []);
}

/** Short enough to be compared by eye, in one order. */
function digests(letters: readonly Buffer[]): readonly string[] {
  return letters.map((octets) => `${octets.length} octets: ${shorten(octets.toString('latin1'))}`).sort();
}

function shorten(text: string): string {
  if (text.length <= 400) return JSON.stringify(text);
  return `${JSON.stringify(text.slice(0, 100))} ${createHash('sha256').update(text, 'latin1').digest('hex')}`;
}
