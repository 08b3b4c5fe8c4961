import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Store } from '@restante/pop/maildrop';
import { parseTranscript, pop3Subject, runTranscript, walkSessions } from '@restante/pop/testing';
import fc from 'fast-check';
import { openStore } from './store.ts';

const data = await mkdtemp(join(tmpdir(), 'restante-sessions-'));
const durable = await openStore({ data });

after(async () => {
  await durable.close();
  await rm(data, { recursive: true });
});

let runs = 0;

/** A corner of the one store, for one run: names that no other run has. Opening a store for each would take its time. */
function openCorner() {
  runs += 1;
  const prefix = `run${runs}-`;
  const store: Store = {
    openMaildrop: (name) => durable.openMaildrop(prefix + name),
    beginDelivery: ({ recipients, ...envelope }) =>
      durable.beginDelivery({
        ...envelope,
        recipients: recipients.map(({ maildrop, trace }) => ({ maildrop: prefix + maildrop, trace })),
      }),
    undelete: (name, choice, by) => durable.undelete(prefix + name, choice, by),
    purge: (before) => durable.purge(before),
  };
  return {
    store,
    addMaildrop: async (name: string) => {
      await durable.add({ name: prefix + name, addresses: [], passwordHash: '$none$' });
    },
    close: () => {},
  };
}

test('whatever several sessions do at once, each reply is what a model of the maildrop says (P3-21, P3-24, P3-62)', async () => {
  const steps = fc.array(fc.tuple(fc.nat(11), fc.nat(20), fc.nat(65_535)), { minLength: 10, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(steps, (walk) => walkSessions(openCorner(), walk)),
    { numRuns: 60 },
  );
});

const folder = new URL('../../../pop/transcripts/', import.meta.url);
const subject = pop3Subject({ openStore: openCorner });

describe('POP3 transcripts over the durable store', () => {
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!file.includes('/') || !file.endsWith('.txt')) continue;
    test(file, async () => {
      await runTranscript(parseTranscript(readFileSync(new URL(file, folder), 'utf8'), file), subject);
    });
  }
});
