import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Spool, type SpooledLetter } from './spool.ts';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'restante-spool-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

async function octetsOf(letter: SpooledLetter): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of letter.read()) pieces.push(piece);
  return Buffer.concat(pieces).toString('latin1');
}

test('a small letter waits in memory, and nothing is made for it', async (t) => {
  const spool = new Spool(join(folder(t), 'spool'));
  const letter = spool.take();
  const octets = Buffer.from('hello ');
  await letter.write(octets);
  octets.fill('!');
  await letter.write(Buffer.from('there'));
  assert.equal(await octetsOf(letter), 'hello there');
  assert.equal(await octetsOf(letter), 'hello there');
  assert.equal(letter.octets, 11);
  await letter.close();
  await letter.close();
});

test('what is larger, or too many at once, lies in files that have no name, in a folder for its owner', async (t) => {
  const path = join(folder(t), 'deep', 'spool');
  const spool = new Spool(path, { letter: 10, all: 15 });
  const [one, two, three] = [spool.take(), spool.take(), spool.take()];
  await one.write(Buffer.from('12345'));
  assert.equal(existsSync(path), false);
  await two.write(Buffer.from('abcdefghij'));
  await three.write(Buffer.from('.'));
  assert.equal(statSync(path).mode & 0o777, 0o700);
  await one.write(Buffer.from('678901'));
  assert.equal(await octetsOf(one), '12345678901');
  assert.equal(await octetsOf(two), 'abcdefghij');
  assert.equal(await octetsOf(three), '.');
  await three.write(Buffer.alloc(200_000, 'x'));
  assert.equal((await octetsOf(three)).length, 200_001);
  assert.deepEqual(readdirSync(path), []);
  // Room that was given back is there for others.
  await two.close();
  const four = spool.take();
  await four.write(Buffer.from('0123456789'));
  assert.equal(await octetsOf(four), '0123456789');
  await spool.close();
  await assert.rejects(octetsOf(four), /does not wait any more/);
});

test('another program reads it from its beginning, however it was written', async (t) => {
  const spool = new Spool(join(folder(t), 'spool'), { letter: 4, all: 100 });
  for (const pieces of [['abc'], ['abc', 'defg', 'h'], []]) {
    const letter = spool.take();
    for (const piece of pieces) await letter.write(Buffer.from(piece));
    await octetsOf(letter);
    const descriptor = await letter.descriptor();
    const read = execFileSync('cat', { stdio: [descriptor, 'pipe', 'inherit'] });
    assert.equal(read.toString(), pieces.join(''));
    await letter.close();
  }
});

test('a folder that cannot be written is said, and nothing of the letter is left', async (t) => {
  const place = folder(t);
  writeFileSync(join(place, 'file'), '');
  const spool = new Spool(join(place, 'file', 'spool'), { letter: 4, all: 100 });
  const letter = spool.take();
  await letter.write(Buffer.from('1234'));
  await assert.rejects(async () => letter.write(Buffer.from('5')), {
    name: 'Failure',
    message: /spool cannot be written: /,
  });
  await assert.rejects(octetsOf(letter), /does not wait any more/);
});
