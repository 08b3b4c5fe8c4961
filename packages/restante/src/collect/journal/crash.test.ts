import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { MAILBOX, program, transactionsIn } from './crash.test.kit.ts';
import { openJournal } from './open.ts';

test('whoever is killed in the middle of writing leaves each transaction that was durable, and no part of another', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'restante-journal-crash-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  let before = 0;
  for (let round = 1; round <= 8; round += 1) {
    const child = spawn(process.execPath, [program, folder, '1000000'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exit = once(child, 'exit');
    let durable = before;
    let said = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      durable = Number(line);
      said += 1;
      // It goes on writing while the signal is on its way: what it is doing then is different each time.
      if (said === round * 7) child.kill('SIGKILL');
    }
    assert.deepEqual(await exit, [null, 'SIGKILL']);
    const journal = openJournal(folder, MAILBOX);
    const there = transactionsIn(journal);
    journal.close();
    assert.ok(there === durable || there === durable + 1, `${durable} were said to be durable, ${there} are there`);
    assert.ok(there >= before + round * 7);
    before = there;
  }
});
