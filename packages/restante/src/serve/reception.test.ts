import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectOffice } from '../control/client.ts';
import { Pop3Client } from '../testing/pop3-client.ts';
import { RunningOffice } from '../testing/running-office.ts';

test('what is true of one account is announced and kept, from the next session on (EXT-18, EXT-19, EXT-20, EXT-26)', async (t) => {
  const office = await RunningOffice.start();
  t.after(() => office.close());
  for (const name of ['anna', 'bert']) await office.addAccount(name, 'secret');
  const control = await connectOffice(office.data);
  assert.ok(control);
  t.after(() => control.close());
  const call = async (name?: string): Promise<{ client: Pop3Client; terms: readonly string[] }> => {
    const client = await Pop3Client.connect(office.place('TLS'));
    if (name !== undefined) await client.login(name, 'secret');
    const terms = (await client.capabilities()).filter((line) => /^(LOGIN-DELAY|EXPIRE)/.test(line));
    return { client, terms };
  };
  const before = await call();
  assert.deepEqual(before.terms, ['EXPIRE NEVER']);
  await control.editPolicy({ name: 'anna', edit: { set: { expire: 30, loginDelay: 3600 }, unset: [] } });
  const told = (await before.client.capabilities()).filter((line) => /^(LOGIN-DELAY|EXPIRE)/.test(line));
  assert.deepEqual(told, ['LOGIN-DELAY 3600 USER', 'EXPIRE 30 USER'], 'right on the next CAPA');
  await before.client.drop();
  const anna = await call('anna');
  assert.deepEqual(anna.terms, ['LOGIN-DELAY 3600', 'EXPIRE 30']);
  await anna.client.quit();
  const bert = await call('bert');
  assert.deepEqual(bert.terms, ['LOGIN-DELAY 0', 'EXPIRE NEVER']);
  await bert.client.quit();
  await assert.rejects(call('anna'), /\[LOGIN-DELAY\]/);
  const again = await call('bert');
  await again.client.quit();
});

test('one session at a time, by the setting or an account’s own policy (P3-21, EXT-17)', async (t) => {
  const office = await RunningOffice.start();
  t.after(() => office.close());
  await office.addAccount('anna', 'secret');
  const control = await connectOffice(office.data);
  assert.ok(control);
  t.after(() => control.close());
  await control.editPolicy({ name: 'anna', edit: { set: { lock: 'exclusive' }, unset: [] } });
  const first = await Pop3Client.connect(office.place('TLS'));
  await first.login('anna', 'secret');
  const second = await Pop3Client.connect(office.place('TLS'));
  const waiting = second.login('anna', 'secret');
  await first.quit();
  await waiting;
  await second.drop();
  const third = await Pop3Client.connect(office.place('TLS'));
  await third.login('anna', 'secret');
  const stranger = await Pop3Client.connect(office.place('TLS'));
  // Another login name is another client: it does not take over.
  await assert.rejects(stranger.login('anna@localhost', 'secret'), /\[IN-USE\]/);
  await third.quit();
  await stranger.login('anna@localhost', 'secret');
  await stranger.quit();
});
