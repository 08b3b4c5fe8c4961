import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Policy } from '../account.ts';
import type { LetterRecord } from '../journal/journal.ts';
import type { Situation } from './plan.ts';
import { KEEP } from './simulation.test-support.ts';
import { changesOf, header, listed, planOf, stepsOf } from './situation.test-support.ts';

/** A situation in plain words, and what is to be done in it. */
export interface Row {
  readonly what: string;
  readonly given: Partial<Situation>;
  readonly steps: readonly string[];
  readonly changes?: readonly string[];
}

/** One letter is listed, which has the unique-id of this record. */
export function one(record: LetterRecord, policy: Policy = KEEP, octets: number | undefined = 100): Partial<Situation> {
  const uniqueId = record.uniqueId ?? '';
  const headers = record.fingerprint === undefined ? new Map() : new Map([[1, header(uniqueId)]]);
  return { listing: [listed(1, uniqueId, octets)], records: [record], policy, headers };
}

/** Each row is a test. */
export function testRows(rows: readonly Row[]): void {
  for (const { what, given, steps, changes } of rows) {
    test(`plan: ${what}`, () => {
      const plan = planOf(given);
      assert.deepEqual(stepsOf(plan), steps);
      if (changes !== undefined) assert.deepEqual(changesOf(plan), changes);
      for (const step of plan.steps) assert.match(step.why, /^[a-z0-9][^\n]*$/, 'a reason for people');
    });
  }
}
