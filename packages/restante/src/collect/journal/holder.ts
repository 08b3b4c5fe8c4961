import { readFileSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Who has a journal, only for the other's error message: the lock itself does not tell. In a file of its own, since opening
 * and closing the journal's would free the lock.
 */
export function sayHolder(path: string): void {
  try {
    writeFileSync(pidFile(path), `${process.pid}\n`, { mode: 0o600 });
  } catch {
    // The message has to do without it: the disk may be full, and the lock is held all the same.
  }
}

/** To be called while the journal is still held. */
export function forgetHolder(path: string): void {
  try {
    rmSync(pidFile(path), { force: true });
  } catch {
    // What it says is believed only as long as the process lives.
  }
}

/** The process that has it, as far as it said so and lives. */
export function holderOf(path: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(pidFile(path), 'latin1'), 10);
    return Number.isSafeInteger(pid) && pid > 0 && lives(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function pidFile(path: string): string {
  return `${path}.pid`;
}
