import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { test } from 'node:test';
import { DataInUse } from './lock.ts';
import { folder, reopen } from './office.test.kit.ts';
import { openStore } from './store.ts';

test('a data folder is open once, and whoever comes second is told who has it', async (t) => {
  const data = folder(t);
  const store = await reopen(t, data);
  await assert.rejects(openStore({ data }), (error: unknown) => {
    assert.ok(error instanceof DataInUse);
    assert.equal(error.pid, process.pid);
    assert.match(error.message, new RegExp(`in use by process ${process.pid}: end it`));
    return true;
  });
  await store.close();
  await (await reopen(t, data)).close();
});

test('another process has it until it dies, however it dies', async (t) => {
  const data = folder(t);
  const store = new URL(`./store${extname(import.meta.url)}`, import.meta.url).href;
  const program = `const { openStore } = await import(${JSON.stringify(store)});
    await openStore({ data: ${JSON.stringify(data)}, limits: { reserveFile: 0 } });
    console.log('open');
    setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await assert.rejects(openStore({ data }), { name: 'DataInUse', pid: child.pid });
  child.kill('SIGKILL');
  await once(child, 'exit');
  await (await reopen(t, data)).close();
});
