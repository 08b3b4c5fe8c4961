import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import {
  connect,
  type Letter,
  type Pop3Client,
  type Pop3ClientOptions,
  type Receipt,
  verify,
} from '@restante/pop/client';
import { selfSignedCertificate } from '@restante/pop/testing';
import { MODES, type Mode } from '../connection.ts';
import { Dovecot } from '../dovecot.ts';
import { Mailutils } from '../mailutils.ts';
import type { Office } from '../office.ts';
import { RunningOffice } from '../running-office.ts';
import { Cell } from './cell.ts';
import { LATER, LETTERS } from './letters.ts';

const offices = {
  'our own office': { here: true, open: () => RunningOffice.start() },
  'mailutils-pop3d': { here: Mailutils.isInstalled(), open: () => Mailutils.start() },
  Dovecot: { here: Dovecot.isInstalled(), open: () => Dovecot.start() },
};

for (const [name, { here, open }] of Object.entries(offices)) {
  const skip =
    here || process.env['RESTANTE_REQUIRE_PEERS'] ? false : 'it is not installed: sh scripts/install-peers brings it';
  suite(`our client at ${name}`, { skip }, () => {
    let office: Office;
    before(async () => {
      office = await open();
    });
    after(() => office.close());

    for (const mode of MODES) {
      test(`${mode}: every letter octet for octet, deleted only when that is committed`, async () => {
        await collects(await Cell.make(office, 'ours', mode));
      });
    }

    for (const mode of MODES.filter((each) => each !== 'plain')) {
      test(`${mode}: does not log in where the certificate is not the one it trusts`, async () => {
        const cell = await Cell.make(office, 'ours-other', mode);
        await assert.rejects(call(cell, { ca: selfSignedCertificate().cert }), { code: 'TLS_CERTIFICATE' });
      });
    }

    test('verify says what there is and changes nothing; listings that were asked for ahead are the same', async () => {
      const cell = await Cell.make(office, 'ours-verified', 'TLS');
      await cell.deliver(LATER);
      const held = await cell.held();
      const found = await verify(options(cell));
      assert.equal(found.maildrop?.count, LATER.length);
      assert.equal(found.security.tls && found.security.verifiedName, 'localhost');
      await using pop = await connect({ ...options(cell), ahead: ['UIDL', 'LIST'] });
      const [unique, scan] = [await pop.uniqueIds(), await pop.list()];
      assert.deepEqual(new Set(unique.map(({ uniqueId }) => uniqueId)), new Set(held.keys()));
      assert.deepEqual(
        scan.map(({ octets }) => octets),
        unique.map(({ uniqueId }) => held.get(uniqueId ?? '')?.length),
      );
    });

    test('a letter of 3 MB, left and then read, and many small ones at once', async () => {
      const cell = await Cell.make(office, 'ours-large', 'TLS');
      const large = Buffer.concat([LETTERS[0] ?? Buffer.alloc(0), Buffer.alloc(3_000_000, '0123456789abcdef\r\n')]);
      await cell.deliver([Buffer.concat([large, Buffer.from('\r\n')])]);
      const left = await call(cell);
      for await (const _ of left.retrieve((await letters(left))[0] as Letter)) break;
      await assert.rejects(left.noop());
      assert.equal(await left.commit(), 'rolled-back');
      await cell.deliver(Array.from({ length: 300 }, () => LATER[0] as Buffer));
      const pop = await call(cell);
      // Mailutils writes the unique-ids into the letters when they are first asked for, and they become larger.
      await pop.uniqueIds();
      const all = await letters(pop);
      assert.equal(all.length, 301);
      const sizes = await Promise.all(
        all.map(async (letter) => {
          let octets = 0;
          for await (const part of letter.retrieve()) octets += part.length;
          return octets === letter.octets;
        }),
      );
      assert.ok(sizes.every((right) => right));
      assert.equal(pop.pipelining, 'on');
      assert.equal(await pop.commit(), 'committed');
      assert.equal((await cell.held()).size, 301);
    });
  });
}

async function collects(cell: Cell): Promise<void> {
  await cell.deliver(LETTERS);
  const held = await cell.held();
  assert.equal(held.size, LETTERS.length);

  const dropped = await call(cell);
  for (const letter of await letters(dropped)) await dropped.delete(await kept(letter, held));
  dropped.close();
  assert.equal((await cell.held()).size, LETTERS.length, 'without commit nothing is gone');

  const pop = await call(cell);
  assert.equal(pop.security.tls && pop.security.verifiedName, cell.mode === 'plain' ? false : 'localhost');
  const all = await letters(pop);
  assert.deepEqual(new Set(all.map(({ uniqueId }) => uniqueId)), new Set(held.keys()));
  const receipts = await Promise.all(all.map((letter) => kept(letter, held)));
  const head = (await pop.top((all[0] as Letter).number, 0)).toString('latin1');
  assert.match(head, /^Subject: a letter\r$/m);
  assert.ok(head.endsWith('\r\n\r\n'));
  await Promise.all(receipts.slice(1).map((receipt) => pop.delete(receipt)));
  assert.equal((await pop.stat()).count, 1);
  assert.equal(await pop.commit(), 'committed');

  await cell.deliver(LATER);
  const again = await call(cell);
  const left = await letters(again);
  assert.deepEqual([left.length, left[0]?.uniqueId], [3, all[0]?.uniqueId]);
  const { number, uniqueId } = left[0] as Letter;
  const record = { uniqueId: uniqueId ?? '', octets: 0, sha256: '' };
  await again.delete((left[0] as Letter).storedBefore(record));
  assert.deepEqual(
    (await again.list()).map((each) => each.number),
    [2, 3],
  );
  await again.reset();
  assert.equal((await again.list(number)).octets, held.get(uniqueId ?? '')?.length);
  assert.equal(await again.commit(), 'committed');
}

/** The letter was read, and is what the tests' own client has read. */
async function kept(letter: Letter, held: ReadonlyMap<string, Buffer>): Promise<Receipt> {
  return letter.retrieve().stored(async (it) => {
    const parts: Buffer[] = [];
    for await (const part of it) parts.push(part);
    const octets = Buffer.concat(parts);
    assert.ok(octets.equals(held.get(letter.uniqueId ?? '') ?? Buffer.alloc(0)), `letter ${letter.number}`);
    assert.equal((await it.done).octets, letter.octets);
  });
}

async function letters(pop: Pop3Client): Promise<Letter[]> {
  const all: Letter[] = [];
  for await (const letter of pop.letters()) all.push(letter);
  return all;
}

function call(cell: Cell, tls?: { readonly ca: string }): Promise<Pop3Client> {
  return connect(options(cell, tls));
}

function options(cell: Cell, tls: { readonly ca: string } = { ca: certificate(cell) }): Pop3ClientOptions {
  const { office, mode, login, password } = cell;
  const { port } = mode === 'TLS' ? office.pop3s : office.pop3;
  const way: Readonly<Record<Mode, object>> = {
    plain: { secure: false, ignoreTLS: true, allowInsecureAuth: true },
    STLS: { secure: false },
    TLS: { secure: true },
  };
  return { host: 'localhost', port, auth: { user: login, pass: password }, tls, ...way[mode] };
}

function certificate({ office }: Cell): string {
  return readFileSync(office.certificate, 'utf8');
}
