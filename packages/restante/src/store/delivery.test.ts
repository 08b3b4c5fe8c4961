import assert from 'node:assert/strict';
import { cpSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Placed, StoreError } from '@restante/pop/maildrop';
import { by, deliver, folder, idsOf, letterOf, office, place, reopen, traceOf, whole } from './office.test.kit.ts';

test('content is stored once, however many get it, and trace fields stand above it for each', async (t) => {
  const store = await office(t, ['anna', 'bert', 'cleo']);
  const letter = letterOf(100_000);
  const answers = await deliver(store, ['anna', 'nobody', 'bert', 'cleo'], letter);
  assert.equal((answers[1] as StoreError).kind, 'no-maildrop');
  for (const name of ['anna', 'bert', 'cleo']) {
    const maildrop = store.openMaildrop(name);
    assert.deepEqual(await whole(maildrop, 1), Buffer.concat([traceOf(name), letter]));
    maildrop.close();
  }
  const { liveOctets, letters } = await store.status();
  assert.equal(letters, 3);
  assert.ok(liveOctets < 101_000, `${liveOctets} octets are stored`);
});

test('a unique-id never comes twice, also when an older copy is put back (P3-56)', async (t) => {
  const data = folder(t);
  const copy = folder(t);
  const first = await office(t, ['anna'], { data });
  const fill = (store: typeof first) =>
    Promise.all(Array.from({ length: 1_000 }, async () => (await place(store, 'anna', letterOf(200))).uniqueId));
  await place(first, 'anna', letterOf(200));
  await first.close();
  cpSync(data, copy, { recursive: true });
  const second = await reopen(t, data);
  const ids = await fill(second);
  await second.close();
  rmSync(data, { recursive: true });
  cpSync(copy, data, { recursive: true });
  const third = await reopen(t, data);
  ids.push(...(await fill(third)));
  assert.equal(new Set(ids).size, 2_000);
  assert.equal((await idsOf(third, 'anna')).length, 1_001);
});

test('a letter that is larger than any that is taken is refused, whatever its size was said to be', async (t) => {
  const data = folder(t);
  const store = await office(t, ['anna'], { data, limits: { letter: 300_000, inline: 100_000 } });
  const [answer] = await deliver(store, ['anna'], letterOf(300_001));
  assert.equal((answer as StoreError).kind, 'too-large');
  assert.ok((await place(store, 'anna', letterOf(300_000))).uniqueId);
  assert.deepEqual(readdirSync(join(data, 'incoming')), []);
});

test('with little memory left letters go to files at once, and all arrive', async (t) => {
  const store = await office(t, ['anna'], { limits: { buffered: 20_000 } });
  const answers = await Promise.all(Array.from({ length: 40 }, () => place(store, 'anna', letterOf(15_000))));
  assert.equal(new Set(answers.map(({ uniqueId }: Placed) => uniqueId)).size, 40);
  const maildrop = store.openMaildrop('anna');
  for (let number = 1; number <= 40; number += 1) {
    assert.deepEqual(await whole(maildrop, number), Buffer.concat([traceOf('anna'), letterOf(15_000)]));
  }
});

test('a letter for which memory ends in its middle is whole, and has nothing of another', async (t) => {
  const store = await office(t, ['anna'], { limits: { buffered: 65_536 } });
  // Leaves its octets behind in the memory that the next one is gathered in.
  await place(store, 'anna', Buffer.alloc(60_000, 'another letter\r\n'));
  const letter = letterOf(200_000);
  const delivery = store.beginDelivery({ returnPath: '', recipients: [{ maildrop: 'anna', trace: traceOf('anna') }] });
  await delivery.write(letter.subarray(0, 10_000));
  await delivery.write(letter.subarray(10_000));
  const [placed] = await Promise.all(delivery.commit());
  assert.ok(placed && 'uniqueId' in placed, String(placed));
  const maildrop = store.openMaildrop('anna');
  assert.deepEqual(await whole(maildrop, 2), Buffer.concat([traceOf('anna'), letter]));
  maildrop.close();
});

test('letters that found too little memory give back what they had of it', async (t) => {
  const store = await office(t, ['anna'], { limits: { buffered: 65_536 } });
  for (let times = 0; times < 5; times += 1) {
    const delivery = store.beginDelivery({
      returnPath: '',
      recipients: [{ maildrop: 'anna', trace: new Uint8Array(0) }],
    });
    await delivery.write(letterOf(100_000));
    await Promise.all(delivery.commit());
  }
  const { segments } = await store.status();
  await place(store, 'anna', letterOf(1_000));
  await place(store, 'anna', letterOf(1_000));
  assert.equal((await store.status()).segments, segments + 1, 'small letters share a segment again');
});

test('a large letter that is dropped while it is being written leaves no file, open or closed', async (t) => {
  const data = folder(t);
  const store = await office(t, ['anna'], { data, limits: { inline: 100_000 } });
  const open = openFilesOf(join(data, 'incoming'));
  for (const first of [100, 10_000, 60_000, 100_000]) {
    const delivery = store.beginDelivery({
      returnPath: '',
      recipients: [{ maildrop: 'anna', trace: traceOf('anna') }],
    });
    await delivery.write(letterOf(first));
    const written = Promise.resolve(delivery.write(letterOf(150_000))).catch(() => undefined);
    await delivery.abort();
    await written;
    assert.deepEqual(readdirSync(join(data, 'incoming')), [], `after ${first} octets`);
    assert.equal(openFilesOf(join(data, 'incoming')), open, `after ${first} octets`);
  }
});

test('a thousand deliveries and many sessions at once: each letter once, all ids different, every count right', async (t) => {
  const store = await office(t, ['anna', 'bert']);
  const wanted = Array.from({ length: 1_000 }, (_, index) => index);
  const answers = await Promise.all(
    wanted.map((index) => place(store, index % 2 ? 'anna' : 'bert', `N: ${index}\r\n\r\n`)),
  );
  for (const name of ['anna', 'bert']) {
    const maildrops = Array.from({ length: 5 }, () => store.openMaildrop(name));
    await Promise.all(maildrops.map((maildrop) => maildrop.expunge([1, 2, 3], by)));
    for (const maildrop of maildrops) maildrop.close();
    const after = store.openMaildrop(name);
    assert.equal(after.count, 497);
    let octets = 0;
    for (const entry of await after.entries(1, after.count)) octets += entry.octets;
    assert.equal(after.octets, octets);
  }
  assert.equal(new Set(answers.map(({ uniqueId }) => uniqueId)).size, 1_000);
});

/** How many files in this folder this process has open. */
function openFilesOf(path: string): number {
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(path);
    } catch {
      return false;
    }
  }).length;
}
