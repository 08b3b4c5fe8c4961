import assert from 'node:assert/strict';
import { readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { folder } from '../../office.test.kit.ts';
import { type DataFolder, dataFolder, makeDataFolder, segmentPath } from './folder.ts';
import { SegmentGone, SegmentReader, SegmentShort } from './reader.ts';

test('octets are read from where they are; a missing segment and a short one are told apart', async (t) => {
  const { reader } = segments(t, 2);
  assert.equal(await text(reader, 1, 0, 9), 'segment 1');
  assert.equal(await text(reader, 2, 8, 1), '2');
  await assert.rejects(text(reader, 1, 5, 5), SegmentShort);
  await assert.rejects(text(reader, 3, 0, 1), SegmentGone);
});

test('no more files stay open than allowed, and those in use longest', async (t) => {
  const { data, reader } = segments(t, 10, 3);
  for (let round = 0; round < 3; round += 1) {
    const reads = Array.from({ length: 10 }, (_, index) => text(reader, index + 1, 0, 9));
    assert.deepEqual(
      await Promise.all(reads),
      Array.from({ length: 10 }, (_, index) => `segment ${index + 1}`.slice(0, 9)),
    );
    assert.ok(openFiles(data).length <= 3);
  }
  await text(reader, 1, 0, 9);
  await text(reader, 2, 0, 9);
  await text(reader, 3, 0, 9);
  await text(reader, 1, 0, 9);
  await text(reader, 4, 0, 9);
  assert.deepEqual(openFiles(data), [1, 3, 4].map((number) => segmentPath(data, number)).sort());
});

test('a segment that is dropped and removed while it is read is read to the end, and not held', async (t) => {
  const { data, reader } = segments(t, 1);
  const first = text(reader, 1, 0, 9);
  reader.drop(1);
  assert.equal(await first, 'segment 1');
  await text(reader, 1, 0, 9);
  const second = text(reader, 1, 0, 9);
  reader.drop(1);
  rmSync(segmentPath(data, 1));
  assert.equal(await second, 'segment 1');
  assert.deepEqual(openFiles(data), []);
  await assert.rejects(text(reader, 1, 0, 9), SegmentGone);
});

function segments(t: TestContext, count: number, limit = 10): { data: DataFolder; reader: SegmentReader } {
  const data = dataFolder(join(folder(t), 'data'));
  makeDataFolder(data);
  for (let number = 1; number <= count; number += 1) writeFileSync(segmentPath(data, number), `segment ${number}`);
  const reader = new SegmentReader(data, limit);
  t.after(() => reader.close());
  return { data, reader };
}

async function text(reader: SegmentReader, segment: number, offset: number, length: number): Promise<string> {
  const into = Buffer.alloc(length);
  await reader.read(segment, offset, into);
  return into.toString();
}

/** The segments of this folder that this process has open. */
function openFiles(data: DataFolder): string[] {
  return readdirSync('/proc/self/fd')
    .map((descriptor) => {
      try {
        return readlinkSync(`/proc/self/fd/${descriptor}`);
      } catch {
        return '';
      }
    })
    .filter((path) => path.startsWith(data.letters))
    .sort();
}
