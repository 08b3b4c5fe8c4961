import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreError } from '@restante/pop/maildrop';
import { Readiness } from './readiness.ts';

test('ready from the last listener on, until the office closes', async () => {
  const readiness = new Readiness({ isWritable: async () => true });
  assert.equal(await readiness.why(), 'the office is opening');
  readiness.open();
  assert.equal(await readiness.why(), undefined);
  readiness.closing();
  assert.equal(await readiness.why(), 'the office is closing');
});

test('not while no letter can be taken, whatever the reason', async () => {
  const why = async (isWritable: () => Promise<boolean>) => {
    const readiness = new Readiness({ isWritable });
    readiness.open();
    return readiness.why();
  };
  assert.match((await why(async () => false)) ?? '', /^the disk is full .*no mail is taken/);
  const stopped = () => Promise.reject(new StoreError('temporary', 'the writer has stopped: exit 1'));
  assert.equal(await why(stopped), 'the writer has stopped: exit 1');
  assert.equal(await why(() => new Promise(() => {})), 'the store does not answer');
});
