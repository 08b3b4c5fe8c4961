import assert from 'node:assert/strict';
import type { VerbResult } from './running-office.ts';

/** stdout, when the verb did what it was asked. */
export async function done(result: Promise<VerbResult>): Promise<string> {
  const { status, stdout, stderr } = await result;
  assert.equal(status, 0, stderr);
  return stdout;
}

/** The one line that says why not. */
export async function refused(result: Promise<VerbResult>, status = 1): Promise<string> {
  const { stdout, stderr, ...rest } = await result;
  assert.equal(rest.status, status, stderr);
  assert.equal(stdout, '', 'a failure has no data');
  assert.match(stderr, /^restante: [^\n]+\n$/);
  return stderr;
}
