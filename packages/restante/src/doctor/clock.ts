import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { OPENED } from '../office/files.ts';
import { dataFolder } from '../store/letters/segments/folder.ts';
import { error, type Finding, ok, warning } from './finding.ts';

const MINUTE = 60_000;
/** This program was not there before. */
const WRITTEN = Date.UTC(2026, 9, 1);

/**
 * Whether the clock can be right, and whether something keeps it so. Trace fields and certificates depend on it.
 * `keptRight` is undefined where nobody can be asked.
 */
export async function examineClock(
  data: string,
  now: number,
  keptRight: () => Promise<boolean | undefined> = synchronised,
): Promise<readonly Finding[]> {
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
  const before = latestKnown(data);
  if (now + MINUTE < before.time) {
    const then = new Date(before.time).toISOString().slice(0, 10);
    return [error(`the clock says ${time}, but ${before.what} is of ${then}`, 'set the clock')];
  }
  switch (await keptRight()) {
    case true:
      return [ok(`the clock says ${time} and is kept right`)];
    case false:
      return [
        warning(`the clock says ${time}, and nothing keeps it right`, 'have it set by NTP (systemd-timesyncd, chrony)'),
      ];
    default:
      return [ok(`the clock says ${time}; whether something keeps it right cannot be told here`)];
  }
}

/** The latest moment that has passed for certain. */
function latestKnown(data: string): { readonly time: number; readonly what: string } {
  let latest = { time: WRITTEN, what: 'this program' };
  const see = (time: number | undefined, what: string): void => {
    if (time !== undefined && time > latest.time) latest = { time, what };
  };
  see(firstStart(data), 'the first start of the office');
  const { index } = dataFolder(data);
  for (const file of [index, `${index}-wal`]) see(statSync(file, { throwIfNoEntry: false })?.mtimeMs, file);
  return latest;
}

function firstStart(data: string): number | undefined {
  try {
    const time = Date.parse(readFileSync(join(data, OPENED), 'utf8').trim());
    return Number.isNaN(time) ? undefined : time;
  } catch {
    return undefined;
  }
}

async function synchronised(): Promise<boolean | undefined> {
  if (existsSync('/run/systemd/timesync/synchronized')) return true;
  try {
    const asked = promisify(execFile)('timedatectl', ['show', '-p', 'NTPSynchronized', '--value'], { timeout: 1000 });
    const { stdout } = await asked;
    return stdout.trim() === 'yes' ? true : stdout.trim() === 'no' ? false : undefined;
  } catch {
    return undefined;
  }
}
