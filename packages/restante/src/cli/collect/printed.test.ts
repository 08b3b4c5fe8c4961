import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { CollectEvent } from '../../collect/event.ts';
import { type Schema, schemaProblems } from './json-schema.test-support.ts';
import { type PrintedEvent, printedEvent } from './printed.ts';

const schema = JSON.parse(
  readFileSync(new URL('../../../../../docs/collect-events.schema.json', import.meta.url), 'utf8'),
) as Schema;

function problemsOf(event: unknown): readonly string[] {
  return schemaProblems(schema, JSON.parse(JSON.stringify(event)));
}

/** Each kind of event, with all that it can have, and with as little. */
const EVENTS = {
  connected: [
    { account: 'a', event: 'connected', host: 'h', port: 995, tls: 'TLSv1.3', method: 'PLAIN' },
    { account: 'a', event: 'connected', host: 'h', port: 110, tls: undefined, method: undefined },
  ],
  listed: [
    { account: 'a', event: 'listed', letters: 3, new: 2, wanted: 1, wantedOctets: 10 },
    { account: 'a', event: 'listed', letters: 0, new: 0, wanted: 0, wantedOctets: undefined },
  ],
  kept: [
    { account: 'a', event: 'kept', uniqueId: 'u', octets: 1, sha256: 'a'.repeat(64), place: 'p', headersOnly: false },
    {
      account: 'a',
      event: 'kept',
      uniqueId: undefined,
      octets: 0,
      sha256: '0'.repeat(64),
      place: '',
      headersOnly: true,
    },
  ],
  recognised: [{ account: 'a', event: 'recognised', letters: 3, why: 'w' }],
  failed: [{ account: 'a', event: 'failed', uniqueId: undefined, why: 'w' }],
  held: [{ account: 'a', event: 'held', uniqueId: 'u', why: 'w' }],
  skipped: [{ account: 'a', event: 'skipped', uniqueId: 'u', why: 'w' }],
  'given-up': [{ account: 'a', event: 'given-up', uniqueId: 'u', why: 'w' }],
  deleted: [
    { account: 'a', event: 'deleted', letters: 3, outcome: 'committed' },
    { account: 'a', event: 'deleted', letters: 3, outcome: 'unknown' },
    { account: 'a', event: 'deleted', letters: 3, outcome: 'rolled-back' },
  ],
  warning: [{ account: 'a', event: 'warning', message: 'm' }],
  finished: (['done', 'partly', 'login', 'network', 'later', 'failed'] as const).flatMap((result) => {
    const counts = { kept: 0, octets: 0, deleted: 0, failed: 0, held: 0, seconds: 0.25 };
    const base = { account: 'a', event: 'finished', result, ...counts } as const;
    return [
      { ...base, left: undefined },
      { ...base, left: 3, error: 'e', notBefore: 1 },
    ];
  }),
  planned: [
    { account: 'a', event: 'planned', action: 'commit', why: 'w' },
    {
      account: 'a',
      event: 'planned',
      action: 'fetch',
      number: 1,
      uniqueId: 'u',
      octets: 1,
      thenDelete: true,
      why: 'w',
    },
    { account: 'a', event: 'planned', action: 'fetch-header', number: 1, thenDelete: false, why: 'w' },
    { account: 'a', event: 'planned', action: 'leave', number: 1, why: 'w' },
    { account: 'a', event: 'planned', action: 'delete', number: 1, why: 'w' },
  ],
} as const satisfies { readonly [K in PrintedEvent['event']]: readonly (PrintedEvent & { event: K })[] };

test('every event that there is is as docs/collect-events.schema.json says', () => {
  for (const event of Object.values(EVENTS).flat()) assert.deepEqual(problemsOf(event), [], JSON.stringify(event));
});

test('what no event is does not pass', () => {
  const [good] = EVENTS.kept;
  for (const wrong of [
    {},
    [],
    'kept',
    { ...good, event: 'taken' },
    { ...good, octets: -1 },
    { ...good, octets: '1' },
    { ...good, sha256: 'A'.repeat(64) },
    { ...good, place: undefined },
    { ...good, password: 'x' },
    { ...EVENTS.deleted[0], outcome: 'done' },
    { ...EVENTS.connected[0], port: 0 },
  ]) {
    assert.notDeepEqual(problemsOf(wrong), [], JSON.stringify(wrong));
  }
});

test('the schema describes each event, and docs/collecting.md has a row for it', () => {
  const described = Object.keys(schema['$defs'] as object).filter(
    (name) => !/^(?:account|uniqueId|sha256)$/.test(name),
  );
  assert.deepEqual(described.sort(), Object.keys(EVENTS).sort());
  const page = readFileSync(new URL('../../../../../docs/collecting.md', import.meta.url), 'utf8');
  for (const name of described) assert.ok(page.includes(`\n| \`${name}\` |`), name);
});

test('what only a progress line has need of is not printed', () => {
  const progress: CollectEvent = { account: 'a', event: 'progress', letters: 1, octets: 1 };
  assert.equal(printedEvent(progress), undefined);
});
