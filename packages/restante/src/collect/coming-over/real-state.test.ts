import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Dovecot } from '../../testing/dovecot.ts';
import { Cell } from '../../testing/interop/cell.ts';
import { type Collector, fetchmail, getmail, mpop } from '../../testing/interop/collectors.ts';
import { LATER, LETTERS } from '../../testing/interop/letters.ts';
import { isHere, withoutPeers } from '../../testing/interop/peer-program.ts';
import type { Program } from './elsewhere.ts';
import { listOf, readState } from './read-state.ts';

/** Where each program remembers what it has, as docs/clients.md sets it up. */
const FILES: readonly { readonly program: Program; readonly collector: Collector; file(cell: Cell): string }[] = [
  { program: 'fetchmail', collector: fetchmail, file: () => '.fetchids' },
  {
    program: 'getmail',
    collector: getmail,
    file: (cell) => `oldmail-localhost-${cell.office.pop3.port}-${cell.account}`,
  },
  { program: 'mpop', collector: mpop, file: () => 'post-office.uidls' },
];

suite('what fetchmail, getmail and mpop write is read', {
  skip: withoutPeers(Dovecot.isInstalled(), 'Dovecot'),
}, () => {
  let office: Dovecot;
  before(async () => {
    office = await Dovecot.start();
  });
  after(() => office.close());

  for (const { program, collector, file } of FILES) {
    test(`${program}: the letters that it has fetched, and no other, are those that the server lists`, async (t) => {
      if (!isHere(t, collector.program)) return;
      const cell = await Cell.make(office, collector.name, 'plain');
      await cell.deliver(LETTERS);
      const held = [...(await cell.held()).keys()];
      const began = Date.now();
      await collector.call(cell, 'keep');
      await cell.deliver(LATER);
      const path = join(cell.home, file(cell));
      const lists = readState(program, readFileSync(path), path);
      const { letters, partly } = listOf(program, lists, { user: cell.login, host: 'localhost' }, path);
      assert.deepEqual([...letters.keys()].sort(), held.sort());
      assert.equal(partly, 0);
      for (const time of letters.values()) {
        if (program !== 'getmail') assert.equal(time, undefined);
        else assert.ok(time !== undefined && time >= began - 1_000 && time <= Date.now(), String(time));
      }
    });
  }
});
