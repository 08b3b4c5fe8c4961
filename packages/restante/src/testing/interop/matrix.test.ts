import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { selfSignedCertificate } from '@restante/pop/testing';
import { MODES } from '../connection.ts';
import type { Office } from '../office.ts';
import { openOffice } from '../open-office.ts';
import { traceAbove, withCrlf } from '../trace-fields.ts';
import { type Caller, curl, openssl } from './callers.ts';
import { Cell } from './cell.ts';
import { type Collector, fetchmail, getmail, mpop, netPop3, poplib } from './collectors.ts';
import { LATER, LETTERS } from './letters.ts';
import { fetchMail, mutt } from './mutt.ts';
import { isHere } from './peer-program.ts';

suite('foreign clients', { concurrency: 2 }, () => {
  let office: Office;
  before(async () => {
    office = await openOffice();
  });
  after(() => office.close());

  for (const collector of [fetchmail, mpop, getmail, poplib, netPop3, mutt]) {
    for (const mode of MODES.filter((each) => collector.modes.includes(each))) {
      test(`${collector.name}, ${mode}: leaves letters twice and fetches none again, then fetches and deletes`, async (t) => {
        if (isHere(t, collector.program)) await collects(collector, await Cell.make(office, collector.name, mode));
      });
    }
  }

  for (const program of [fetchmail, mpop, getmail, poplib, netPop3, mutt, curl, openssl]) {
    for (const mode of program.modes.filter((each) => each !== 'plain')) {
      test(`${program.name}, ${mode}: does not log in where the certificate is not the one it trusts`, async (t) => {
        if (!isHere(t, program.program)) return;
        const cell = await Cell.make(office, `${program.name}-other`, mode);
        await cell.deliver(LATER);
        cell.trust(selfSignedCertificate().cert);
        await assert.rejects('call' in program ? program.call(cell, 'delete') : program.list(cell), /ended with \d+/);
        assert.equal(cell.arrived().length, 0);
        assert.equal((await cell.held()).size, LATER.length);
      });
    }
  }

  for (const mode of MODES) {
    test(`mutt, ${mode}: fetch-mail brings all letters and leaves them, then brings and deletes them`, async (t) => {
      if (isHere(t, mutt.program)) await fetches(await Cell.make(office, 'mutt-fetches', mode));
    });
  }

  for (const caller of [curl, openssl]) {
    for (const mode of MODES.filter((each) => caller.modes.includes(each))) {
      test(`${caller.name}, ${mode}: lists, shows unique-ids, retrieves octet for octet, deletes`, async (t) => {
        if (isHere(t, caller.program)) await calls(caller, await Cell.make(office, caller.name, mode));
      });
    }
  }
});

async function collects(collector: Collector, cell: Cell): Promise<void> {
  await cell.deliver(LETTERS);
  const held = await cell.held();

  const arrived = () => cell.arrived().map((letter) => withCrlf(collector.withoutItsFields?.(letter) ?? letter));
  await collector.call(cell, 'keep');
  sameLetters(arrived(), LETTERS);
  assert.deepEqual(await cell.held(), held, 'the server keeps what is left on it');
  await collector.call(cell, 'keep');
  assert.equal(cell.arrived().length, 0, 'the second call fetches nothing');
  assert.deepEqual(await cell.held(), held);

  await cell.deliver(LATER);
  await collector.call(cell, 'delete');
  // fetchmail with `fetchall` fetches what it has once more before it deletes it.
  sameLetters(arrived(), collector === fetchmail ? [...LETTERS, ...LATER] : LATER);
  assert.equal((await cell.held()).size, 0, 'the mailbox is empty after it');
}

async function fetches(cell: Cell): Promise<void> {
  await cell.deliver(LETTERS);
  const held = await cell.held();
  await fetchMail(cell, 'keep');
  sameLetters(cell.arrived().map(withCrlf), LETTERS);
  assert.deepEqual(await cell.held(), held, 'the server keeps what is left on it');
  await fetchMail(cell, 'delete');
  sameLetters(cell.arrived().map(withCrlf), LETTERS);
  assert.equal((await cell.held()).size, 0, 'the mailbox is empty after it');
}

async function calls(caller: Caller, cell: Cell): Promise<void> {
  await cell.deliver(LETTERS);
  const held = [...(await cell.held())];

  const octets = new Map(held.map(([, letter], index) => [index + 1, letter.length]));
  assert.deepEqual(await caller.list(cell), octets);
  const uniqueIds = new Map(held.map(([uniqueId], index) => [index + 1, uniqueId]));
  assert.deepEqual(await caller.uniqueIds(cell), uniqueIds);
  assert.deepEqual(await caller.uniqueIds(cell), uniqueIds, 'the second call sees the same');

  const came = await caller.retrieve(cell, LETTERS.length);
  assert.ok(came.equals(Buffer.concat(held.map(([, letter]) => letter))), 'the letters differ between clients');
  for (const [index, [, letter]] of held.entries())
    assert.notEqual(traceAbove(LETTERS[index] ?? letter, letter), undefined, `letter ${index + 1} is changed`);

  await caller.delete(cell, 2);
  assert.deepEqual([...(await cell.held()).keys()], held.map(([uniqueId]) => uniqueId).toSpliced(1, 1));
}

/** Every letter came once and, below the trace fields, as it was sent; nothing else came. */
function sameLetters(came: readonly Buffer[], sent: readonly Buffer[]): void {
  const left = [...came];
  for (const letter of sent) {
    const found = left.findIndex((each) => traceAbove(letter, each) !== undefined);
    assert.ok(found >= 0, `did not come as it was sent: ${JSON.stringify(letter.toString('latin1', 0, 60))}`);
    left.splice(found, 1);
  }
  assert.equal(left.length, 0, `came but was not sent: ${JSON.stringify(left[0]?.toString('latin1', 0, 300))}`);
}
