import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStore } from '../../store/store.ts';
import { Notices } from './notices.ts';

test('letters are placed in the order in which they were asked for; who fails is told, and holds up nobody', async () => {
  const data = await mkdtemp(join(tmpdir(), 'restante-notices-'));
  const store = await openStore({ data });
  try {
    await store.add({ name: 'anna', addresses: [], passwordHash: '$none$' });
    const failed: string[] = [];
    const onError = (_: unknown, account: string): void => void failed.push(account);
    const notices = new Notices({ store, hostname: 'mail.example', domain: 'post.example', onError });
    void notices.send('anna', { subject: 'first', text: 'x' });
    void notices.send('nobody', { subject: 'lost', text: 'x' });
    void notices.send('anna', { subject: 'second', text: 'x' });
    await notices.settled();
    assert.deepEqual(failed, ['nobody']);
    const maildrop = store.openMaildrop('anna');
    assert.equal(maildrop.count, 2);
    const subjects = [1, 2].map(async (number) => /^Subject: (.*)\r$/m.exec(`${await maildrop.read(number, 0)}`)?.[1]);
    assert.deepEqual(await Promise.all(subjects), ['first', 'second']);
    maildrop.close();
  } finally {
    await store.close();
    await rm(data, { recursive: true });
  }
});

test('a thousand may wait, and no more', async () => {
  let failed = 0;
  const never = new Promise<void>(() => {});
  const store = { beginNotice: () => ({ write: () => never, commit: () => [], abort: () => Promise.resolve() }) };
  const notices = new Notices({ store, hostname: 'h.example', domain: 'd.example', onError: () => (failed += 1) });
  for (let sent = 0; sent < 1_005; sent += 1) void notices.send('anna', { subject: 's', text: 't' });
  assert.equal(failed, 5);
});
