import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { Dovecot } from '../dovecot.ts';
import { RunningOffice } from '../running-office.ts';
import { withCrlf } from '../trace-fields.ts';
import { Cell } from './cell.ts';
import { type Collector, fetchmail, mpop } from './collectors.ts';
import { LATER, LETTERS } from './letters.ts';
import { isHere, withoutPeers } from './peer-program.ts';

/** How many letters of each mailbox its reader had deleted before, so that there are gaps. */
const GAPS = [2, 5];

suite('from Dovecot to the office', { skip: withoutPeers(Dovecot.isInstalled(), 'dovecot') }, () => {
  let dovecot: Dovecot;
  let office: RunningOffice;
  before(async () => {
    dovecot = await Dovecot.start();
    office = await RunningOffice.start();
  });
  after(async () => {
    await office.close();
    await dovecot.close();
  });

  for (const collector of [fetchmail, mpop])
    test(`${collector.name} fetches nothing again when its mailbox has moved with its unique-ids (P3-55)`, async (t) => {
      if (isHere(t, collector.program)) await moves(collector);
    });

  async function moves(collector: Collector): Promise<void> {
    const there = await Cell.make(dovecot, collector.name, 'STLS');
    const [last, tooLate] = LATER;
    assert.ok(last && tooLate);
    await there.deliver(LETTERS);
    await there.delete(GAPS);
    await collector.call(there, 'keep');
    assert.equal(there.arrived().length, LETTERS.length - GAPS.length);

    // It may be looked at, and begun, while Dovecot still serves; what has come since is taken when it is done again.
    const here = await there.movedTo(office);
    const count = LETTERS.length - GAPS.length;
    assert.match(await imported(here, '--dry-run'), new RegExp(`unique-ids\\s+${count} of ${count} match`));
    assert.equal((await here.held()).size, 0, 'a dry run takes nothing');
    assert.match(await imported(here), new RegExp(`^taken\\s+${count}$`, 'm'));
    await there.deliver([last]);
    await collector.call(there, 'keep');
    assert.equal(here.arrived().length, 1);
    assert.match(await imported(here), /^taken\s+1$/m);

    const held = await there.held();
    assert.deepEqual([...(await here.held())], [...held], 'unique-ids, their order and every octet are the same');
    here.trustOffice();
    await collector.call(here, 'keep');
    assert.equal(here.arrived().length, 0, 'nothing is fetched again');
    await here.deliver([tooLate]);
    await collector.call(here, 'keep');
    const [fresh, ...others] = here.arrived();
    assert.ok(fresh && withCrlf(fresh).includes(tooLate), 'what is new is fetched');
    assert.equal(others.length, 0, 'and nothing else');
  }

  async function imported(cell: Cell, ...words: readonly string[]): Promise<string> {
    const maildir = dovecot.maildir(cell.account);
    const result = await office.verb(['import', cell.account, '--maildir', maildir, '--uidl', 'dovecot', ...words]);
    assert.equal(result.status, 0, result.stderr);
    return result.stdout;
  }
});
