import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OwnTerms } from '../store/index/sqlite/accounts.ts';
import { AccountTerms } from './terms.ts';

function terms(own: Readonly<Record<string, OwnTerms>>, expire: number | null = null, loginDelay = 0): AccountTerms {
  const store = {
    ownTerms: () => Object.values(own),
    byName: (name: string) => ({ policy: own[name] ?? {} }) as never,
  };
  return new AccountTerms({ store, retention: { expire, expireFetched: null }, loginDelay });
}

test('an office that removes nothing says so, and without a delay of anybody none is offered (EXT-25)', () => {
  for (const own of [{}, { anna: {}, bert: {} }]) {
    assert.deepEqual(terms(own).of(undefined), { expire: 'never', expireDiffers: false });
  }
  assert.deepEqual(terms({ anna: {} }).of('anna'), { expire: 'never' });
});

test('before login the largest delay and the fewest days of any account, after it its own (EXT-20, EXT-26)', () => {
  const accounts = { anna: { loginDelay: 60, expire: 5 }, bert: { loginDelay: 900, expire: 30 }, carl: {} };
  const mixed = terms(accounts);
  assert.deepEqual(mixed.of(undefined), { loginDelay: 900, loginDelayDiffers: true, expire: 5, expireDiffers: true });
  assert.deepEqual(mixed.of('anna'), { loginDelay: 60, expire: 5 });
  assert.deepEqual(mixed.of('bert'), { loginDelay: 900, expire: 30 });
  assert.deepEqual(mixed.of('carl'), { loginDelay: 0, expire: 'never' });
});

test('the settings go for who has nothing of their own, and count only where somebody has not', () => {
  const settings = terms({ anna: {}, bert: { expire: 60, loginDelay: 300 } }, 30, 300);
  assert.deepEqual(settings.of(undefined), {
    loginDelay: 300,
    loginDelayDiffers: false,
    expire: 30,
    expireDiffers: true,
  });
  assert.equal(terms({ bert: { expire: 60 } }, 30).of(undefined).expire, 60);
  assert.equal(terms({ bert: { expire: null } }, 30).of(undefined).expire, 'never');
  assert.equal(terms({ bert: { expireFetched: 3 } }, 30).of(undefined).expire, 3);
});
