import assert from 'node:assert/strict';
import { MODES } from '../connection.ts';
import { recogniseLetter } from '../oracle/letter.ts';
import { Pop3Client, Pop3Refusal } from '../pop3-client.ts';
import type { Resident, Town } from './town.ts';

/** What who leaves mail on the server has there, about. */
const LEFT = 150;

/** Somebody calls for mail, in one of the ways in which people's programs do. */
export async function call(town: Town): Promise<void> {
  const resident = town.one(town.residents);
  const way = town.random.below(100);
  if (way < 50) return poll(town, resident);
  if (way < 80) return resident.leaves ? leave(town, resident) : drain(town, resident);
  if (way < 88) return peek(town, resident);
  if (way < 96) return breakOff(town, resident);
  return guess(town, resident);
}

/** Only asks whether there is something. */
async function poll(town: Town, { name }: Resident): Promise<void> {
  const client = await town.open(town.one(MODES), name);
  const { count } = await client.stat();
  assert.equal((await client.list()).size, count, 'STAT and LIST say the same');
  await client.quit();
  town.count('polls');
}

/** Fetches everything and takes it away. */
async function drain(town: Town, { name }: Resident): Promise<void> {
  const client = await town.open(town.one(MODES), name);
  const listing = await client.uniqueIds();
  await fetch(town, client, name, listing);
  await remove(town, client, name, [...listing.entries()]);
  town.count('drains');
}

/** Fetches what it has not seen, and removes only the oldest. */
async function leave(town: Town, { name }: Resident): Promise<void> {
  const client = await town.open(town.one(MODES), name);
  const listing = await client.uniqueIds();
  await fetch(town, client, name, new Map([...listing].slice(-20)));
  await remove(town, client, name, [...listing].slice(0, Math.max(0, listing.size - LEFT)));
  town.count('sessions that leave mail there');
}

/** Looks at headers. */
async function peek(town: Town, { name }: Resident): Promise<void> {
  const client = await town.open('TLS', name);
  const sizes = [...(await client.list())].slice(-10);
  for (const [number, octets] of sizes)
    assert.ok((await client.top(number, 2)).length <= octets, 'TOP is no more than RETR');
  await client.quit();
  town.count('TOPs', sizes.length);
}

/** Marks letters and goes away in the middle: nothing is removed (P3-60). */
async function breakOff(town: Town, { name }: Resident): Promise<void> {
  const client = await town.open(town.one(MODES), name);
  const [number] = (await client.list()).keys();
  if (number !== undefined) {
    await client.delete(number);
    client.socket.write(`NOOP\r\nLIST\r\nRETR ${number + 1}\r\n`);
  }
  await client.drop();
  town.count('sessions broken off');
}

async function guess(town: Town, { name }: Resident): Promise<void> {
  const client = await Pop3Client.connect(town.place('plain'));
  await assert.rejects(client.login(name, 'not this one'), Pop3Refusal);
  await client.drop();
  town.count('wrong passwords');
}

/** A program that stays connected and says something now and then. */
export async function stay(town: Town): Promise<void> {
  const client = await town.open(town.one(MODES), town.one(town.residents).name);
  for (let left = town.random.below(6); left >= 0 && !town.over; left -= 1) {
    await town.linger(5_000);
    await client.command('NOOP');
  }
  await client.quit();
  town.count('idle sessions');
}

async function fetch(
  town: Town,
  client: Pop3Client,
  maildrop: string,
  listing: ReadonlyMap<number, string>,
): Promise<void> {
  const replies = client.pipelined([...listing.keys()].map((number) => `RETR ${number}`));
  for (const uniqueId of listing.values()) {
    const { value } = await replies.next();
    const { name, sha256 } = recogniseLetter(value?.octets ?? Buffer.alloc(0)) ?? { name: uniqueId, sha256: '' };
    town.record({ type: 'retrieved', maildrop, letter: name, uniqueId, sha256 });
    town.count('letters fetched');
  }
}

/** Those that it knows; +OK to QUIT is the promise that they are gone. */
async function remove(
  town: Town,
  client: Pop3Client,
  maildrop: string,
  listing: readonly (readonly [number: number, uniqueId: string])[],
): Promise<void> {
  const known = listing.flatMap(([number, uniqueId]) => {
    const letter = town.promises.letterOf(maildrop, uniqueId);
    return letter === undefined ? [] : [{ number, letter }];
  });
  const letters = known.map(({ letter }) => letter);
  if (letters.length > 0) town.record({ type: 'removing', maildrop, letters, at: Date.now() });
  for await (const _ of client.pipelined(known.map(({ number }) => `DELE ${number}`)));
  await client.quit();
  if (letters.length > 0) town.record({ type: 'removed', maildrop, letters });
  town.count('letters deleted', letters.length);
}
