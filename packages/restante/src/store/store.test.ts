import assert from 'node:assert/strict';
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { type Placed, StoreError } from '@restante/pop/maildrop';
import {
  by,
  deliver,
  expunge,
  folder,
  idsOf,
  letterOf,
  office,
  place,
  reopen,
  traceOf,
  whole,
} from './office.test.kit.ts';

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

test('nothing in the data folder can be read by others', async (t) => {
  const data = folder(t);
  const store = await office(t, ['anna'], { data, limits: { inline: 1_000 } });
  await place(store, 'anna', letterOf(500));
  await place(store, 'anna', letterOf(5_000));
  for (const name of readdirSync(data, { recursive: true, encoding: 'utf8' })) {
    const stats = statSync(join(data, name));
    assert.equal(stats.mode & 0o777, stats.isDirectory() ? 0o700 : 0o600, name);
  }
  assert.equal(statSync(data).mode & 0o777, 0o700);
});

test('a folder that somebody else uses too keeps its mode, and what is put into it is private', async (t) => {
  const data = folder(t);
  writeFileSync(join(data, 'theirs'), '');
  chmodSync(data, 0o755);
  await office(t, ['anna'], { data });
  assert.equal(statSync(data).mode & 0o777, 0o755);
  assert.equal(statSync(join(data, 'letters')).mode & 0o777, 0o700);
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

test('damage is an error, never a wrong letter', async (t) => {
  const data = folder(t);
  const again = await office(t, ['anna'], { data, limits: { inline: 600_000 } });
  await place(again, 'anna', letterOf(1_000));
  await place(again, 'anna', letterOf(550_000));
  await place(again, 'anna', letterOf(700_000));
  const sizes = [1_000, 550_000, 700_000].map((octets) => octets + traceOf('anna').length);
  const files = readdirSync(join(data, 'letters')).map((name) => join(data, 'letters', name));
  const sound = files.map((file) => readFileSync(file));
  const maildrop = again.openMaildrop('anna');
  for (const [index, file] of files.entries()) {
    const octets = Buffer.from(sound[index] ?? '');
    for (let at = 64; at < octets.length; at += 997) octets[at] = (octets[at] ?? 0) ^ 0x20;
    writeFileSync(file, octets);
  }
  for (const [index, size] of sizes.entries()) {
    for (const from of [0, 20, 500, size - 1]) {
      await assert.rejects(async () => maildrop.read(index + 1, from), isPermanent);
    }
  }
  for (const [index, file] of files.entries()) writeFileSync(file, sound[index]?.subarray(0, -1) ?? '');
  await assert.rejects(async () => whole(maildrop, 2), isPermanent);
  await assert.rejects(async () => whole(maildrop, 3), isPermanent);
  for (const file of files) rmSync(file);
  maildrop.close();
  await again.close();
  const last = await reopen(t, data);
  assert.deepEqual(last.swept.damaged, [1, 2]);
  const other = last.openMaildrop('anna');
  await assert.rejects(async () => other.read(1, 0), isPermanent);
});

test('login and STAT cost the same with one letter and with 100,000', async (t) => {
  const data = folder(t);
  const store = await office(t, ['few', 'many'], { data });
  await place(store, 'few', 'A: b\r\n\r\n');
  await place(store, 'many', 'A: b\r\n\r\n');
  await store.close();
  multiply(data, 'many', 100_000);
  const again = await reopen(t, data);
  const cost = (name: string, alsoList: boolean): number => {
    const before = octetsRead();
    const maildrop = again.openMaildrop(name);
    assert.equal(maildrop.octets, maildrop.count * (8 + traceOf(name).length));
    if (alsoList) assert.ok(!(maildrop.entries(1, maildrop.count) instanceof Promise));
    const after = octetsRead();
    maildrop.close();
    return after - before;
  };
  // The first look at the index reads its schema.
  again.openMaildrop('few').close();
  assert.equal(cost('many', false), cost('few', false));
  assert.ok(cost('many', true) > cost('few', true), 'what is measured shows in the measurement');
  const maildrop = again.openMaildrop('many');
  const [entry] = await maildrop.entries(100_000, 100_000);
  assert.equal(entry?.number, 100_000);
  maildrop.close();
});

test('a long listing leaves turns to others', async (t) => {
  const data = folder(t);
  const store = await office(t, ['many'], { data });
  await place(store, 'many', 'A: b\r\n\r\n');
  await store.close();
  multiply(data, 'many', 50_000);
  const maildrop = (await reopen(t, data)).openMaildrop('many');
  let turns = 0;
  let listing = true;
  const count = () => {
    turns += 1;
    if (listing) setImmediate(count);
  };
  setImmediate(count);
  for (let number = 1; number <= maildrop.count; ) {
    const entries = maildrop.entries(number, maildrop.count);
    number += (entries instanceof Promise ? await entries : entries).length;
  }
  listing = false;
  assert.ok(turns >= 10, `${turns} turns for 50,000 letters`);
});

test('when the writer stops, all who wait and all who come are told', async (t) => {
  let told = 0;
  const store = await office(t, ['anna'], {
    faults: { 'deliver.after-commit': { action: 'EIO' } },
    onStopped: () => {
      told += 1;
    },
  });
  const [first] = await deliver(store, ['anna'], letterOf(100));
  const [second] = await deliver(store, ['anna'], letterOf(100));
  for (const answer of [first, second]) assert.equal((answer as StoreError).kind, 'temporary');
  await assert.rejects(store.purge(1), { kind: 'temporary' });
  assert.equal(told, 1);
  // What is there can still be read.
  assert.equal(store.openMaildrop('anna').count, 1);
});

test('an account that is removed takes its mail with it, for good, and its name begins anew', async (t) => {
  const data = folder(t);
  const store = await office(t, ['anna', 'bert'], { data });
  await deliver(store, ['anna', 'bert'], letterOf(2_000));
  for (let sent = 0; sent < 3; sent += 1) await place(store, 'anna', letterOf(2_000));
  await expunge(store, 'anna', [2]);
  const open = store.openMaildrop('anna');
  await open.entries(1, 3);
  const { credentialVersion } = store.byName('anna') ?? assert.fail();
  await store.remove('anna');
  await assert.rejects(async () => open.read(2, 0), isPermanent);
  assert.deepEqual(await open.expunge([1], by), { notRemoved: [] });
  open.close();
  assert.throws(() => store.openMaildrop('anna'), { kind: 'no-maildrop' });
  await assert.rejects(store.remove('anna'), { name: 'NoAccount' });
  await assert.rejects(store.setPassword('anna', 'x'), { name: 'NoAccount' });
  const anew = await store.add({ name: 'anna', addresses: ['a@example.org'], passwordHash: '$none$' });
  assert.ok(anew.credentialVersion > credentialVersion, 'a remembered login of the old account is void');
  assert.equal(store.openMaildrop('anna').count, 0);
  assert.equal(await store.undelete('anna', {}, by), 0);
  const bert = store.openMaildrop('bert');
  assert.equal((await whole(bert, 1)).length, 2_000 + traceOf('bert').length);
  assert.equal((await store.status()).letters, 1);
});

test('a session of a removed account never gets at the mail of one that is made afterwards', async (t) => {
  const store = await office(t, ['anna']);
  await place(store, 'anna', letterOf(1_000, 'hers'));
  const unbound = store.openMaildrop('anna');
  const bound = store.openMaildrop('anna');
  await bound.entries(1, 1);
  await store.remove('anna');
  await store.add({ name: 'bert', addresses: [], passwordHash: '$none$' });
  await place(store, 'bert', letterOf(1_000, 'his'));
  await assert.rejects(async () => unbound.read(1, 0));
  await assert.rejects(async () => bound.read(1, 0));
  await bound.expunge([1], by);
  const maildrop = store.openMaildrop('bert');
  assert.equal(maildrop.count, 1);
  assert.match((await whole(maildrop, 1)).toString(), /Subject: his/);
});

test('accounts are found by name, by address and by domain, and each name and address belongs to one', async (t) => {
  const store = await office(t, []);
  const anna = { name: 'anna', addresses: ['anna@example.org', 'a@example.net'], passwordHash: '$1' };
  const added = await store.add(anna);
  assert.deepEqual(store.byName('anna'), added);
  assert.deepEqual([...added.addresses].sort(), [...anna.addresses].sort());
  assert.deepEqual(store.byAddress('a@example.net'), added);
  assert.equal(store.byAddress('b@example.net'), undefined);
  assert.equal(store.servesDomain('example.net'), true);
  assert.equal(store.servesDomain('ample.net'), false);
  await assert.rejects(store.add({ ...anna, addresses: [] }), { name: 'AccountExists' });
  await assert.rejects(store.add({ ...anna, name: 'bert', addresses: ['b@example.org', 'a@example.net'] }), {
    name: 'AccountExists',
  });
  assert.equal(store.byName('bert'), undefined);
  assert.throws(() => store.openMaildrop('bert'), { kind: 'no-maildrop' });
  await store.add({ name: 'aaron', addresses: [], passwordHash: '$2' });
  assert.deepEqual(
    (await store.list()).map(({ name }) => name),
    ['aaron', 'anna'],
  );
  assert.equal(store.first()?.name, 'anna');
  await store.setPassword('anna', '$3');
  await store.setDisabled('anna', true);
  const changed = store.byName('anna');
  assert.equal(changed?.passwordHash, '$3');
  assert.equal(changed?.disabled, true);
  assert.ok((changed?.credentialVersion ?? 0) > added.credentialVersion);
});

test('maintain destroys what was expunged longer ago than the window, and gives its room back', async (t) => {
  let now = 1_000_000;
  const store = await office(t, ['anna'], {
    now: () => now,
    limits: { undelete: 60_000, segment: 100_000, deadShare: 0.5 },
  });
  for (let sent = 0; sent < 20; sent += 1) await place(store, 'anna', letterOf(20_000, `${sent}`));
  await expunge(store, 'anna', [1, 2, 3, 4, 6, 7, 8, 9]);
  now += 59_999;
  assert.equal((await store.maintain()).purged, 0);
  now += 2;
  const before = await store.status();
  const { purged, compacted } = await store.maintain();
  assert.equal(purged, 8);
  assert.ok(compacted.segments >= 1);
  const after = await store.status();
  assert.ok(after.liveOctets + after.deadOctets < before.liveOctets - 150_000);
  assert.equal(await store.undelete('anna', {}, by), 0);
  const maildrop = store.openMaildrop('anna');
  const subjects: string[] = [];
  for (let number = 1; number <= maildrop.count; number += 1) {
    subjects.push(/Subject: (\d+)/.exec((await whole(maildrop, number)).toString())?.[1] ?? '');
  }
  assert.deepEqual(subjects, ['4', '9', '10', '11', '12', '13', '14', '15', '16', '17', '18', '19']);
});

test('a letter that is moved while a session reads it is read to its end', async (t) => {
  const store = await office(t, ['anna'], { limits: { segment: 1, deadShare: 0 } });
  await place(store, 'anna', letterOf(900_000, 'kept'));
  await place(store, 'anna', letterOf(1_000, 'next'));
  const maildrop = store.openMaildrop('anna');
  const slices = [await maildrop.read(1, 0)];
  for (let at = slices[0]?.length ?? 0; ; ) {
    const compacted = await store.compact(0);
    assert.ok(compacted.segments >= 1);
    const slice = await maildrop.read(1, at);
    if (slice.length === 0) break;
    slices.push(slice);
    at += slice.length;
  }
  assert.deepEqual(Buffer.concat(slices), Buffer.concat([traceOf('anna'), letterOf(900_000, 'kept')]));
});

test('when the disk is full mail is refused, what was expunged goes first, and owners read and remove', async (t) => {
  const free = new SharedArrayBuffer(8);
  const octets = new BigInt64Array(free);
  const megabyte = 1024 * 1024;
  Atomics.store(octets, 0, BigInt(100 * megabyte));
  const store = await office(t, ['anna'], { pretendFree: free, limits: { reserve: 10 * megabyte, inline: 100_000 } });
  for (let sent = 0; sent < 3; sent += 1) await place(store, 'anna', letterOf(2_000));
  await expunge(store, 'anna', [1]);
  Atomics.store(octets, 0, BigInt(10 * megabyte));
  const [small] = await deliver(store, ['anna'], letterOf(2_000));
  assert.equal((small as StoreError).kind, 'no-room');
  assert.equal(await store.undelete('anna', {}, by), 0, 'the expunged letter was destroyed before mail was refused');
  const maildrop = store.openMaildrop('anna');
  assert.equal((await whole(maildrop, 1)).length, 2_000 + traceOf('anna').length);
  await maildrop.expunge([1], by);
  maildrop.close();
  await store.setPassword('anna', '$other');
  Atomics.store(octets, 0, BigInt(100 * megabyte));
  assert.ok((await place(store, 'anna', letterOf(2_000))).uniqueId);
});

test('a sender is told before its letter that there is no room, but not while some can be made (SM-21)', async (t) => {
  const free = new SharedArrayBuffer(8);
  const megabyte = 1024 * 1024;
  const setFree = (octets: number) => Atomics.store(new BigInt64Array(free), 0, BigInt(octets));
  setFree(100 * megabyte);
  const store = await office(t, ['anna'], { pretendFree: free, limits: { reserve: 50 * megabyte } });
  await place(store, 'anna', letterOf(2_000));
  assert.equal(store.hasRoom(2_000), true, 'known at once');
  setFree(50 * megabyte + 1_000);
  assert.equal(await store.hasRoom(2_000), true, 'what was expunged has not been destroyed yet');
  const [refused] = await deliver(store, ['anna'], letterOf(2_000));
  assert.equal((refused as StoreError).kind, 'no-room');
  assert.equal(await store.hasRoom(2_000), false);
  assert.equal(await store.hasRoom(900), true);
  await expunge(store, 'anna', [1]);
  assert.equal(await store.hasRoom(2_000), true, 'there is something to destroy again');
  setFree(100 * megabyte);
  assert.equal(await store.hasRoom(2_000), true);
});

test('a large letter leaves the reserve alone while it comes, and what was expunged goes first', async (t) => {
  const free = new SharedArrayBuffer(8);
  const megabyte = 1024 * 1024;
  const setFree = (octets: number) => Atomics.store(new BigInt64Array(free), 0, BigInt(octets));
  setFree(100 * megabyte);
  const data = folder(t);
  const limits = { reserve: 50 * megabyte, inline: 100_000 };
  const store = await office(t, ['anna'], { data, pretendFree: free, limits });
  await place(store, 'anna', letterOf(2_000));
  await expunge(store, 'anna', [1]);
  const delivery = store.beginDelivery({ returnPath: '', recipients: [{ maildrop: 'anna', trace: traceOf('anna') }] });
  await delivery.write(letterOf(2 * megabyte));
  setFree(50 * megabyte);
  await assert.rejects(
    async () => {
      for (let times = 0; times < 3; times += 1) await delivery.write(letterOf(megabyte));
    },
    { kind: 'no-room' },
  );
  assert.equal(await store.undelete('anna', {}, by), 0, 'the expunged letter was destroyed before mail was refused');
  const [answer] = await Promise.all(delivery.commit());
  assert.equal((answer as StoreError).kind, 'no-room');
  assert.deepEqual(readdirSync(join(data, 'incoming')), []);
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

test('what was asked before the store is closed is done, and what comes later is refused at once', async (t) => {
  const data = folder(t);
  const store = await office(t, ['anna'], { data });
  const delivery = store.beginDelivery({ returnPath: '', recipients: [{ maildrop: 'anna', trace: traceOf('anna') }] });
  await delivery.write(letterOf(1_000));
  const early = delivery.commit();
  const closed = store.close();
  await assert.rejects(store.setPassword('anna', '$late'), { kind: 'temporary' });
  const [placed] = await Promise.all(early);
  await closed;
  const again = await reopen(t, data);
  assert.deepEqual(await idsOf(again, 'anna'), [(placed as Placed).uniqueId]);
  assert.equal(again.byName('anna')?.passwordHash, '$none$');
});

test('what is asked of a closed store is refused', async (t) => {
  const store = await office(t, ['anna']);
  const maildrop = store.openMaildrop('anna');
  await store.close();
  assert.throws(() => store.openMaildrop('anna'), { kind: 'temporary' });
  const [answer] = await deliver(store, ['anna'], letterOf(100));
  assert.equal((answer as StoreError).kind, 'temporary');
  await assert.rejects(store.setDisabled('anna', true), { kind: 'temporary' });
  maildrop.close();
});

test('what is asked when the writer has closed the index already is answered', async (t) => {
  const data = folder(t);
  const store = await office(t, ['anna'], { data });
  const closing = store.close();
  await new Promise((resolve) => setImmediate(resolve));
  // This thread stands still until the writer's is through, so that nothing of that is known here yet.
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  const log = join(data, 'index.sqlite-wal');
  for (let times = 0; existsSync(log) && times < 5_000; times += 1) Atomics.wait(nobody, 0, 0, 1);
  let answer: Placed | StoreError | undefined;
  void deliver(store, ['anna'], letterOf(100)).then((answers) => {
    answer = answers[0];
  });
  await closing;
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal((answer as StoreError | undefined)?.kind, 'temporary');
});

test('a store that cannot be opened says so once', async (t) => {
  const data = folder(t);
  const store = await office(t, ['anna'], { data });
  await place(store, 'anna', letterOf(100));
  await store.close();
  rmSync(join(data, 'index.sqlite'));
  const stopped: StoreError[] = [];
  await assert.rejects(reopen(t, data, { onStopped: (error) => stopped.push(error) }), isPermanent);
  // The thread's end is heard a little later than its reason.
  const again = await office(t, ['anna']);
  await again.close();
  assert.deepEqual(stopped, []);
});

test('what a session asks of a closed store fails as any other call of a store does', async (t) => {
  const store = await office(t, ['anna']);
  await place(store, 'anna', letterOf(100));
  const maildrop = store.openMaildrop('anna');
  await maildrop.entries(1, 1);
  await store.close();
  await assert.rejects(async () => maildrop.read(1, 0), StoreError);
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

function isPermanent(error: unknown): boolean {
  assert.ok(error instanceof StoreError);
  assert.equal(error.kind, 'permanent');
  return true;
}

/** Gives the maildrop its one letter so many times over. */
function multiply(data: string, name: string, times: number): void {
  const database = new DatabaseSync(join(data, 'index.sqlite'));
  const id = Number(database.prepare('SELECT id FROM maildrops WHERE name = ?').get(name)?.['id']);
  database
    .prepare(
      `WITH RECURSIVE more (ordinal) AS (SELECT 2 UNION ALL SELECT ordinal + 1 FROM more WHERE ordinal < $times)
       INSERT INTO placements SELECT maildrop, departed, more.ordinal, more.ordinal, unique_id || more.ordinal, octets,
       body, dotted, time, content, trace_distance, trace_octets, trace_check, restored, ascii_octets
       FROM more, placements WHERE maildrop = $id`,
    )
    .run({ $times: times, $id: id });
  database
    .prepare(
      `UPDATE maildrops SET change = $times, ordinal = $times, count = $times, octets = octets * $times WHERE id = $id`,
    )
    .run({ $times: times, $id: id });
  database.close();
}

/** Octets that this thread has asked the system for, its question aside (which costs the same each time). */
function octetsRead(): number {
  const counters = readFileSync('/proc/thread-self/io', 'latin1');
  return Number(/^rchar: (\d+)/.exec(counters)?.[1]);
}
